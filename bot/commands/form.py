"""A form that a member has filled in."""

from collections.abc import Mapping

from bot.commands.action import Action
from bot.commands.command import Attachment
from bot.values import dataclass

DEFAULT = "default"
"""The choice of a form's field that leaves it to the bot."""


@dataclass(frozen=True, kw_only=True)
class FormSubmission:
    """`fields` are texts and choices by the names of their fields; several choices of one field are separated by spaces."""

    action: Action
    fields: Mapping[str, str]
    files: tuple[Attachment, ...] = ()
