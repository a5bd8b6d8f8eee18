"""Draws a gateway's results: pictures of the exact size that obey the prompt, the same for the same prompt and seed."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageOps

from sandbox.gateways.drawing.captions.caption import draw_caption, draw_watermark, draw_words, printable
from sandbox.gateways.drawing.composition import PHOTO, Box, compose
from sandbox.gateways.drawing.marks import draw_mark, region_mask
from sandbox.gateways.drawing.memory import PaintingMemory, fingerprint, scene_in
from sandbox.gateways.drawing.scene import Painting, Scene, layout_of
from sandbox.gateways.drawing.stickers import bordered, centred, on_chequers, on_white
from sandbox.gateways.drawing.styles import PIXELS_ACROSS, apply_style
from sandbox.gateways.drawing.words.edits import base_of, combined_scene
from sandbox.gateways.drawing.words.new_scenes import SEASONS, is_about_seasons, new_scene
from sandbox.gateways.drawing.words.reading import Reading, read_prompt
from sandbox.gateways.drawing.words.regions import Region, read_regions

_DRAWN_PIXELS = 1_100_000
"""Scenes are drawn at about this many pixels and then enlarged; drawing at full size would take seconds."""
_DRAWN_SIDE = 2_048
_POINT_SHARE = 0.2
"""How far a new thing reaches around the point that it shall be at, as a share of the picture's shorter side."""
_KEPT_SIDE = 1_024
_NOISE_SIDE = 512
_FINE_GRAIN_SIDE = 3_200
"""Larger pictures have a coarser grain, as an enlarged photo has; a PNG of one would otherwise take seconds."""


class Background(Enum):
    """What is behind the things of a picture."""

    PAINTED = "painted"
    CUT_OUT = "cut out"
    """Nothing: the things are a sticker. A JPEG cannot do that and shows them on white."""
    KEPT = "kept"
    """The transparency of the first reference."""
    CHEQUERED = "chequered"
    """A painted pattern that only looks transparent."""


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
    background: Background = Background.PAINTED
    seed: int = 0
    repeat: int = 0
    """How many earlier calls had this prompt and these references: repeating gives a new picture."""


def draw(picture: Picture) -> bytes:
    """Return the bytes of the picture, JPEG or PNG."""
    return paint(picture, PaintingMemory())


def paint(picture: Picture, memory: PaintingMemory) -> bytes:
    """Return the bytes of the picture and remember it. References that the memory knows are painted anew, not over."""
    words, regions = read_regions(picture.prompt)
    picture = replace(picture, prompt=words)
    reading = read_prompt(words)
    references = [_recognised(reference, memory) for reference in picture.references]
    painting = _edited(picture, reading, references) if references else Painting(scene=_new(picture, reading))
    if regions and picture.background is not Background.CUT_OUT:
        base = _pointed_at(regions, references, reading)
        image = _painted_in_regions(picture, painting, base, regions)
        seen = encode(ImageOps.contain(image, (_KEPT_SIDE, _KEPT_SIDE)), "jpeg")
        painting = Painting(scene=Scene(place=PHOTO), backdrop=seen)
    else:
        painting = replace(painting, cut_out=painting.cut_out or picture.background is Background.CUT_OUT)
        image = _painted(picture, painting)
    _finish(image, picture, regions)
    memory.add(fingerprint(image), painting)
    return encode(image, picture.format)


def _pointed_at(regions: Sequence[Region], references: Sequence[Painting], reading: Reading) -> Painting | None:
    """Return the reference that the regions are places in."""
    if not references:
        return None
    named = next((region.picture for region in regions if 1 <= region.picture <= len(references)), 0)
    return references[named - 1 if named else base_of([reference.scene for reference in references], reading)]


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
    moved = (scene.place, scene.time, scene.weather) != (base.scene.place, base.scene.time, base.scene.weather)
    cut_out = base.cut_out and (picture.background is Background.KEPT or not moved)
    return Painting(scene=scene, backdrop=backdrop, cut_out=cut_out)


def _recognised(reference: bytes | str, memory: PaintingMemory) -> Painting:
    """Return the painting that a reference shows, or one with the reference as its backdrop."""
    image = _url_card(reference) if isinstance(reference, str) else _decoded(reference)
    known = memory.find(fingerprint(image))
    if known is not None:
        return known
    image.thumbnail((_KEPT_SIDE, _KEPT_SIDE))
    return Painting(scene=Scene(place=PHOTO), backdrop=encode(on_white(image), "jpeg"))


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


def _painted(
    picture: Picture, painting: Painting, *, arrangement: Scene | None = None, regions: Sequence[Region] = ()
) -> Image.Image:
    """Return the picture in its style and size."""
    style, rng = painting.scene.style, random.Random(f"{painting.scene.layout} {picture.repeat} {picture.index}")
    match picture.background:
        case Background.PAINTED | Background.KEPT:
            alone = painting.cut_out
        case Background.CUT_OUT | Background.CHEQUERED:
            alone = True
    small = _sharper_size(picture.size) if alone else drawn_size(picture.size)
    boxes = [_room(region, small) for region in regions]
    margin = min(small) // 3 if alone else 0
    image = compose(painting, small, transparent=alone, arrangement=arrangement, boxes=boxes, margin=margin)
    image = apply_style(centred(image, small) if alone else image, style, rng)
    if alone:
        image = bordered(image)
    image = _enlarged_blocks(image, picture.size) if style == "pixel" else image.resize(picture.size, Image.Resampling.BICUBIC)
    match picture.background:
        case Background.KEPT:
            image = on_white(image)
            image.putalpha(_kept_alpha(picture))
        case Background.CHEQUERED:
            image = on_chequers(image)
        case Background.PAINTED:
            image = on_white(image)
        case Background.CUT_OUT:
            pass
    if not style:
        _add_grain(image, random.Random(f"{picture.seed}|{picture.prompt}|{picture.index}|{picture.repeat}"))
    return image


def _painted_in_regions(picture: Picture, painting: Painting, base: Painting | None, regions: Sequence[Region]) -> Image.Image:
    """Return the picture with new things in the boxes or at the points; an edit changes nothing outside its boxes."""
    boxes = [region for region in regions if not region.is_point]
    if base is None:
        return _painted(picture, painting, regions=boxes or regions)
    scene = painting.scene if picture.repeat else replace(painting.scene, layout=base.scene.layout)
    image = _painted(picture, replace(painting, scene=scene), arrangement=base.scene, regions=boxes or regions)
    if boxes:
        mask = region_mask([box.on(picture.size) for box in boxes], picture.size)
        image = Image.composite(image, _painted(picture, base), mask)
    return image


def _finish(image: Image.Image, picture: Picture, regions: Sequence[Region]) -> None:
    """Draw what is over the picture: marks at points, the caption, the watermark."""
    for region in regions:
        if region.is_point:
            draw_mark(image, region.on(image.size)[:2])
    if picture.caption and picture.background in {Background.PAINTED, Background.CHEQUERED}:
        draw_caption(image, picture.prompt, f"{picture.index + 1} / {picture.total}" if picture.total > 1 else "")
    if picture.watermark:
        draw_watermark(image)


def _room(region: Region, size: tuple[int, int]) -> Box:
    """Return the box of a region, or for a point a box around it, that lies within the picture."""
    left, top, right, bottom = region.on(size)
    if not region.is_point:
        return left, top, right, bottom
    half = round(min(size) * _POINT_SHARE)
    x, y = (min(max(at, half), side - half) for at, side in zip((left, top), size, strict=True))
    return x - half, y - half, x + half, y + half


def _kept_alpha(picture: Picture) -> Image.Image:
    content = picture.references[0]
    assert isinstance(content, bytes)
    alpha = Image.open(io.BytesIO(content)).convert("RGBA").getchannel("A")
    return ImageOps.fit(alpha, picture.size, Image.Resampling.BICUBIC)


def _sharper_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a few things on nothing are drawn: they are enlarged to fill the picture."""
    width, height = drawn_size(size)
    return min(size[0], width * 2), min(size[1], height * 2)


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
    on_white(image).save(into, "JPEG", quality=86)
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
            part = image.crop(box)
            where = part.getchannel("A").point(lambda value: 255 if value else 0) if image.mode == "RGBA" else None
            image.paste(ImageChops.add(part, tile, 1.0, -128), box, where)


def _url_card(url: str) -> Image.Image:
    """Draw a placeholder for a reference that was given by URL and is not downloaded."""
    card = Image.new("RGB", (640, 480), (238, 236, 228))
    ImageDraw.Draw(card).rectangle((24, 24, 615, 455), outline=(120, 128, 140), width=6)
    draw_words(card, (320, 200), "picture at", 34)
    draw_words(card, (320, 260), printable(url.split("//", 1)[-1].split("/", 1)[0])[:30], 34)
    return card
