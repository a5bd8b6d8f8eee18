"""Reference pictures of a request, and the forms they are held in."""

import base64
from typing import Literal

from bot.ids import BlobId
from bot.values import dataclass

UPLOAD_BYTES = 20 * 1024 * 1024
"""The largest file that a member may use as a reference."""
UPLOAD_FORMATS = ("PNG", "JPEG", "WebP", "GIF", "HEIC", "AVIF", "BMP", "TIFF")
"""The formats that a member's reference may have; `bot/images` reads exactly these."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One reference picture of a request. A fact that is unknown, as for an address not yet fetched, is None and not checked.

    `form`: `bytes` is a stored blob, `data` a data URL, `url` an https address; `value` is the blob's id, the data URL or
    the address. `size_bytes` is the size of the file, not of its base64 encoding.
    """

    form: Literal["bytes", "data", "url"]
    value: str
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None


def blob_reference(blob: BlobId, *, media_type: str, width: int, height: int, size_bytes: int) -> Reference:
    return Reference(form="bytes", value=blob, media_type=media_type, width=width, height=height, size_bytes=size_bytes)


def blob_id(reference: Reference) -> BlobId:
    if reference.form != "bytes":
        raise ValueError(f"a reference of the form {reference.form} is not a blob")
    return BlobId(reference.value)


def data_url(content: bytes, media_type: str) -> str:
    """`data:image/png;base64,…`, the form in which bytes travel inside JSON."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
