"""The boxes and points that a prompt names, on the picture."""

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sandbox.gateways.drawing.composition import Box


def region_mask(boxes: Sequence[Box], size: tuple[int, int]) -> Image.Image:
    """Return a mask of the boxes whose edges are soft inwards: outside of them it is zero."""
    hard = Image.new("L", size, 0)
    draw = ImageDraw.Draw(hard)
    soft = min(min(right - left, bottom - top) for left, top, right, bottom in boxes) * 0.025
    inner = hard.copy()
    inner_draw = ImageDraw.Draw(inner)
    for left, top, right, bottom in boxes:
        draw.rectangle((left, top, right - 1, bottom - 1), fill=255)
        inner_draw.rounded_rectangle((left + soft, top + soft, right - 1 - soft, bottom - 1 - soft), radius=soft * 3, fill=255)
    return ImageChops.multiply(hard, inner.filter(ImageFilter.GaussianBlur(max(0.5, soft * 0.5))))


def draw_mark(image: Image.Image, at: tuple[int, int]) -> None:
    """Draw a pin whose tip is at the point."""
    unit = max(6.0, min(image.size) * 0.03)
    tile = Image.new("RGBA", (round(unit * 4) * 2, round(unit * 4) * 2), (0, 0, 0, 0))
    draw = ImageDraw.Draw(tile)
    middle, tip, radius = tile.width / 2, tile.height * 0.75, unit * 2
    centre = tip - radius * 2
    draw.ellipse((middle - radius * 0.7, tip - unit * 0.3, middle + radius * 0.7, tip + unit * 0.3), fill=(0, 0, 0, 90))
    for grow, colour in ((unit * 0.3, (255, 255, 255, 255)), (0.0, (222, 56, 60, 255))):
        wide = radius * 0.62 + grow
        draw.polygon(
            ((middle - wide, centre + radius * 0.5), (middle + wide, centre + radius * 0.5), (middle, tip + grow)), fill=colour
        )
        reach = radius * 0.8 + grow
        draw.ellipse((middle - reach, centre - reach, middle + reach, centre + reach), fill=colour)
    draw.ellipse((middle - unit * 0.6, centre - unit * 0.6, middle + unit * 0.6, centre + unit * 0.6), fill=(255, 255, 255, 255))
    tile = tile.reduce(2)
    corner = round(at[0] - tile.width / 2), round(at[1] - tile.height * 0.75)
    image.paste(tile, corner, tile)
