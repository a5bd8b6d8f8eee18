"""The pictures that a form was opened with."""

from dataclasses import dataclass

from bot.commands.command import Attachment
from bot.ids import JobId, MessageId, PlatformName, UserId

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
