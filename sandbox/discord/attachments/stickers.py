"""The files of stickers: at an address without a signature, one form for each format."""

import io
import json
from functools import cache

from PIL import Image

from sandbox.discord.attachments.signed_urls import CDN_HOST, MEDIA_HOST
from sandbox.discord.enums import StickerFormat
from sandbox.discord.world import Sticker

_SIDE = 320
_COLOURS = ((240, 180, 40), (40, 120, 220))
_SUFFIX = {StickerFormat.PNG: "png", StickerFormat.APNG: "png", StickerFormat.LOTTIE: "json", StickerFormat.GIF: "gif"}


def sticker_path(sticker: Sticker) -> str:
    return f"/stickers/{sticker.id}.{_SUFFIX[sticker.format]}"


def sticker_host(sticker: Sticker) -> str:
    """GIF stickers are only at the other host."""
    return MEDIA_HOST if sticker.format is StickerFormat.GIF else CDN_HOST


@cache
def sticker_file(form: StickerFormat) -> tuple[bytes, str]:
    """Return a sticker's bytes and media type."""
    if form is StickerFormat.LOTTIE:
        lottie = {"v": "5.5.2", "fr": 60, "ip": 0, "op": 60, "w": _SIDE, "h": _SIDE, "layers": []}
        return json.dumps(lottie).encode(), "application/json"
    first, second = (Image.new("RGBA", (_SIDE, _SIDE), (*colour, 255)) for colour in _COLOURS)
    out, kind = io.BytesIO(), "GIF" if form is StickerFormat.GIF else "PNG"
    if form is StickerFormat.PNG:
        first.save(out, kind)
    else:
        first.save(out, kind, save_all=True, append_images=[second], duration=100, loop=0)
    return out.getvalue(), f"image/{kind.lower()}"
