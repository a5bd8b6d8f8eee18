"""Reference pictures: the form each is held in, their order, and their numbers."""

from dataclasses import dataclass
from typing import Literal

from bot.ids import BlobId


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
