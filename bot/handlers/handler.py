"""What a handler is."""

from typing import Generic, TypeVar

from bot.chat.reply import Reply
from bot.commands.command import Arrival, Command

C = TypeVar("C", bound=Command)


class Handler(Generic[C]):
    """Carries out one command."""

    def check(self, command: C) -> None:
        """Refuse what can be refused before any work; pure and instant. Raises RefusedError."""

    async def handle(self, arrival: Arrival, command: C) -> Reply | None:
        """A Reply is the whole answer; None: messages follow. Raises BotError."""
        raise NotImplementedError
