"""Cuts text to a platform's limit after escaping; pure."""

from collections.abc import Callable

from bot.chat.text import ELLIPSIS


def fit(text: str, room: int, write: Callable[[str], str], *, growth: int) -> str:
    """Escape `text` with `write` and cut it to `room` characters, with an ellipsis at the cut.

    Empty if not even the ellipsis fits. `growth`: into how many characters `write` expands one character at most.
    """
    written, kept = write(text), len(text)
    while len(written) > room and kept > 0:
        kept = max(0, kept - max(1, (len(written) - room) // growth))
        written = write(text[:kept] + ELLIPSIS)
    return written if len(written) <= room else ""
