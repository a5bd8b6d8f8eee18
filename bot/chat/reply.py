"""A message of no particular platform: text, a quote of the member's text, pictures, buttons, a form."""

from pathlib import Path
from typing import Literal

from bot.commands.action import Action
from bot.ids import UserId
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A file to post unchanged. `name` is ASCII; `alt` is the alternative text. A file that was not opened has no dimensions."""

    path: Path
    name: str
    media_type: str
    width: int | None
    height: int | None
    size_bytes: int
    alt: str
    spoiler: bool = False


@dataclass(frozen=True, kw_only=True)
class Button:
    label: str
    action: Action
    primary: bool = False


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One message.

    `text` and `note` are plain text: an adapter escapes them, so that nothing in them pings, links or formats. `quote` is
    what a member typed, shown apart from the text. `mention` is the one member that the message may ping. `busy`: work
    continues after this message, which a platform may show beside it. `since` is a moment, in seconds since 1970: the note
    ends with how long ago that was, where the platform counts by itself. `passing`: a question to one member, which is taken
    away where others see it, once it is answered or has stood for a while.
    """

    text: str
    quote: str | None = None
    note: str | None = None
    pictures: tuple[Picture, ...] = ()
    buttons: tuple[Button, ...] = ()
    mention: UserId | None = None
    busy: bool = False
    since: float | None = None
    passing: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`value` comes back with the submission."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One input of a form. `name` is its key in the submission; `most` counts characters, files or choices."""

    name: str
    kind: Literal["text", "paragraph", "files", "choice"]
    label: str
    hint: str = ""
    required: bool = False
    most: int | None = None
    value: str = ""
    """What it holds when the form opens; several choices are separated by spaces."""
    choices: tuple[Choice, ...] = ()
    """Of a field of that kind, the default first."""

    @property
    def chosen(self) -> tuple[Choice, ...]:
        """The choices that it holds when the form opens."""
        values = self.value.split()
        return tuple(choice for choice in self.choices if choice.value in values)

    def limit(self, platform_limit: int) -> int:
        """The most characters or files that it takes on a platform that itself takes `platform_limit`."""
        return min(self.most or platform_limit, platform_limit)


@dataclass(frozen=True, kw_only=True)
class Form:
    """`submit` and `close` are the labels of its two buttons, where a platform takes labels."""

    title: str
    action: Action
    fields: tuple[FormField, ...]
    submit: str = ""
    close: str = ""
