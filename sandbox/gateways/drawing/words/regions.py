"""The places in a picture that a prompt points at: `<bbox>x1 y1 x2 y2</bbox>` and `<point>x y</point>`, in whole numbers from 0 to 999.

Tags that say anything else are words like others.
"""

import re
from dataclasses import dataclass

_LONGEST_PROMPT = 4_000
_MOST = 8
_NUMBER = r"\s{0,4}(\d{1,3})\s{0,4}"
_APART = r"[\s,]"
_TAGS = re.compile(
    r"(?:\b(?:image|picture|图)\s?(?P<picture>\d{1,2})\s?)?"
    rf"(?:<bbox>{_NUMBER}{_APART}{_NUMBER}{_APART}{_NUMBER}{_APART}{_NUMBER}</bbox>|<point>{_NUMBER}{_APART}{_NUMBER}</point>)",
    re.IGNORECASE,
)
_SCALE = 1000


@dataclass(frozen=True, kw_only=True)
class Region:
    """A box, or a point as a box without extent, in thousandths of the picture. `picture` is the reference's number, 0 if none is named."""

    left: int
    top: int
    right: int
    bottom: int
    picture: int = 0

    @property
    def is_point(self) -> bool:
        return (self.left, self.top) == (self.right, self.bottom)

    def on(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return the box in pixels of a picture."""
        width, height = size
        return (
            round(self.left * width / _SCALE),
            round(self.top * height / _SCALE),
            round(self.right * width / _SCALE),
            round(self.bottom * height / _SCALE),
        )


def read_regions(prompt: str) -> tuple[str, tuple[Region, ...]]:
    """Return the prompt without its tags, and the places they name."""
    found: list[Region] = []

    def take(match: re.Match[str]) -> str:
        edges = [int(number) for number in match.groups()[1:] if number is not None]
        left, top, right, bottom = edges if len(edges) == 4 else edges * 2
        box_is_empty = len(edges) == 4 and (right <= left or bottom <= top)
        if box_is_empty or len(found) == _MOST:
            return match.group()
        found.append(Region(left=left, top=top, right=right, bottom=bottom, picture=int(match.group("picture") or 0)))
        return " "

    words = _TAGS.sub(take, prompt[:_LONGEST_PROMPT]) + prompt[_LONGEST_PROMPT:]
    return (" ".join(words.split()) if found else prompt), tuple(found)
