"""A text without the characters that nobody sees; pure."""

from functools import cached_property
from itertools import chain

from bot.values import dataclass

INVISIBLE = frozenset(
    map(
        chr,
        chain(
            (0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF),
            range(0x200B, 0x2010),
            range(0x202A, 0x202F),
            range(0x2060, 0x2070),
            range(0xFE00, 0xFE10),
            range(0xE0000, 0xE0080),
        ),
    )
)
"""Zero-width spaces and joiners, marks of direction, variation selectors, tags and the like."""
_REMOVED = dict.fromkeys(map(ord, INVISIBLE))


@dataclass(frozen=True, kw_only=True)
class VisibleText:
    """What is read of a text. A word keeps its joiners, since the prompt is cut out of the `original`."""

    original: str

    @cached_property
    def visible(self) -> str:
        return self.original.translate(_REMOVED)

    @cached_property
    def _positions(self) -> tuple[int, ...]:
        """Where each visible character stands in the original."""
        return tuple(index for index, letter in enumerate(self.original) if letter not in INVISIBLE)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A part of the visible text, at least one character long, in the original, with the invisible characters around it."""
        if len(self.visible) == len(self.original):
            return start, end
        before = self._positions[start - 1] + 1 if start else 0
        after = self._positions[end] if end < len(self._positions) else len(self.original)
        return before, after
