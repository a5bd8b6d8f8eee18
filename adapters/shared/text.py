"""Text that a platform's markup makes longer, within a platform's limit; pure."""

from collections.abc import Callable

from bot.chat.text import ELLIPSIS


def fit(text: str, room: int, write: Callable[[str], str], *, growth: int) -> str:
    """As much of `text` as fits `room` characters once `write` has escaped it, a cut marked by an ellipsis.

    Empty where not even the ellipsis fits. `growth` is the most characters that `write` makes of one.
    """
    written, kept = write(text), len(text)
    while len(written) > room and kept > 0:
        kept = max(0, kept - max(1, (len(written) - room) // growth))
        written = write(text[:kept] + ELLIPSIS)
    return written if len(written) <= room else ""
