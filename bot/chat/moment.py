"""Moments in a reply's text: a platform may show them in each reader's own time; elsewhere they have words."""

import re
from collections.abc import Iterator

from bot.values import dataclass

OPEN, MIDDLE, CLOSE = "\ufff9", "\ufffa", "\ufffb"
"""Unicode's marks for annotations, which no text that members write needs."""
NEAR = "~"
WRITTEN = re.compile(f"{OPEN}({NEAR}?)(\\d{{1,12}}){MIDDLE}([^{OPEN}{MIDDLE}{CLOSE}]{{0,60}}){CLOSE}")
MARKS = re.compile(f"[{OPEN}{MIDDLE}{CLOSE}]")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """`at` in seconds since 1970; `words` say when that is, from now: "in 5 hours". `near`: so soon that no clock is needed."""

    at: int
    words: str
    near: bool = False


def written(moment: Moment) -> str:
    """The moment as a part of a reply's text."""
    return f"{OPEN}{NEAR if moment.near else ''}{moment.at}{MIDDLE}{moment.words}{CLOSE}"


def parts(text: str) -> Iterator[str | Moment]:
    """The text and the moments in it, in order. What is left of a moment that was cut is no part of it."""
    end = 0
    for found in WRITTEN.finditer(text):
        if before := without_marks(text[end : found.start()]):
            yield before
        yield Moment(at=int(found[2]), words=found[3], near=bool(found[1]))
        end = found.end()
    if rest := without_marks(text[end:]):
        yield rest


def plain(text: str) -> str:
    """The text with the words of its moments."""
    return "".join(part if isinstance(part, str) else part.words for part in parts(text))


def without_marks(text: str) -> str:
    """Text in which nothing reads as a moment."""
    return MARKS.sub("", text)
