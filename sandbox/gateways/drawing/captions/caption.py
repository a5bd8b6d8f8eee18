"""The labels of a picture: the prompt, its number in a set, the watermark."""

from functools import lru_cache
from importlib import resources

from PIL import Image, ImageDraw, ImageFont

_MOST_CHARACTERS = 90
_FONT = "captions.otf"
_SAMPLE_SIZE = 24


def draw_caption(image: Image.Image, words: str, mark: str = "") -> None:
    """Draw the words on a dark label at the lower left, and the mark on one at the lower right."""
    size = max(9, round(min(image.size) / 36))
    font = _font(size)
    margin = round(size * 0.8)
    right = image.width - margin
    if mark:
        wide = round(font.getlength(mark) + size * 1.4)
        _label(image, (right - wide, right), mark, size, (255, 222, 146))
        right -= wide + margin
    shown = shortened(printable(words), font, right - margin - size * 1.4)
    if shown:
        _label(image, (margin, margin + round(font.getlength(shown) + size * 1.4)), shown, size, (250, 248, 242))


def _label(image: Image.Image, across: tuple[int, int], words: str, size: int, colour: tuple[int, int, int]) -> None:
    left, right = across
    tall = round(size * 1.9)
    top = image.height - tall - round(size * 0.8)
    if right - left < 4 or top < 0:
        return
    # Drawn at twice its size for smooth corners.
    mask = Image.new("L", ((right - left) * 2, tall * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius=tall * 0.7, fill=168)
    mask = mask.reduce(2)
    image.paste((18, 18, 28), (left, top), mask)
    ImageDraw.Draw(image).text(((left + right) / 2, top + tall / 2), words, font=_font(size), fill=colour, anchor="mm")


def draw_watermark(image: Image.Image) -> None:
    size = max(9, min(image.size) // 38)
    at = image.width - size, image.height - size * 4
    ImageDraw.Draw(image).text(
        at, "AI generated", font=_font(size), fill=(255, 255, 255), anchor="rs", stroke_width=1, stroke_fill=(40, 40, 40)
    )


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    with resources.as_file(resources.files(__package__) / _FONT) as path:
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    font = _font(_SAMPLE_SIZE)
    return character == " " or bytes(font.getmask(character)) != bytes(font.getmask("\uffff"))


def printable(words: str) -> str:
    """Return the words without what the font cannot show, or nothing if that is most of them."""
    text = " ".join(words[:400].split())
    kept = "".join(character for character in text if _has_glyph(character))
    return " ".join(kept.split()) if len(kept) * 2 > len(text) else ""


def shortened(words: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """Return as many of the words as fit into the width."""
    kept = words[:_MOST_CHARACTERS]
    while kept and font.getlength(kept + "…" if kept != words else kept) > width:
        kept = kept[:-1].rstrip()
    return kept if kept == words or not kept else kept + "…"


def draw_words(image: Image.Image, at: tuple[int, int], words: str, size: int) -> None:
    """Draw one dark line of text around a point."""
    ImageDraw.Draw(image).text(at, words, font=_font(size), fill=(52, 56, 68), anchor="mm")
