"""Handlers are bound to the table of commands."""

import pytest

from bot.commands.table import HandlerKey
from bot.config.settings import AccessSettings, Defaults
from bot.handlers.binding import Handlers
from bot.handlers.inquiries.models import ModelsHandler
from bot.requests.checks import RequestRules
from bot.wallet.access import Access
from bot.wording.words import Words
from tests.fakes.memory_store import MemoryStore


def test_a_key_without_a_handler_is_refused() -> None:
    """Binding raises ValueError if a key of the table has no handler."""
    words = Words()

    with pytest.raises(ValueError, match="quota"):
        Handlers(
            {HandlerKey.MODELS: ModelsHandler(RequestRules(profiles=(), defaults=Defaults()), words)},
            MemoryStore(),
            Access(AccessSettings(), {}),
            words,
            platforms={},
        )
