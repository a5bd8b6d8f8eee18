"""The pictures a form was opened on."""

from dataclasses import dataclass

from bot.commands.command import Attachment
from bot.ids import JobId, MessageId, PlatformName, UserId


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The pictures a form was opened on, until it is submitted."""

    id: JobId
    user: UserId
    references: tuple[Attachment, ...]
    message: MessageId | None
    platform: PlatformName
