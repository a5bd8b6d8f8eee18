"""Reference pictures: the form each is held in, their order, and their numbers."""

import base64
from dataclasses import dataclass
from typing import Literal

from bot.ids import BlobId

UPLOAD_BYTES = 20 * 1024 * 1024
"""The largest file that a member may bring as a reference."""
UPLOAD_FORMATS = ("PNG", "JPEG", "WebP", "GIF", "HEIC", "AVIF")
"""What a reference may be when it comes in; `bot/images` reads exactly these."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """One reference picture of a request. What is unknown (an address nobody fetched) is None and is not judged.

    `form`: `bytes` is a blob of ours, `data` a data URL, `url` an https address; `value` is that blob id, data URL or
    address. `size_bytes` counts the decoded picture, never its base64.
    """

    form: Literal["bytes", "data", "url"]
    value: str
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None


def of_blob(blob: BlobId, *, media_type: str, width: int, height: int, size_bytes: int) -> Reference:
    return Reference(form="bytes", value=blob, media_type=media_type, width=width, height=height, size_bytes=size_bytes)


def blob_of(reference: Reference) -> BlobId:
    if reference.form != "bytes":
        raise ValueError(f"a reference held as {reference.form} is no blob")
    return BlobId(reference.value)


def data_url(content: bytes, media_type: str) -> str:
    """`data:image/png;base64,…`, the form in which bytes travel inside JSON."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
