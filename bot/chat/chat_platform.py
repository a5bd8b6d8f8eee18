"""The contract of a chat platform: a small mandatory Protocol, abilities as data.

The core decides, stores, deduplicates and words; an adapter converts and performs. Nothing here asks for a name.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from bot.chat.capabilities import Capabilities, Way
from bot.chat.reply import Reply
from bot.commands.command import Attachment, Origin
from bot.ids import JobId, MessageId, PlatformName

PlatformStatus = Literal["ready", "connecting", "off"]


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where a result message stands.

    `thread` is the name under which its thread is asked for: whoever goes on there means the newest result in it.
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

    async def show_progress(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        message: MessageId | None,
        anew: bool,
    ) -> MessageId:
        """Write the job's progress message: an edit of `message`, or a new one where it was asked, else in direct messages.

        `anew`: where `message` cannot be written any more (deleted, too old, its place closed), a new one takes its place.
        Safe to repeat.
        """
        ...

    async def decline(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> None:
        """Say a refusal after the acknowledgement: to the member alone where the platform can, and take back `message`."""
        ...

    async def post(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        part: int,
        way: Way,
        tried_since: float | None,
    ) -> Posted:
        """Post one result message once: `part` (from 1) of a set that needs several. Job and part make a repeat harmless.

        `tried_since`: from then on somebody may have posted it and not lived to say so; it is looked for first. The answer
        names the way by which it stands.
        """
        ...
