"""What an answer reports beside its pictures: their sizes and layers, and what was billed. Anything implausible is left out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from bot.jobs.picture import Layer
from bot.requests.request import Pixels
from bot.upstream.contract import Completed
from bot.values import dataclass

MOST_COUNT = 1000
"""No gateway makes or bills more pictures in one call; a larger number is a mistake of the gateway's."""
LONGEST_SIDE = 100_000
LONGEST_NAME = 200
_SIZE = re.compile(r"\s{0,3}([1-9]\d{0,5})\s{0,3}[x×*]\s{0,3}([1-9]\d{0,5})\s{0,3}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Billed:
    """Pictures and references that were charged; None where the answer does not say."""

    pictures: int | None = None
    references: int | None = None

    def completed(self, *, surplus: int = 0) -> Completed:
        return Completed(billed=self.pictures, references=self.references, surplus=surplus)


NOT_SAID = Billed()


def read_billed(body: Mapping[str, Any]) -> Billed:
    """The counts of `usage`."""
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return NOT_SAID
    pictures, references = usage.get("generated_images"), usage.get("input_images")
    return Billed(
        pictures=pictures if is_count(pictures) else None,
        references=references if is_count(references) else None,
    )


def read_size(item: Mapping[str, Any]) -> Pixels | None:
    """Width and height, as `2496x1664` or as two numbers."""
    size, width, height = item.get("size"), item.get("width"), item.get("height")
    if isinstance(size, str) and (found := _SIZE.fullmatch(size[:LONGEST_NAME])):
        return Pixels(width=int(found[1]), height=int(found[2]))
    if _is_length(width) and _is_length(height) and width and height:
        return Pixels(width=width, height=height)
    return None


def read_layer(item: Mapping[str, Any]) -> Layer | None:
    """The place of a picture among those of a decomposition; None for any other picture."""
    z, name, box = item.get("z_index"), item.get("name"), item.get("bounding_box")
    if not is_count(z):
        return None
    absolute = box.get("absolute") if isinstance(box, dict) else None
    return Layer(z=z, name=name[:LONGEST_NAME] if isinstance(name, str) else "", box=_read_box(absolute))


def _read_box(corners: Any) -> tuple[int, int, int, int] | None:  # noqa: ANN401  # JSON
    if not isinstance(corners, Sequence) or len(corners) != 4 or not all(map(_is_length, corners)):
        return None
    left, top, right, bottom = corners
    return (left, top, right, bottom) if left < right and top < bottom else None


def is_count(value: object) -> TypeGuard[int]:
    """A plausible number of pictures."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_COUNT


def _is_length(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST_SIDE
