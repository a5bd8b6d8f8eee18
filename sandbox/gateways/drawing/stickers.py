"""Pictures with nothing behind their things, and what they lie on."""

from PIL import Image, ImageDraw, ImageFilter

_FILLED = 0.8
"""How much of the picture the things of a sticker fill."""
_BORDER = 0.02
_SQUARES = 24


def bordered(image: Image.Image) -> Image.Image:
    """Return the things of a picture as a sticker: with a white border and a soft shadow."""
    short = min(image.size)
    border = max(2.0, short * _BORDER)
    alpha = image.getchannel("A")
    wide = alpha.filter(ImageFilter.BoxBlur(border)).filter(ImageFilter.BoxBlur(border * 0.4))
    edge = wide.point(lambda value: 255 if value > 10 else 0).filter(ImageFilter.GaussianBlur(max(0.7, short / 900)))
    shadow = Image.new("L", image.size, 0)
    shadow.paste(edge.filter(ImageFilter.BoxBlur(border * 0.5)), (0, round(border * 0.45)))
    sticker = Image.new("RGBA", image.size, (255, 255, 255, 0))
    sticker.paste((34, 30, 52), (0, 0), shadow.point(lambda value: value * 80 // 255))
    sticker.putalpha(shadow.point(lambda value: value * 80 // 255))
    for layer, mask in ((Image.new("RGBA", image.size, (255, 255, 255, 255)), edge), (image, None)):
        over = layer.copy()
        if mask is not None:
            over.putalpha(mask)
        sticker.alpha_composite(over)
    return sticker


def centred(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the things in the middle of a picture of this size, most of which they fill."""
    picture = Image.new("RGBA", size, (255, 255, 255, 0))
    box = image.getchannel("A").point(lambda value: 255 if value > 24 else 0).getbbox()
    if box is None:
        return picture
    things = image.crop(box)
    scale = _FILLED * min(size[0] / things.width, size[1] / things.height)
    width, height = max(1, round(things.width * scale)), max(1, round(things.height * scale))
    things = things.resize((width, height), Image.Resampling.LANCZOS)
    picture.paste(things, ((size[0] - width) // 2, (size[1] - height) // 2))
    return picture


def on_white(image: Image.Image) -> Image.Image:
    """Return the picture without transparency, lying on white."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def on_chequers(image: Image.Image) -> Image.Image:
    """Return the picture on the painted pattern that only looks like transparency."""
    side = max(4, min(image.size) // _SQUARES)
    board = Image.new("RGBA", image.size, (255, 255, 255, 255))
    draw = ImageDraw.Draw(board)
    for row, top in enumerate(range(0, image.height, side)):
        for left in range((row % 2) * side, image.width, side * 2):
            draw.rectangle((left, top, left + side - 1, top + side - 1), fill=(204, 204, 204, 255))
    return Image.alpha_composite(board, image).convert("RGB")
