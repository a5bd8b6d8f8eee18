"""Pictures as text, as gateways send them: an address, base64, or a data URL. They are paid for, so any spelling is read."""

import binascii
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

LONGEST_HEAD = 200
"""Characters of a data URL before its comma."""
_ADDRESS = re.compile("(?:https?:)?//[^/]", re.IGNORECASE)
_DATA = re.compile("data:", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*[=\s]*", re.ASCII)
_STANDARD = str.maketrans("-_", "+/")
_REPAIRS: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: f"{text}==",
    lambda text: text.rstrip("= \t\r\n")[:-1] + "==",
)
"""As it is, padded, and without a last letter that is no byte: what comes before it may still be a picture."""
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def address_in(text: str) -> str | None:
    """The address that a text is; None for any other text."""
    # No picture begins like one, and an address of megabytes is none.
    stripped = text[:LONGEST_HEAD].lstrip()
    if not _ADDRESS.match(stripped):
        return None
    address = text.strip()
    return f"https:{address}" if address.startswith("//") else address


def picture_in(text: str, *, declared: bool = False) -> bytes | None:
    """The bytes of a picture that a text is: a data URL or base64, in either alphabet, wrapped, and padded or not.

    `declared`: the gateway says that the text is a picture; any other base64 has to begin like one.
    """
    head, comma, _ = text[:LONGEST_HEAD].lstrip().partition(",")
    if not _DATA.match(head):
        content = _decode_base64(text)
        return content if content and (declared or is_image(content)) else None
    if not comma:
        return None
    rest = text[text.index(",") + 1 :]
    return _decode_base64(rest) if "base64" in head.lower() else unquote_to_bytes(rest) or None


def is_image(content: bytes) -> bool:
    """Whether bytes begin like a picture, whatever they are declared as. JSON and pages do not."""
    return content.startswith(_SIGNATURES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP") or content[4:8] == b"ftyp"


def _decode_base64(text: str) -> bytes | None:
    """Copies the text only where it needs repair: it may have megabytes."""
    if "%" in text:
        text = unquote_to_bytes(text).decode("utf-8", "replace")
    if "-" in text or "_" in text:
        text = text.translate(_STANDARD)
    if not _BASE64.fullmatch(text):
        return None
    for repair in _REPAIRS:
        try:
            # White space is passed over.
            return binascii.a2b_base64(repair(text)) or None
        except binascii.Error:
            continue
    return None
