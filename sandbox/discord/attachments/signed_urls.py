"""Signed URLs of attachments. They expire after a day; every fetch of a message contains fresh ones."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from sandbox.clock import SandboxClock
from sandbox.discord.world import Attachment

CDN_HOST = "cdn.discordapp.com"
MEDIA_HOST = "media.discordapp.net"
_LIFETIME_S = 86400


class SignedUrls:
    """Creates and checks `?ex=<hex>&is=<hex>&hm=<hex>`: expiry, issue time, and a signature over the path and both."""

    def __init__(self, clock: SandboxClock, secret: bytes) -> None:
        self._clock = clock
        self._secret = secret

    def url(self, attachment: Attachment, *, host: str = CDN_HOST) -> str:
        path = attachment_path(attachment)
        issued = int(self._clock.now())
        expires_hex, issued_hex = f"{issued + _LIFETIME_S:x}", f"{issued:x}"
        return f"https://{host}{path}?ex={expires_hex}&is={issued_hex}&hm={self._sign(path, expires_hex, issued_hex)}&"

    def is_valid(self, path: str, query: Mapping[str, str]) -> bool:
        expires_hex, issued_hex, signature = (query.get(name, "") for name in ("ex", "is", "hm"))
        if not hmac.compare_digest(signature.encode(), self._sign(path, expires_hex, issued_hex).encode()):
            return False
        return self._clock.now() < int(expires_hex, 16)

    def _sign(self, path: str, expires_hex: str, issued_hex: str) -> str:
        return hmac.new(self._secret, f"{path}|{expires_hex}|{issued_hex}".encode(), hashlib.sha256).hexdigest()


def attachment_path(attachment: Attachment) -> str:
    root = "ephemeral-attachments" if attachment.ephemeral else "attachments"
    return f"/{root}/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
