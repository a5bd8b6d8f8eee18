"""Members' text within a platform's limits, and ours cut to them after escaping; pure."""

import re
from collections.abc import Callable

from bot.chat.text import ELLIPSIS
from bot.errors import RefusalCode, RefusedError

NAME_CHARACTERS = 255
"""Of a file's name, more than either platform keeps."""


def within(text: str, limit: int) -> str:
    """The text, before anything reads it. Raises RefusedError if it is longer than the platform lets a member write."""
    if len(text) > limit:
        raise RefusedError(RefusalCode.TEXT_TOO_LONG, value=len(text), limit=limit)
    return text


def without(mention: re.Pattern[str], text: str) -> str:
    """The text without what `mention` matches and the spaces around it.

    The spaces are no part of the pattern: a search would read a long row of them again from each one.
    """
    first, *others = mention.split(text)
    if not others:
        return text.strip()
    *middle, last = others
    return " ".join([first.rstrip(" \t"), *(part.strip(" \t") for part in middle), last.lstrip(" \t")]).strip()


def file_name(given: str) -> str:
    """A name of limited length; its end says what the file is."""
    return given[-NAME_CHARACTERS:]


def fit(text: str, room: int, write: Callable[[str], str]) -> str:
    """Escape `text` with `write` and cut it to `room` characters, with an ellipsis at the cut.

    Empty if not even the ellipsis fits. Escaping never shortens a text.
    """
    if len(text) <= room and len(whole := write(text)) <= room:
        return whole
    longest, least, most = "", 0, min(len(text), room)
    while least <= most:
        kept = (least + most) // 2
        written = write(text[:kept] + ELLIPSIS)
        if len(written) <= room:
            longest, least = written, kept + 1
        else:
            most = kept - 1
    return longest
