"""The base class of handlers."""

from typing import Generic, TypeVar

from bot.chat.reply import Reply
from bot.commands.command import Arrival, Command

C = TypeVar("C", bound=Command)


class Handler(Generic[C]):
    """Carries out one command."""

    def check(self, command: C) -> None:
        """Refuse a command that can be refused without any work; pure. Raises RefusedError."""

    async def handle(self, arrival: Arrival, command: C) -> Reply | None:
        """A Reply is the complete answer; None means that messages follow. Raises BotError."""
        raise NotImplementedError
