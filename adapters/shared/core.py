"""What an adapter asks of the core."""

from typing import Literal, Protocol

from bot.chat.reply import Form, Reply
from bot.commands.command import Arrival, Command, MessagePictures, Opening, Origin
from bot.commands.interpretation import MessageJob
from bot.errors import BotError
from bot.ids import JobId, MessageId, PlatformName
from bot.presentation.menu import Menu


class Core(Protocol):
    def opening(self, command: Command) -> Opening:
        """How to answer first; pure and instant. Raises RefusedError."""
        ...

    def menu(self) -> Menu:
        """What members find in a platform's menus."""
        ...

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Carry out the command, or record it as a job; a Reply is its answer. Raises RefusedError or StoreError."""
        ...

    def refusal(self, error: BotError) -> Reply:
        """The reply for any error."""
        ...

    def form(
        self,
        verb: Literal["imagine", "edit"],
        origin: Origin,
        *,
        draft: JobId | None = None,
        prompt: str = "",
    ) -> Form:
        """The form for pictures; `draft` holds those that it is opened on."""
        ...

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        """The job that a message shows, or that it asked for; None if it belongs to none. Raises StoreError."""
        ...

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        """Keep the pictures that a form is opened on."""
        ...
