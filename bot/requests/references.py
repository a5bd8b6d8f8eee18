"""Reference pictures of a request, and the forms they are held in."""

import base64
from typing import Literal

from bot.errors import VARIANT, Parameter, RefusalCode, RefusedError
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
    alpha: bool | None = None
    """Whether any of its pixels is transparent."""


LONG_TEXT_NAME = "message.txt"
"""The file that a chat program makes of a text that is too long for one message."""
VOICE_NAMES = ("voice-message", "voice_message", "audio_message")
"""How the files of voice messages begin."""


def refuse_file(found: str, *, name: str = "", number: int | None = None) -> RefusedError:
    """The refusal of a file that is no picture, in the words for its kind. `found`: its media type, claimed or seen."""
    found, name = found.partition(";")[0].strip(), name.lower()
    variant = None
    match found.partition("/"):
        case ("text", _, "plain"):
            variant = "long-text" if name == LONG_TEXT_NAME else "text"
        case ("audio", _, _):
            variant = "voice" if name.startswith(VOICE_NAMES) else "audio"
        case ("video", _, _):
            variant = "voice" if name.startswith(VOICE_NAMES) else "video"
        case ("application", _, "pdf"):
            variant = "pdf"
        case _:
            pass
    known: dict[str, Parameter] = {"found": found, "allowed": ", ".join(UPLOAD_FORMATS)}
    if number is not None:
        known["number"] = number
    if variant is not None:
        known[VARIANT] = variant
    return RefusedError(RefusalCode.REF_BAD_FORMAT, nearest=None, **known)


def add_number(error: RefusedError, number: int, *, name: str = "") -> RefusedError:
    """The same refusal, with the number of its reference; `name` is its file's."""
    if error.refusal is RefusalCode.REF_BAD_FORMAT and VARIANT not in error.parameters:
        return refuse_file(str(error.parameters.get("found", "")), name=name, number=number)
    return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "number": number})


def blob_reference(
    blob: BlobId, *, media_type: str, width: int, height: int, size_bytes: int, alpha: bool | None = None
) -> Reference:
    return Reference(
        form="bytes", value=blob, media_type=media_type, width=width, height=height, size_bytes=size_bytes, alpha=alpha
    )


def blob_id(reference: Reference) -> BlobId:
    if reference.form != "bytes":
        raise ValueError(f"a reference of the form {reference.form} is not a blob")
    return BlobId(reference.value)


def data_url(content: bytes, media_type: str) -> str:
    """`data:image/png;base64,…`, the form in which bytes travel inside JSON."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
