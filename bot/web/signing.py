"""Signed addresses of reference images on the bot's web server, valid for an hour."""

import base64
import hashlib
import hmac
import logging
import re
import secrets
from contextlib import suppress
from pathlib import Path

from bot.errors import StoreCode, StoreError
from bot.files import sync_folder, write_unfinished
from bot.ids import BlobId

logger = logging.getLogger(__name__)

ROUTE = "/references/{name}"
VALID_S = 3600
"""A gateway downloads a reference when it starts a call, which may have waited in its queue for long."""
KEY_NAME = "signing.key"
KEY_BYTES = 32
_NAME = re.compile(r"(?P<blob>[0-9a-f]{64})\.(?P<expires>\d{1,12})\.(?P<signature>[A-Za-z0-9_-]{43})\.(?P<suffix>[a-z]{3,4})")
SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}
MEDIA_TYPES = {suffix: media_type for media_type, suffix in SUFFIXES.items()}


class Signer:
    """Signs addresses below one public URL. `key` must stay on this machine: it gives access to every blob."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._public_url = public_url.rstrip("/")
        self._key = key

    def sign(self, blob: BlobId, media_type: str, *, now: float) -> str:
        """The address of one image, valid for `VALID_S` seconds."""
        suffix = SUFFIXES.get(media_type, "png")
        expires = int(now) + VALID_S
        name = f"{blob}.{expires}.{self._signature(blob, expires, suffix)}.{suffix}"
        return self._public_url + ROUTE.format(name=name)

    def verify(self, path: str, *, now: float) -> tuple[BlobId, str] | None:
        """The blob of a path and its media type; None if the signature is wrong or has expired."""
        match = _NAME.fullmatch(path.rpartition("/")[2])
        if match is None:
            return None
        blob, expires, suffix = match["blob"], int(match["expires"]), match["suffix"]
        if not hmac.compare_digest(match["signature"], self._signature(blob, expires, suffix)) or now >= expires:
            return None
        return BlobId(blob), MEDIA_TYPES[suffix]

    def _signature(self, blob: str, expires: int, suffix: str) -> str:
        digest = hmac.digest(self._key, f"reference\n{blob}\n{expires}\n{suffix}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def signing_key(data_dir: Path) -> bytes:
    """The key of this data folder, created on first use, so that addresses remain valid after a restart. Raises StoreError.

    A file that is not a whole key, as a power cut may leave it, is replaced: an empty key would let anybody sign.
    """
    path = data_dir / KEY_NAME
    try:
        if (key := _read_key(path)) is None:
            _write_key(path)
            key = _read_key(path)
    except OSError as error:
        raise StoreError(StoreCode.UNAVAILABLE, detail=f"{path}: {error.strerror}") from error
    if key is None:
        raise StoreError(StoreCode.BROKEN, detail=f"{path}: it cannot be replaced by a whole key")
    return key


def _read_key(path: Path) -> bytes | None:
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) == KEY_BYTES:
        return key
    logger.warning("signing key damaged", extra={"bytes": len(key)})
    path.unlink(missing_ok=True)
    return None


def _write_key(path: Path) -> None:
    # Write the key to another file and link it: a second process finds a complete key or none.
    written = write_unfinished(path.parent, secrets.token_bytes(KEY_BYTES))
    try:
        with suppress(FileExistsError):
            path.hardlink_to(written)
        sync_folder(path.parent)
    finally:
        written.unlink()
