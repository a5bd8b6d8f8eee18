"""Draws a gateway's results: plausible pictures of the exact size, the same for the same prompt and seed."""

import io
import random
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from sandbox.gateways.drawing.landscapes import draw_landscape, relight

_DRAWN_SIDE = 1024
"""The longer side at which scenes are drawn before they are enlarged; drawing at full size would take a second."""
_NOISE_SIDE = 512
_CAPTION_CHARACTERS = 90


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
    seed: int = 0
    repeat: int = 0
    """How many earlier calls had this prompt: repeating a prompt gives a new picture."""


def draw(picture: Picture) -> bytes:
    """Return the bytes of the picture, JPEG or PNG."""
    rng = random.Random(f"{picture.seed}|{picture.prompt}|{picture.index}|{picture.repeat}")
    thumbnails = [_open_reference(reference) for reference in picture.references]
    image = _draw_scene(picture, thumbnails, rng)
    image = _add_grain(image, rng)
    _draw_references(image, thumbnails, rng)
    _draw_caption(image, picture)
    if picture.watermark:
        _draw_watermark(image)
    return encode(image, picture.format)


def encode(image: Image.Image, image_format: str) -> bytes:
    """Encode an image as a gateway would send it: a JPEG, or a PNG with fast compression."""
    into = io.BytesIO()
    if image_format == "png":
        image.save(into, "PNG", compress_level=1)
    else:
        image.save(into, "JPEG", quality=86)
    return into.getvalue()


def _draw_scene(picture: Picture, thumbnails: list[Image.Image], rng: random.Random) -> Image.Image:
    width, height = picture.size
    shrink = min(1.0, _DRAWN_SIDE / max(width, height))
    small = max(16, round(width * shrink)), max(16, round(height * shrink))
    if thumbnails:
        scene = relight(ImageOps.fit(thumbnails[0], small, Image.Resampling.BILINEAR), picture.prompt, rng)
    else:
        # Smooth the edges: enlarged, they would look like stairs.
        scene = draw_landscape(picture.prompt, small, rng, index=picture.index).filter(ImageFilter.BoxBlur(0.8))
    return scene.resize(picture.size, Image.Resampling.BILINEAR)


@lru_cache(maxsize=1)
def _noise() -> Image.Image:
    raw = Image.frombytes("L", (_NOISE_SIDE, _NOISE_SIDE), random.Random(0).randbytes(_NOISE_SIDE * _NOISE_SIDE))
    return raw.point(lambda value: round(128 + (value - 128) * 0.08)).convert("RGB")


def _add_grain(image: Image.Image, rng: random.Random) -> Image.Image:
    """Add film grain: without it, a drawn picture compresses to a tenth of a real result's size."""
    grain = Image.new("RGB", image.size)
    tile = ImageChops.offset(_noise(), rng.randrange(_NOISE_SIDE), rng.randrange(_NOISE_SIDE))
    for left in range(0, image.width, _NOISE_SIDE):
        for top in range(0, image.height, _NOISE_SIDE):
            grain.paste(tile, (left, top))
    return ImageChops.add(image, grain, 1.0, -128)


def _open_reference(reference: bytes | str) -> Image.Image:
    if isinstance(reference, str):
        return _draw_url_card(reference)
    image = Image.open(io.BytesIO(reference))
    image.draft("RGB", (_DRAWN_SIDE, _DRAWN_SIDE))
    return image.convert("RGB")


def _draw_url_card(url: str) -> Image.Image:
    """Draw a placeholder for a reference that was given by URL and is not downloaded."""
    card = Image.new("RGB", (640, 480), (238, 236, 228))
    draw_on = ImageDraw.Draw(card)
    draw_on.rectangle((24, 24, 615, 455), outline=(120, 128, 140), width=6)
    draw_on.text((320, 200), "picture at", font=ImageFont.load_default(34), fill=(70, 76, 88), anchor="mm")
    host = _printable(url.split("//", 1)[-1].split("/", 1)[0])
    draw_on.text((320, 260), host[:30], font=ImageFont.load_default(34), fill=(40, 44, 56), anchor="mm")
    return card


def _draw_references(image: Image.Image, thumbnails: list[Image.Image], rng: random.Random) -> None:
    """Draw the references as a row of numbered prints, so that an edit is recognisable."""
    if not thumbnails:
        return
    short = min(image.size)
    side = max(8, min(round(short * 0.24), round(image.width * 0.9 / len(thumbnails))))
    border = max(2, side // 16)
    for number, thumbnail in enumerate(thumbnails):
        inner = max(4, side - 4 * border)
        print_ = Image.new("RGB", (side - 2 * border, side - border), (250, 248, 242))
        print_.paste(ImageOps.fit(thumbnail, (inner, inner), Image.Resampling.BILINEAR), (border, border))
        _draw_number(print_, number + 1, border)
        turned = print_.convert("RGBA").rotate(rng.uniform(-5, 5), Image.Resampling.BILINEAR, expand=True)
        image.paste(turned, (border + number * side, border * 2), turned)


def _draw_number(print_: Image.Image, number: int, border: int) -> None:
    centre = print_.width // 2, print_.height - border
    ImageDraw.Draw(print_).text(
        centre, str(number), font=ImageFont.load_default(max(8, border * 2)), fill=(60, 58, 62), anchor="mm"
    )


def _draw_caption(image: Image.Image, picture: Picture) -> None:
    """Draw the prompt, small, and the picture's number in its set, on a dark strip."""
    size = max(9, min(image.size) // 42)
    mark = f"picture {picture.index + 1} of {picture.total}" if picture.total > 1 else ""
    words = _printable(" ".join(picture.prompt.split()))
    if not (words or mark):
        return
    font = ImageFont.load_default(size)
    tall = size * 2
    strip = Image.new("RGB", (image.width, tall), (16, 16, 22))
    draw_on = ImageDraw.Draw(strip)
    free = image.width - size * 2 - (draw_on.textlength(mark, font) + size if mark else 0)
    draw_on.text((size, tall // 2), _shortened(words, font, free), font=font, fill=(248, 246, 240), anchor="lm")
    draw_on.text((image.width - size, tall // 2), mark, font=font, fill=(255, 224, 150), anchor="rm")
    box = 0, image.height - tall, image.width, image.height
    image.paste(Image.blend(image.crop(box), strip, 0.72), box)


def _shortened(words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    kept = words[:_CAPTION_CHARACTERS]
    while kept and font.getlength(kept + "…" if kept != words else kept) > width:
        kept = kept[:-1].rstrip()
    return kept if kept == words else kept + "…"


def _printable(words: str) -> str:
    """Keep only what Pillow's built-in font can show; other scripts would become rows of boxes."""
    return words.encode("latin-1", "ignore").decode("latin-1").strip()


def _draw_watermark(image: Image.Image) -> None:
    size = max(10, min(image.size) // 32)
    font = ImageFont.load_default(size)
    at = image.width - size, image.height - size * 3
    ImageDraw.Draw(image).text(
        at, "AI generated", font=font, fill=(255, 255, 255), anchor="rs", stroke_width=1, stroke_fill=(40, 40, 40)
    )
