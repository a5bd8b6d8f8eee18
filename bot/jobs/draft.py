"""A request that is not complete: the pictures that a form was opened with, or what a question is about."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from bot.commands.command import Attachment, PartialRequest
from bot.ids import JobId, MessageId, PlatformName, UserId
from bot.values import dataclass

MOST_DRAFTS = 20
"""Forms and questions that one member may have open; beyond that, the oldest has expired."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The pictures that a form was opened with, kept until the form is submitted; or what a question is about.

    `fields` and `uploads` are what was filled in before, if the form was refused and can be opened again. `expires_at`: when the
    question can no longer be answered.
    """

    id: JobId
    user: UserId
    references: tuple[Attachment, ...]
    message: MessageId | None
    platform: PlatformName
    partial: PartialRequest | None = None
    expires_at: float | None = None
    verb: Literal["imagine", "edit"] = "edit"
    fields: Mapping[str, str] = field(default_factory=dict)
    uploads: tuple[Attachment, ...] = ()

    @property
    def has_pictures(self) -> bool:
        return bool(self.references or self.uploads or self.message is not None)
