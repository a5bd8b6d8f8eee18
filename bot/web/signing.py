"""Addresses of reference pictures on our own web server: unguessable, and good for an hour."""

import base64
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.ids import BlobId

ROUTE = "/references/{name}"
VALID_S = 3600
"""Seconds from the signing: a gateway fetches at once, but its own queue may be long."""
KEY_NAME = "signing.key"
KEY_BYTES = 32
_NAME = re.compile(r"(?P<blob>[0-9a-f]{64})\.(?P<expires>\d{1,12})\.(?P<mark>[A-Za-z0-9_-]{43})\.(?P<kind>[a-z]{3,4})")
KINDS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}
MEDIA_TYPES = {suffix: media_type for media_type, suffix in KINDS.items()}


class Signer:
    """Signs addresses below one public address. `key` stays on this machine: whoever has it can read every blob."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._public_url = public_url.rstrip("/")
        self._key = key

    def sign(self, blob: BlobId, media_type: str, *, now: float) -> str:
        """The address of one picture, for as long as `VALID_S`."""
        kind = KINDS.get(media_type, "png")
        expires = int(now) + VALID_S
        name = f"{blob}.{expires}.{self._mark(blob, expires, kind)}.{kind}"
        return self._public_url + ROUTE.format(name=name)

    def verify(self, path: str, *, now: float) -> tuple[BlobId, str] | None:
        """The blob behind a path and its media type; None for one that is not ours, or not any more."""
        found = _NAME.fullmatch(path.rpartition("/")[2])
        if found is None:
            return None
        blob, expires, kind = found["blob"], int(found["expires"]), found["kind"]
        if not hmac.compare_digest(found["mark"], self._mark(blob, expires, kind)) or now >= expires:
            return None
        return BlobId(blob), MEDIA_TYPES[kind]

    def _mark(self, blob: str, expires: int, kind: str) -> str:
        digest = hmac.digest(self._key, f"reference\n{blob}\n{expires}\n{kind}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def signing_key(data_dir: Path) -> bytes:
    """The key of this data folder, made the first time: an address outlives a restart."""
    path = data_dir / KEY_NAME
    if not path.exists():
        # Written aside and linked into its place: a second process finds a whole key or none.
        descriptor, name = tempfile.mkstemp(prefix=".", dir=data_dir)
        made = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            with suppress(FileExistsError):
                path.hardlink_to(made)
        finally:
            made.unlink()
    return path.read_bytes()
