"""Pictures as text, as gateways send them: an address, base64, or a data URL. They are paid for, so any spelling is read."""

import binascii
import re
from urllib.parse import unquote_to_bytes

STEP_CHARACTERS = 256 * 1024
LONGEST_HEAD = 200
"""Characters of a data URL before its comma."""
_ADDRESS = re.compile("(?:https?:)?//[^/]", re.IGNORECASE)
_DATA = re.compile("data:", re.IGNORECASE)
_STANDARD = bytes.maketrans(b"-_", b"+/")
_WHITE_SPACE = b" \t\r\n\v\f"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
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
    """In steps: the text may have megabytes, and no other thread runs during one."""
    if "%" in text:
        text = unquote_to_bytes(text).decode("utf-8", "replace")
    content, rest, padded = bytearray(), b"", False
    for start in range(0, len(text), STEP_CHARACTERS):
        letters = text[start : start + STEP_CHARACTERS].encode("utf-8", "replace").translate(_STANDARD, _WHITE_SPACE)
        unpadded = letters.rstrip(b"=")
        if unpadded.translate(None, _LETTERS) or (padded and unpadded):
            return None
        padded = padded or unpadded != letters
        rest += unpadded
        whole = len(rest) // 4 * 4
        content += binascii.a2b_base64(rest[:whole])
        rest = rest[whole:]
    # A last letter alone is no byte: what comes before it may still be a picture.
    if len(rest) > 1:
        content += binascii.a2b_base64(rest + b"=" * (4 - len(rest)))
    return bytes(content) or None
