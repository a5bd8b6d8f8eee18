"""The image processor that the pipeline's tests use."""

from tests.fakes.shared_processor import processor, pytest_itemcollected, shared_processor

__all__ = ["processor", "pytest_itemcollected", "shared_processor"]
