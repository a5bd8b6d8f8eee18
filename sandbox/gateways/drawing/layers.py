"""Takes a picture apart into layers: what was behind its things, and each kind of thing by itself.

Put together by their boxes they give the picture again.
"""

import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from sandbox.gateways.drawing.captions.caption import draw_watermark
from sandbox.gateways.drawing.composition import SHADOW, Box, compose, stacked
from sandbox.gateways.drawing.memory import PaintingMemory, fingerprint
from sandbox.gateways.drawing.pictures import Picture, drawn_size, encode
from sandbox.gateways.drawing.scene import Painting, Scene, Subject
from sandbox.gateways.drawing.stickers import on_white
from sandbox.gateways.drawing.styles import apply_style
from sandbox.gateways.drawing.words.reading import read_prompt

_SCALES = (0.75, 1.25, 0.9, 1.1)
"""A layer's picture is larger or smaller than its box."""
_FAINT = 8
"""Alpha below this is nothing."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer: a PNG with alpha, of its own size, for a box of the base."""

    content: bytes
    size: tuple[int, int]
    box: Box
    name: str
    description: str


@dataclass(frozen=True, kw_only=True)
class LayeredImage:
    """A picture taken apart; `layers` from the back to the front."""

    base: bytes
    size: tuple[int, int]
    layers: tuple[Layer, ...]


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One thing of the picture: where it is, with its shadow and without, what it looks like where others hide it.

    `hole` is where the background has something else instead.
    """

    name: str
    description: str
    mask: Image.Image
    hole: Image.Image
    thing: Image.Image
    whole: Image.Image


def take_apart(picture: Picture, memory: PaintingMemory) -> LayeredImage:
    """Return the base and the layers of a picture with one reference, in its size; the prompt may name the things."""
    (content,) = picture.references
    assert isinstance(content, bytes)
    original = on_white(Image.open(io.BytesIO(content)).convert("RGBA"))
    image = ImageOps.fit(original, picture.size, Image.Resampling.BICUBIC)
    known = memory.find(fingerprint(original))
    scene = known.scene if known is not None and known.backdrop is None and not known.cut_out else Scene()
    wanted = _wanted(scene, picture.prompt, drawn_size(picture.size))
    parts, behind = _things(image, scene, wanted) if wanted else _shapes(image)
    layers = [("background", "what is behind everything", _background(image, parts, behind))]
    layers += [(part.name, part.description, _cut(image, part, parts[number + 1 :])) for number, part in enumerate(parts)]
    if picture.watermark:
        draw_watermark(image)
    return LayeredImage(
        base=encode(image, picture.format),
        size=picture.size,
        layers=tuple(_layer(number, *layer) for number, layer in enumerate(layers)),
    )


def _wanted(scene: Scene, prompt: str, size: tuple[int, int]) -> list[Subject]:
    """Return the things that the prompt names, or all of them, the farthest first."""
    things = stacked(scene, size)
    named = {mention.kind for mention in read_prompt(prompt).mentions}
    return [thing for thing in things if thing.kind in named] or things


def _things(image: Image.Image, scene: Scene, wanted: Sequence[Subject]) -> tuple[list[_Part], Image.Image]:
    """Return the parts of a picture whose scene is known, and the scene without them."""
    small = drawn_size(image.size)
    parts = []
    for subject in wanted:
        only = Painting(scene=replace(scene, subjects=(subject,), tint=""))
        mask, alone = (
            compose(only, small, transparent=True, arrangement=scene, shadows=shadows).resize(image.size)
            for shadows in (True, False)
        )
        words = (str(subject.count) if subject.count > 1 else "a", subject.colour, subject.kind)
        parts.append(
            _Part(
                name=subject.kind,
                description=" ".join(word for word in words if word),
                mask=mask.getchannel("A"),
                hole=_widened(mask.getchannel("A")),
                thing=alone.getchannel("A"),
                whole=alone.convert("RGB"),
            )
        )
    rest = tuple(subject for subject in scene.subjects if subject not in wanted)
    behind = compose(Painting(scene=replace(scene, subjects=rest)), small, arrangement=scene)
    behind = apply_style(behind, scene.style, random.Random(f"{scene.layout} 0 0"))
    return parts, behind.resize(image.size, Image.Resampling.BICUBIC)


def _shapes(image: Image.Image) -> tuple[list[_Part], Image.Image]:
    """Return the parts of a picture the painter did not make: its middle and its lower edge; behind them it is a blur."""
    width, height = image.size
    masks: Mapping[str, tuple[str, Box]] = {
        "foreground": ("the lower edge", (-width // 5, round(height * 0.78), width + width // 5, height + height // 2)),
        "subject": ("the middle", (round(width * 0.24), round(height * 0.16), round(width * 0.76), round(height * 0.8))),
    }
    parts = []
    solid = Image.new("L", image.size, 255)
    for name, (description, box) in masks.items():
        mask = Image.new("L", image.size, 0)
        ImageDraw.Draw(mask).ellipse(box, fill=255)
        mask = mask.filter(ImageFilter.GaussianBlur(min(image.size) / 90))
        hole = mask.point(lambda value: max(0, value * 2 - 255))
        parts.append(_Part(name=name, description=description, mask=mask, hole=hole, thing=solid, whole=image))
    blur = image.resize((12, 12), Image.Resampling.BOX).resize(image.size, Image.Resampling.BICUBIC)
    return parts, blur


def _background(image: Image.Image, parts: Sequence[_Part], behind: Image.Image) -> Image.Image:
    """Return the picture with its parts filled in by what is behind them."""
    return Image.composite(behind, image, _union([part.hole for part in parts], image.size)).convert("RGBA")


def _widened(mask: Image.Image) -> Image.Image:
    reach = max(1.0, min(mask.size) / 220)
    return mask.filter(ImageFilter.BoxBlur(reach)).point(lambda value: min(255, value * 16))


def _cut(image: Image.Image, part: _Part, nearer: Sequence[_Part]) -> Image.Image:
    """Return one part alone; what nearer parts hide of it is made up."""
    own = Image.composite(part.whole, image, _union([each.mask for each in nearer], image.size))
    shape = part.thing.filter(ImageFilter.BoxBlur(1)).point(lambda value: min(255, value * 3))
    own = Image.composite(own, Image.new("RGB", image.size, SHADOW), shape)
    own.putalpha(part.mask.point(lambda value: value if value >= _FAINT else 0))
    return own


def _union(masks: Sequence[Image.Image], size: tuple[int, int]) -> Image.Image:
    union = Image.new("L", size, 0)
    for mask in masks:
        union = ImageChops.lighter(union, mask)
    return union


def _layer(number: int, name: str, description: str, image: Image.Image) -> Layer:
    box = image.getchannel("A").getbbox() or (0, 0, image.width, image.height)
    scale = _SCALES[number % len(_SCALES)]
    size = max(16, round((box[2] - box[0]) * scale)), max(16, round((box[3] - box[1]) * scale))
    content = encode(image.crop(box).resize(size, Image.Resampling.BICUBIC), "png")
    return Layer(content=content, size=size, box=box, name=name, description=description)
