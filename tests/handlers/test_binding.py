"""Handlers bound to the table."""

import pytest

from bot.commands.table import HandlerKey
from bot.handlers.binding import Handlers
from bot.handlers.models import ModelsHandler
from bot.wording.words import Words
from tests.fakes.memory_store import MemoryStore


def test_a_key_without_a_handler_is_found_at_the_start() -> None:
    """The bot does not start with a command that it could not carry out."""
    words = Words()

    with pytest.raises(ValueError, match="quota"):
        Handlers({HandlerKey.MODELS: ModelsHandler((), words)}, MemoryStore(), words)
