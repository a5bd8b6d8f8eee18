"""Paints a finished scene again in a style: brush strokes, washes, lines, blocks."""

import math
import random
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from sandbox.gateways.drawing.colours import dark, light

PIXELS_ACROSS = 96
_PIXEL_COLOURS = 28
Filter = Callable[[Image.Image, random.Random], Image.Image]


def apply_style(image: Image.Image, style: str, rng: random.Random) -> Image.Image:
    """Return the picture in the style; its alpha channel stays."""
    paint = _STYLES.get(style)
    if paint is None:
        return image
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    flat = image if alpha is None else Image.alpha_composite(Image.new("RGBA", image.size, (250, 248, 242, 255)), image)
    painted = paint(flat.convert("RGB"), rng)
    if alpha is not None:
        painted.putalpha(alpha)
    return painted


@lru_cache(maxsize=1)
def _rough() -> Image.Image:
    side = 256
    return Image.frombytes("L", (side, side), random.Random(1).randbytes(side * side))


def _paper(size: tuple[int, int], strength: float) -> Image.Image:
    """Return the grain of paper around middle grey."""
    tile = _rough().filter(ImageFilter.GaussianBlur(0.8)).point(lambda value: round(128 + (value - 128) * strength))
    grain = Image.new("L", size)
    for left in range(0, size[0], tile.width):
        for top in range(0, size[1], tile.height):
            grain.paste(tile, (left, top))
    return grain


def _with_paper(image: Image.Image, strength: float) -> Image.Image:
    grain = _paper(image.size, strength)
    return ImageChops.add(image, Image.merge("RGB", (grain, grain, grain)), 1.0, -128)


def _wobbled(image: Image.Image, rng: random.Random, share: float) -> Image.Image:
    """Move the corners of a mesh a little, so that no edge is quite straight."""
    columns = rows = 14
    width, height = image.size
    reach = min(image.size) * share
    grid = [[(column * width / columns, row * height / rows) for column in range(columns + 1)] for row in range(rows + 1)]
    moved = [[(x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach)) for x, y in line] for line in grid]
    mesh = []
    for row in range(rows):
        for column in range(columns):
            box = tuple(round(v) for v in (*grid[row][column], *grid[row + 1][column + 1]))
            corners = moved[row][column], moved[row + 1][column], moved[row + 1][column + 1], moved[row][column + 1]
            mesh.append((box, tuple(value for corner in corners for value in corner)))
    return image.transform(image.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _simplified(image: Image.Image, side: int, size: int = 3) -> Image.Image:
    """Merge small detail into flat patches, at a smaller size."""
    shrink = min(1.0, side / max(image.size))
    small = image.resize((max(1, round(image.width * shrink)), max(1, round(image.height * shrink))), Image.Resampling.BOX)
    return small.filter(ImageFilter.MedianFilter(size)).resize(image.size, Image.Resampling.BICUBIC)


def _edges(image: Image.Image, width: float) -> Image.Image:
    """Return the outlines, white on black."""
    grey = image.convert("L").filter(ImageFilter.BoxBlur(width * 0.7))
    step = max(1, round(width))
    across = ImageChops.difference(grey, ImageChops.offset(grey, step, 0))
    down = ImageChops.difference(grey, ImageChops.offset(grey, 0, step))
    found = ImageChops.lighter(across, down)
    # The offset wraps around: the first rows and columns compare opposite edges.
    found.paste(0, (0, 0, image.width, step))
    found.paste(0, (0, 0, step, image.height))
    return found


def _watercolour(image: Image.Image, rng: random.Random) -> Image.Image:
    short = min(image.size)
    wash = _wobbled(_simplified(image, 460), rng, 0.005)
    wash = ImageEnhance.Color(wash).enhance(1.3)
    edge = _edges(wash, max(1.0, short / 420)).point(lambda value: 255 - min(120, value * 3))
    wash = ImageChops.multiply(wash, Image.merge("RGB", (edge, edge, edge)))
    blooms = _rough().crop((0, 0, 9, 9)).resize(image.size, Image.Resampling.BICUBIC).point(lambda value: 8 + value * 72 // 255)
    wash.paste((255, 253, 246), (0, 0), blooms)
    mask = Image.new("L", image.size, 0)
    margin = short * 0.05
    steps = 40
    outline = []
    for start, end in (((0, 0), (1, 0)), ((1, 0), (1, 1)), ((1, 1), (0, 1)), ((0, 1), (0, 0))):
        for step in range(steps):
            x, y = (start[axis] + (end[axis] - start[axis]) * step / steps for axis in (0, 1))
            inset = margin * rng.uniform(0.35, 1.1)
            outline.append((inset + x * (image.width - 2 * inset), inset + y * (image.height - 2 * inset)))
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    sheet = Image.new("RGB", image.size, (252, 249, 240))
    sheet.paste(wash, (0, 0), mask.filter(ImageFilter.GaussianBlur(short / 160)))
    return _with_paper(sheet, 0.1)


def _oil(image: Image.Image, rng: random.Random) -> Image.Image:
    short = min(image.size)
    base = _simplified(image, 420)
    painted = base.copy()
    draw = ImageDraw.Draw(painted)
    width, height = image.size
    pixels = base.load()
    assert pixels is not None
    for size, count in ((0.02, 1500), (0.011, 2600), (0.006, 3000)):
        long, thick = short * size * 2.4, max(1, round(short * size * 0.62))
        for _ in range(count):
            x, y = rng.randrange(width), rng.randrange(height)
            found = pixels[x, y]
            assert isinstance(found, tuple)
            colour = found[0], found[1], found[2]
            angle = math.sin(x / width * 3) + math.cos(y / height * 4) + rng.uniform(-0.4, 0.4)
            dx, dy = math.cos(angle) * long / 2, math.sin(angle) * long / 2
            shade = light(colour, rng.uniform(0, 0.2)) if rng.random() < 0.6 else dark(colour, rng.uniform(0, 0.16))
            draw.line((x - dx, y - dy, x + dx, y + dy), fill=shade, width=thick)
    painted = Image.blend(painted, base, 0.15)
    relief = painted.convert("L").filter(ImageFilter.EMBOSS).point(lambda value: 128 + (value - 128) // 2)
    return ImageChops.add(ImageEnhance.Color(painted).enhance(1.2), Image.merge("RGB", (relief, relief, relief)), 1.0, -128)


def _pixel(image: Image.Image, _: random.Random) -> Image.Image:
    shrink = PIXELS_ACROSS / max(image.size)
    small = image.resize((max(1, round(image.width * shrink)), max(1, round(image.height * shrink))), Image.Resampling.BOX)
    small = ImageEnhance.Contrast(ImageEnhance.Color(small).enhance(1.25)).enhance(1.1)
    few = small.quantize(_PIXEL_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(image.size, Image.Resampling.NEAREST)


def _line(image: Image.Image, rng: random.Random) -> Image.Image:
    short = min(image.size)
    grey = ImageOps.autocontrast(_wobbled(image, rng, 0.003).convert("L"))
    soft = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(max(1.0, short / 130)))
    pencil = ImageChops.add(grey, soft).point(lambda value: round((value / 255) ** 1.6 * 255))
    outline = _edges(grey, max(0.8, short / 900)).point(lambda value: 255 - min(235, value * 7))
    drawing = ImageChops.multiply(pencil, outline)
    shade = ImageChops.lighter(grey.point(lambda value: 210 if value < 90 else 255), _hatching(image.size, short / 110, 0.7))
    return _with_paper(ImageOps.colorize(ImageChops.multiply(drawing, shade), (44, 44, 54), (252, 250, 244)), 0.1)


def _hatching(size: tuple[int, int], step: float, slope: float) -> Image.Image:
    hatch = Image.new("L", size, 255)
    draw = ImageDraw.Draw(hatch)
    width, height = size
    at = -height * slope
    while at < width:
        draw.line((at, height, at + height * slope, 0), fill=90, width=max(1, round(step / 4)))
        at += max(2.0, step)
    return hatch


def _comic(image: Image.Image, _: random.Random) -> Image.Image:
    short = min(image.size)
    flat = ImageOps.posterize(ImageEnhance.Color(_simplified(image, 480)).enhance(1.45), 3)
    flat = ImageEnhance.Brightness(flat).enhance(1.14)
    step = max(4, short // 110)
    dots = Image.new("L", image.size, 255)
    draw = ImageDraw.Draw(dots)
    for row, top in enumerate(range(0, image.height, step)):
        for left in range((row % 2) * step // 2, image.width, step):
            draw.ellipse((left, top, left + step * 0.5, top + step * 0.5), fill=204)
    shadows = ImageChops.lighter(dots, image.convert("L").point(lambda value: 255 if value > 150 else 0))
    flat = ImageChops.multiply(flat, Image.merge("RGB", (shadows, shadows, shadows)))
    ink = _edges(image, max(1.0, short / 500)).point(lambda value: 0 if value > 44 else 255).filter(ImageFilter.BoxBlur(0.8))
    return ImageChops.multiply(flat, Image.merge("RGB", (ink, ink, ink)))


def _mono(image: Image.Image, _: random.Random) -> Image.Image:
    grey = ImageEnhance.Contrast(ImageOps.autocontrast(image.convert("L"), cutoff=1)).enhance(1.15)
    return Image.merge("RGB", (grey, grey, grey))


def _neon(image: Image.Image, _: random.Random) -> Image.Image:
    short = min(image.size)
    outline = _edges(image, max(1.0, short / 600)).point(lambda value: min(255, value * 4))
    hues = (
        _rough().crop((20, 20, 26, 26)).resize(image.size, Image.Resampling.BICUBIC).point(lambda value: 120 + value * 120 // 255)
    )
    full = Image.new("L", image.size, 255)
    colours = Image.merge("HSV", (hues, full.point(lambda _: 215), full)).convert("RGB")
    tubes = ImageChops.multiply(colours, Image.merge("RGB", (outline, outline, outline)))
    glow = tubes.filter(ImageFilter.BoxBlur(max(1, short // 60))).point(lambda value: min(255, value * 2))
    ground = ImageChops.multiply(ImageEnhance.Color(image).enhance(1.4), Image.new("RGB", image.size, (70, 44, 104)))
    return ImageChops.screen(ImageChops.screen(ground, glow), tubes)


def _woodcut(image: Image.Image, rng: random.Random) -> Image.Image:
    short = min(image.size)
    simple = _simplified(image, 480)
    # Half luminance, half value: a strong red counts as a middle tone, not as black.
    grey = Image.blend(simple.convert("L"), simple.convert("HSV").getchannel("V"), 0.5)
    grey = Image.blend(ImageOps.autocontrast(grey, cutoff=2), ImageOps.equalize(grey), 0.4).point(
        lambda value: 34 + value * 22 // 25
    )
    step = short / 74
    lines = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(lines)
    for number in range(math.ceil(image.height / step) + 6):
        y, phase = number * step, rng.uniform(-0.3, 0.3)
        points = [(x, y + math.sin(x / short * 6 + phase) * step * 0.9) for x in range(0, image.width + 16, 16)]
        draw.line(points, fill=255, width=max(1, round(step * 0.52)))
    lines = lines.filter(ImageFilter.GaussianBlur(step * 0.24))
    cut = ImageChops.add(grey, lines.point(lambda value: value * 190 // 255), 1.0, -95)
    cut = cut.point(lambda value: 0 if value < 112 else 255).filter(ImageFilter.BoxBlur(0.7))
    ink = _edges(grey, max(1.0, short / 500)).point(lambda value: 0 if value > 40 else 255)
    return _with_paper(ImageOps.colorize(ImageChops.multiply(cut, ink), (38, 30, 36), (240, 228, 200)), 0.12)


def _vintage(image: Image.Image, _: random.Random) -> Image.Image:
    short = min(image.size)
    faded = Image.blend(ImageOps.colorize(image.convert("L"), (58, 40, 34), (250, 232, 196), mid=(174, 130, 92)), image, 0.4)
    corners = ImageOps.invert(Image.radial_gradient("L").resize(image.size)).point(lambda value: min(255, 120 + value))
    faded = ImageChops.multiply(faded, Image.merge("RGB", (corners, corners, corners)))
    border = round(short * 0.04)
    card = Image.new("RGB", image.size, (246, 238, 218))
    inner = faded.resize((max(1, image.width - 2 * border), max(1, image.height - 2 * border)), Image.Resampling.BICUBIC)
    card.paste(inner, (border, border))
    return _with_paper(card, 0.14)


_STYLES: dict[str, Filter] = {
    "watercolour": _watercolour,
    "oil": _oil,
    "pixel": _pixel,
    "line": _line,
    "comic": _comic,
    "mono": _mono,
    "neon": _neon,
    "woodcut": _woodcut,
    "vintage": _vintage,
}
