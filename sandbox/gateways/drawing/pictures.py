"""Draws a gateway's results: pictures of the exact size that obey the prompt, the same for the same prompt and seed."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageOps

from sandbox.gateways.drawing.captions.caption import draw_caption, draw_watermark, draw_words, printable
from sandbox.gateways.drawing.composition import PHOTO, compose
from sandbox.gateways.drawing.memory import PaintingMemory, fingerprint, scene_in
from sandbox.gateways.drawing.scene import Painting, Scene, layout_of
from sandbox.gateways.drawing.styles import PIXELS_ACROSS, apply_style
from sandbox.gateways.drawing.words.edits import base_of, combined_scene
from sandbox.gateways.drawing.words.new_scenes import SEASONS, is_about_seasons, new_scene
from sandbox.gateways.drawing.words.reading import Reading, read_prompt

_DRAWN_PIXELS = 1_100_000
"""Scenes are drawn at about this many pixels and then enlarged; drawing at full size would take seconds."""
_DRAWN_SIDE = 2_048
_KEPT_SIDE = 1_024
_NOISE_SIDE = 512
_FINE_GRAIN_SIDE = 3_200
"""Larger pictures have a coarser grain, as an enlarged photo has; a PNG of one would otherwise take seconds."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What one result shows. A reference is its bytes, or its URL if it was not downloaded."""

    prompt: str
    size: tuple[int, int]
    index: int = 0
    total: int = 1
    references: tuple[bytes | str, ...] = ()
    format: str = "jpeg"
    watermark: bool = False
    caption: bool = True
    transparent: bool = False
    """Whether only the things are drawn, on nothing; a JPEG cannot do that and shows them on white."""
    seed: int = 0
    repeat: int = 0
    """How many earlier calls had this prompt and these references: repeating gives a new picture."""


def draw(picture: Picture) -> bytes:
    """Return the bytes of the picture, JPEG or PNG."""
    return paint(picture, PaintingMemory())


def paint(picture: Picture, memory: PaintingMemory) -> bytes:
    """Return the bytes of the picture and remember it. References that the memory knows are painted anew, not over."""
    reading = read_prompt(picture.prompt)
    references = [_recognised(reference, memory) for reference in picture.references]
    painting = _edited(picture, reading, references) if references else Painting(scene=_new(picture, reading))
    content, image = _rendered(picture, painting)
    memory.add(fingerprint(image), painting)
    return content


def remember_marked(content: bytes, memory: PaintingMemory) -> None:
    """Remember a picture that carries its scene, as those that members of the demo attach."""
    scene = scene_in(content)
    if scene is not None:
        memory.add(fingerprint(_decoded(content)), Painting(scene=scene))


def scene_of(picture: Picture) -> Scene:
    """Return the scene of a picture without references."""
    return _new(picture, read_prompt(picture.prompt))


def _new(picture: Picture, reading: Reading) -> Scene:
    layout = layout_of(picture.seed, picture.prompt, picture.index, picture.repeat)
    return new_scene(picture.prompt, reading, layout=layout, index=picture.index)


def _edited(picture: Picture, reading: Reading, references: Sequence[Painting]) -> Painting:
    scenes = [reference.scene for reference in references]
    base = references[base_of(scenes, reading)]
    chosen = [number for number in reading.only if number <= len(references)]
    photos = [reference.backdrop for reference in references if reference.backdrop is not None]
    named = any(mention.picture for mention in reading.mentions) or bool(reading.sources)
    backdrop = base.backdrop
    if len(photos) == len(references) > 1 and not (chosen or named):
        backdrop = _side_by_side(photos)
    elif backdrop is None and photos and not (chosen or named):
        backdrop = photos[0]
    scene = combined_scene(scenes, reading)
    if is_about_seasons(picture.prompt):
        season = SEASONS[picture.index % len(SEASONS)]
        scene = replace(scene, season=season, weather="snow" if season == "winter" else "")
    if scene.place == PHOTO and backdrop is None:
        scene = replace(scene, place="meadow")
    if picture.index or picture.repeat:
        scene = replace(scene, layout=layout_of(scene.layout, picture.index, picture.repeat))
    return Painting(scene=scene, backdrop=backdrop)


def _recognised(reference: bytes | str, memory: PaintingMemory) -> Painting:
    """Return the painting that a reference shows, or one with the reference as its backdrop."""
    image = _url_card(reference) if isinstance(reference, str) else _decoded(reference)
    known = memory.find(fingerprint(image))
    if known is not None:
        return known
    image.thumbnail((_KEPT_SIDE, _KEPT_SIDE))
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image)
    return Painting(scene=Scene(place=PHOTO), backdrop=encode(image.convert("RGB"), "jpeg"))


def _decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.draft("RGB", (_KEPT_SIDE, _KEPT_SIDE))
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _side_by_side(photos: Sequence[bytes]) -> bytes:
    """Return one picture of several, each in an upright stripe of its own."""
    gap = 8
    wide = (_KEPT_SIDE - gap * (len(photos) - 1)) // len(photos)
    sheet = Image.new("RGB", (_KEPT_SIDE, round(_KEPT_SIDE * 0.75)), (250, 248, 242))
    for number, photo in enumerate(photos):
        part = ImageOps.fit(Image.open(io.BytesIO(photo)).convert("RGB"), (wide, sheet.height), Image.Resampling.BICUBIC)
        sheet.paste(part, (number * (wide + gap), 0))
    return encode(sheet, "jpeg")


def _rendered(picture: Picture, painting: Painting) -> tuple[bytes, Image.Image]:
    small = drawn_size(picture.size)
    style, rng = painting.scene.style, random.Random(f"{painting.scene.layout} {picture.repeat} {picture.index}")
    image = apply_style(compose(painting, small, transparent=picture.transparent), style, rng)
    image = _enlarged_blocks(image, picture.size) if style == "pixel" else image.resize(picture.size, Image.Resampling.BICUBIC)
    if not style:
        _add_grain(image, random.Random(f"{picture.seed}|{picture.prompt}|{picture.index}|{picture.repeat}"))
    if picture.caption and not picture.transparent:
        draw_caption(image, picture.prompt, f"{picture.index + 1} / {picture.total}" if picture.total > 1 else "")
    if picture.watermark:
        draw_watermark(image)
    return encode(image, picture.format), image


def drawn_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a scene is drawn before it is enlarged."""
    width, height = size
    shrink = min(1.0, (_DRAWN_PIXELS / (width * height)) ** 0.5, _DRAWN_SIDE / max(width, height))
    return max(16, round(width * shrink)), max(16, round(height * shrink))


def _enlarged_blocks(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    shrink = PIXELS_ACROSS / max(image.size)
    small = max(1, round(image.width * shrink)), max(1, round(image.height * shrink))
    return image.resize(small, Image.Resampling.NEAREST).resize(size, Image.Resampling.NEAREST)


def encode(image: Image.Image, image_format: str) -> bytes:
    """Encode an image as a gateway would send it: a JPEG, or a PNG with fast compression."""
    into = io.BytesIO()
    if image_format == "png":
        image.save(into, "PNG", compress_level=1)
        return into.getvalue()
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB")
    image.save(into, "JPEG", quality=86)
    return into.getvalue()


@lru_cache(maxsize=1)
def _noise() -> Image.Image:
    raw = Image.frombytes("L", (_NOISE_SIDE, _NOISE_SIDE), random.Random(0).randbytes(_NOISE_SIDE * _NOISE_SIDE))
    return raw.point(lambda value: round(128 + (value - 128) * 0.06)).convert("RGB")


def _add_grain(image: Image.Image, rng: random.Random) -> None:
    """Add film grain: without it, a drawn picture compresses to a tenth of a real result's size."""
    tile = ImageChops.offset(_noise(), rng.randrange(_NOISE_SIDE), rng.randrange(_NOISE_SIDE))
    if max(image.size) > _FINE_GRAIN_SIDE:
        tile = tile.reduce(2).resize(tile.size, Image.Resampling.NEAREST)
    if image.mode == "RGBA":
        tile.putalpha(128)
    # Square by square: a second picture of this size would double the memory.
    for left in range(0, image.width, _NOISE_SIDE):
        for top in range(0, image.height, _NOISE_SIDE):
            box = left, top, min(left + _NOISE_SIDE, image.width), min(top + _NOISE_SIDE, image.height)
            image.paste(ImageChops.add(image.crop(box), tile, 1.0, -128), box)


def _url_card(url: str) -> Image.Image:
    """Draw a placeholder for a reference that was given by URL and is not downloaded."""
    card = Image.new("RGB", (640, 480), (238, 236, 228))
    ImageDraw.Draw(card).rectangle((24, 24, 615, 455), outline=(120, 128, 140), width=6)
    draw_words(card, (320, 200), "picture at", 34)
    draw_words(card, (320, 260), printable(url.split("//", 1)[-1].split("/", 1)[0])[:30], 34)
    return card
