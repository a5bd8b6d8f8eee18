"""The contract of a chat platform: a small mandatory Protocol, abilities as data.

The core decides, stores, deduplicates and words; an adapter converts and performs. Nothing here asks for a name.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.command import Attachment, Origin
from bot.ids import JobId, MessageId, PlatformName
from bot.presentation.reply import Reply


class Way(StrEnum):
    """How a message can reach the member who asked."""

    RESPONSE = "response"
    """The platform's own answer to the command; it expires."""
    CONVERSATION = "conversation"
    """A message of the bot where it was asked."""
    DIRECT = "direct"
    """A direct message to the member."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What can be done for one origin, now. Lengths in characters, sizes in bytes, times in seconds."""

    text_length: int
    quote_length: int
    alt_length: int
    pictures: int
    """Files in one message."""
    file_bytes: int
    picture_types: frozenset[str]
    """Media types the platform shows as pictures."""
    ways: tuple[Way, ...]
    """Ways that exist for this origin, the preferred one first."""
    response_seconds: float | None
    """How long after `Origin.received_at` the response can be written; None where there is none."""
    private: bool
    """What is posted to this origin's response is seen by the member alone."""
    private_notice: bool
    """A refusal can be said to the member alone."""
    progress_seconds: float
    """The least time between two writes of one progress message."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where a result message stands."""

    message: MessageId
    way: Way


class ChatPlatform(Protocol):
    """Every method raises DeliveryError and no exception of a library."""

    @property
    def name(self) -> PlatformName: ...

    def capabilities(self, origin: Origin) -> Capabilities: ...

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        """The bytes of a member's file. Raises RefusedError (REF_TOO_BIG, REF_GONE) or a retryable DeliveryError."""
        ...

    async def show_progress(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> MessageId:
        """Write the job's progress message: a new one if `message` is None, else an edit. Safe to repeat."""
        ...

    async def decline(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> None:
        """Say a refusal after the acknowledgement: to the member alone where the platform can, and take back `message`."""
        ...

    async def post(self, origin: Origin, reply: Reply, *, job: JobId, way: Way, search: bool) -> Posted:
        """Post a result message once. The job id makes a repeat within minutes harmless.

        `search`: an earlier try may have succeeded longer ago than the platform remembers; look for it first.
        """
        ...
