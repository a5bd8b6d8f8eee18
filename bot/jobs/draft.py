"""A request that is not complete: the pictures that a form was opened with, or what a question is about."""

from bot.commands.command import Attachment, PartialRequest
from bot.ids import JobId, MessageId, PlatformName, UserId
from bot.values import dataclass

MOST_DRAFTS = 20
"""Forms and questions that one member may have open; beyond that, the oldest has expired."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The pictures that a form was opened with, kept until the form is submitted; or what a question is about.

    `expires_at`: when the question can no longer be answered.
    """

    id: JobId
    user: UserId
    references: tuple[Attachment, ...]
    message: MessageId | None
    platform: PlatformName
    partial: PartialRequest | None = None
    expires_at: float | None = None
