"""The contract of a chat platform: a small mandatory Protocol, abilities as data.

The core decides, stores, deduplicates and writes the text; an adapter converts and performs.
"""

from typing import Literal, Protocol

from bot.chat.capabilities import Capabilities, Way
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Origin
from bot.ids import JobId, MessageId, PlatformName, WorkspaceId
from bot.values import dataclass

PlatformStatus = Literal["ready", "connecting", "off"]


@dataclass(frozen=True, kw_only=True)
class ProgressUpdate:
    """What the progress message of a job says from now on.

    `message` is the one to edit; None where there is none yet. `replace_lost`: where `message` cannot be written any more
    (deleted, too old, its channel closed), a new one takes its place. Where the platform edits pictures into a message, it
    shows those of the reply and no others. `perhaps_begun`: there may be a message of the job that nobody has recorded, by
    another process or by a try whose answer was lost. It is looked for.
    """

    origin: Origin
    reply: Reply
    job: JobId
    message: MessageId | None
    replace_lost: bool
    perhaps_begun: bool = False
    in_turn: bool = False
    """Its turn was taken by `progress_turn`; any other update waits for one in front of them."""


@dataclass(frozen=True, kw_only=True)
class RefusalNotice:
    """A refusal after the acknowledgement; `message` is the progress message that it takes back, if there is one.

    `perhaps_begun`: as in a ProgressUpdate.
    """

    origin: Origin
    reply: Reply
    job: JobId
    message: MessageId | None
    perhaps_begun: bool = False


@dataclass(frozen=True, kw_only=True)
class ResultMessage:
    """One message of a finished set: `part` (from 1) of those that the set needs.

    `tried_since`: an attempt since then may have posted it without recording so, and is looked for first; None where there
    was no attempt. `message` is the progress message that becomes this one, where the platform edits pictures in; with
    `perhaps_begun`, there may be one that nobody has recorded.
    """

    origin: Origin
    reply: Reply
    job: JobId
    part: int
    way: Way
    tried_since: float | None
    message: MessageId | None = None
    perhaps_begun: bool = False


@dataclass(frozen=True, kw_only=True)
class Ping:
    """One line that mentions the requester below the message `message`, the result of a job: edits notify nobody.

    `perhaps_sent`: another process may have sent it, and it is looked for.
    """

    origin: Origin
    reply: Reply
    job: JobId
    message: MessageId
    perhaps_sent: bool = False


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where a result message is, and the way by which it came there.

    `thread` is the id under which its thread is looked up: a member who continues there means the newest result in it.
    """

    message: MessageId
    way: Way
    thread: MessageId | None = None


class ChatPlatform(Protocol):
    """Every method raises DeliveryError and no exception of a library."""

    @property
    def name(self) -> PlatformName: ...

    def capabilities(self, origin: Origin) -> Capabilities: ...

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        """The bytes of a member's file. Raises RefusedError (REF_TOO_BIG, REF_GONE) or a retryable DeliveryError."""
        ...

    async def progress_turn(self, origin: Origin, message: MessageId | None, *, wait: bool) -> bool:
        """Take the turn of one progress write, behind results and refusals; what it says is chosen only after that.

        With `wait` False, take only a turn that is free now; False if there is none.
        """
        ...

    async def is_member(self, origin: Origin, workspaces: frozenset[WorkspaceId]) -> bool:
        """Whether the member belongs to one of these workspaces, wherever the command came from."""
        ...

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        """Edit the progress message, or post one where the member asked, else in direct messages. Safe to repeat."""
        ...

    async def show_taken(self, origin: Origin, reply: Reply) -> None:
        """Show the member alone that a request was taken, for which others see nothing yet; nothing of it is taken back."""
        ...

    async def decline(self, notice: RefusalNotice) -> None:
        """Show a refusal, privately if the platform can, and delete the progress message."""
        ...

    async def post(self, result: ResultMessage) -> Posted:
        """Post a result message once: job and part make a repeat harmless."""
        ...

    async def close_progress(self, update: ProgressUpdate, *, way: Way) -> None:
        """End the progress message of a result that stands in another message and went by `way`.

        Beside the result it is deleted, unless members have answered to it; elsewhere, or then, it says what `update` says.
        Nothing new is posted, and one that is gone is done with. Any others that the job may have are deleted.
        """
        ...

    async def take_back(self, origin: Origin, message: MessageId) -> None:
        """Delete a progress message beside which another process shows the same job."""
        ...

    async def ping(self, ping: Ping) -> None:
        """Mention the requester below the result, once; only where the bot itself may post."""
        ...
