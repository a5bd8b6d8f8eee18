"""Puts layers together again: each scaled to its box, painted on the base from the back to the front; a preview's size at most."""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path

from PIL import Image

from bot.errors import UpstreamError, UpstreamKind
from bot.images.decode import decode, is_transparent
from bot.images.encode import png_within
from bot.images.formats.container import BrokenPictureError, PictureBombError, UnsupportedPictureError, check_work
from bot.images.measure import scan_result
from bot.images.normalise import MOST_PIXELS
from bot.images.values import Box, Composed, Placed

MOST_PREVIEW_PIXELS = 2_400_000
"""A larger base is shown smaller: the layers themselves are in their files."""
MOST_WORK_PIXELS = 300_000_000
"""Of all files together; a hundred real layers have far less, since each covers a part of the picture."""


class _Work:
    """Counts the pixels that are decoded."""

    def __init__(self) -> None:
        self._pixels = 0

    def open(self, path: Path) -> Image.Image:
        """Raises UpstreamError (DOWNLOAD) for a file that cannot be decoded, or is too much."""
        picture_format, container = scan_result(path.read_bytes())
        self._pixels += container.pixels
        if container.pixels > MOST_PIXELS or self._pixels > MOST_WORK_PIXELS:
            raise UpstreamError(UpstreamKind.DOWNLOAD, certain=False, detail="layers of too many pixels")
        try:
            check_work(container)
            return decode(container, picture_format)
        except (BrokenPictureError, UnsupportedPictureError, PictureBombError) as error:
            raise UpstreamError(UpstreamKind.DOWNLOAD, certain=False, detail=f"stored layer: {error}") from error


def compose(base: Path, layers: Sequence[Placed], *, most_bytes: int) -> Composed:
    """A PNG of the base with its layers, the rearmost first, and the positions of those that could not be painted.

    Raises UpstreamError (DOWNLOAD) without the base, ValueError where no picture can fit.
    """
    work = _Work()
    opened = work.open(base)
    size = opened.size
    scale = min(1.0, sqrt(MOST_PREVIEW_PIXELS / (opened.width * opened.height)))
    if scale < 1:
        opened = opened.resize((max(1, round(size[0] * scale)), max(1, round(size[1] * scale))), reducing_gap=2.0)
    canvas = opened.convert("RGBA")
    left_out = [number for number, layer in enumerate(layers) if not _paint(canvas, layer, scale, work)]
    encoded = png_within(canvas if is_transparent(canvas) else canvas.convert("RGB"), most_bytes)
    return Composed(
        content=encoded.content,
        media_type=encoded.media_type,
        width=encoded.width,
        height=encoded.height,
        left_out=tuple(left_out),
    )


def _paint(canvas: Image.Image, layer: Placed, scale: float, work: _Work) -> bool:
    """Whether anything of the layer is within the base and can be painted."""
    place = None if layer.box is None else scaled(layer.box, scale)
    if place is None:
        return False
    visible = within(place, canvas.size)
    if visible is None:
        return False
    try:
        image = work.open(layer.path)
    except UpstreamError:
        return False
    # Only what can be seen is scaled: a box may be far larger than the base.
    part = image.convert("RGBA").resize(
        (visible[2] - visible[0], visible[3] - visible[1]),
        Image.Resampling.BICUBIC,
        box=source_of(visible, place, image.size),
    )
    canvas.alpha_composite(part, (visible[0], visible[1]))
    return True


def scaled(box: Box, scale: float) -> Box | None:
    """A box in pixels of the preview, at least one wide and high; None for one without an area."""
    left, top, right, bottom = box
    if left >= right or top >= bottom:
        return None
    left, top = round(left * scale), round(top * scale)
    return left, top, max(left + 1, round(right * scale)), max(top + 1, round(bottom * scale))


def within(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box that is on a picture of this size; None where nothing is."""
    left, top, right, bottom = max(0, box[0]), max(0, box[1]), min(size[0], box[2]), min(size[1], box[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def source_of(visible: Box, place: Box, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Which part of a layer of this size is seen in `visible`, if all of it fills `place`."""
    across, down = size[0] / (place[2] - place[0]), size[1] / (place[3] - place[1])
    return (
        max(0.0, (visible[0] - place[0]) * across),
        max(0.0, (visible[1] - place[1]) * down),
        min(float(size[0]), (visible[2] - place[0]) * across),
        min(float(size[1]), (visible[3] - place[1]) * down),
    )
