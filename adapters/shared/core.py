"""The core's interface for adapters."""

from typing import Literal, Protocol

from bot.chat.reply import Form, Reply
from bot.commands.command import Arrival, Command, MessagePictures, Opening, Origin
from bot.commands.form import FormSubmission
from bot.commands.message import MemberMessage
from bot.commands.pointing import MessageJob
from bot.errors import BotError
from bot.ids import JobId, MessageId, PlatformName
from bot.presentation.menu import Menu


class Core(Protocol):
    def admit(self, origin: Origin) -> None:
        """Refuse whom the operator excludes, by the origin alone; pure and instant, and the first thing with every event.

        `handle`, `form` and `save_draft` check it themselves, and what takes time to find out. Raises RefusedError.
        """
        ...

    async def interpret(self, origin: Origin, message: MemberMessage) -> Command | None:
        """The command in a message, which may be to ask the member something first; None if it is not for the bot.

        Raises RefusedError, StoreError, DeliveryError.
        """
        ...

    def opening(self, command: Command) -> Opening:
        """The first answer to a command; pure and instant. Raises RefusedError."""
        ...

    async def menu(self) -> Menu:
        """The commands for a platform's menu."""
        ...

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Execute the command, or record it as a job. Returns its answer, or None if messages follow.

        Raises RefusedError, StoreError, DeliveryError.
        """
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
        """The form for a request; `draft` has the images that it is opened with. Raises RefusedError as `admit` does."""
        ...

    def form_error(self, form: FormSubmission, error: BotError) -> str:
        """What is wrong with a form, in the words of its fields."""
        ...

    async def keep_form(self, origin: Origin, form: FormSubmission, error: BotError) -> Reply:
        """The answer to a form that was refused and has closed, with a button that opens it again as it was filled in."""
        ...

    async def reopened_form(self, origin: Origin, draft: JobId) -> Form:
        """The form that such a button opens. Raises RefusedError, StoreError."""
        ...

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        """The job that a message shows or requested; None for any other message. Raises StoreError."""
        ...

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        """Store the images that a form is opened with until it is submitted. Raises RefusedError, StoreError, DeliveryError."""
        ...
