"""What a platform can do, as data: the core asks for a capability, never for a platform's name."""

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a message can reach the member who asked."""

    RESPONSE = "response"
    """The platform's own answer to the command; it expires."""
    CONVERSATION = "conversation"
    """A message of the bot where the member asked."""
    DIRECT = "direct"
    """A direct message to the member."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What can be done for one origin, now. Lengths in characters, sizes in bytes, times in seconds."""

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
    """What is posted where the member asked is seen by that member alone."""
    form_fields: int
    """Inputs of one form."""
    progress_seconds: float
    """The least time between two writes of one progress message."""
    command_files: bool = True
    """A command can have files attached; else it opens a form for them."""
    reply_names_bot: bool = False
    """A reply to a result reaches the bot only if it mentions the bot."""
    spoilers: bool = True
    """Pictures can be hidden until a member clicks them."""
    quota_command: str = "/quota"
    """What a member types to see what is left."""
