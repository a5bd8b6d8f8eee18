"""The pictures that a form was opened with."""

from bot.commands.command import Attachment
from bot.ids import JobId, MessageId, PlatformName, UserId
from bot.values import dataclass

MOST_DRAFTS = 20
"""Forms that one member may have open; beyond that, the oldest has expired."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The pictures that a form was opened with, kept until the form is submitted."""

    id: JobId
    user: UserId
    references: tuple[Attachment, ...]
    message: MessageId | None
    platform: PlatformName
