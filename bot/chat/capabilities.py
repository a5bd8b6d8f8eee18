"""Capabilities of a platform. The core checks capabilities, never a platform's name."""

from enum import StrEnum

from bot.values import dataclass


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
    """The capabilities for one origin at this time. Lengths in characters, sizes in bytes, times in seconds."""

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
    """How long after `Origin.received_at` the response can be written; None if there is no response."""
    private: bool
    """Only the member sees posts at the place of the command."""
    form_fields: int
    """Inputs of one form."""
    progress_seconds: float
    """The least time between two writes of one progress message."""
    buttons: int = 25
    """Buttons of one message."""
    command_files: bool = True
    """A command can have files attached; else it opens a form for them."""
    reply_names_bot: bool = False
    """A reply to a result reaches the bot only if it mentions the bot."""
    spoilers: bool = True
    """Pictures can be hidden until a member clicks them."""
    redirected: bool = False
    """What follows goes to the member's direct messages, because others read at the place of the command."""
    taken_seconds: float | None = None
    """How long the sign that a request was taken can be seen; None: as long as the member likes."""
    one_message: bool = False
    """The progress message becomes the result: an edit adds the pictures, each as it arrives. It notifies nobody."""
    counts_time: bool = False
    """It shows by itself how long ago a moment was, and keeps that up to date."""
    message_bytes: int | None = None
    """All files of one message together; None: no limit."""
    quota_command: str = "/quota"
    """The text that a member types to see the remaining quota."""
    help_command: str = "/help"
    """The text that a member types to see how the bot is used."""
    models_command: str = "/models"
    """The text that a member types to see the models and their prices."""
