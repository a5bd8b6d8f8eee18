"""The image processor that the tests of this folder use."""

from tests.fakes.shared_processor import processor, pytest_itemcollected, shared_processor

__all__ = ["processor", "pytest_itemcollected", "shared_processor"]
