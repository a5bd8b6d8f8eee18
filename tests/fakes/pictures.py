"""Factories of pictures."""

import io

from PIL import Image

from bot.jobs.picture import PictureRow
from bot.store.blobs import Blobs
from tests.images.sample_files import encoded, scene


async def stored_picture(blobs: Blobs) -> PictureRow:
    content = encoded(scene(8, 8), "PNG")
    return PictureRow(
        index=0,
        state="stored",
        blob=await blobs.put(content),
        media_type="image/png",
        width=8,
        height=8,
        size_bytes=len(content),
    )


def picture(colour: str = "red", *, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format="PNG")
    return out.getvalue()
