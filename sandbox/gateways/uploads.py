"""sinancode's upload service: a file becomes an address that lives for a day.

`POST /api/upload/file` (multipart, field `file`) and `POST /api/upload/base64` (`{"data": DATA_URL}`), at most 50 MB.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import BodyPartReader, web

from sandbox.gateways.answers import GatewayRefusal
from sandbox.gateways.fields import an_object, text
from sandbox.gateways.gateway import Arrival, Gateway
from sandbox.gateways.references import content_of

UPLOAD_LIFETIME_S = 86_400
MOST_UPLOAD_BYTES = 50 * 1024 * 1024
_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,")
_PASSING = frozenset({"", "slow", "expired"})


@dataclass(frozen=True, kw_only=True)
class _Upload:
    sha256: str
    content_type: str
    expires_at: float


class UploadService:
    """Takes files for one gateway, with its key, and serves them to whoever has the address."""

    def __init__(self, gateway: Gateway) -> None:
        self.origin = ""
        self._gateway = gateway
        self._held: dict[str, _Upload] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/upload/file", self._file),
            web.post("/api/upload/base64", self._base64),
            web.get("/uploads/{name}", self._serve),
        ]

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return await self._gateway.attend(request, self._file_taken, reads=False)

    async def _base64(self, request: web.Request) -> web.StreamResponse:
        return await self._gateway.attend(request, self._base64_taken)

    async def _file_taken(self, arrival: Arrival) -> web.StreamResponse:
        if arrival.request.content_type != "multipart/form-data":
            raise GatewayRefusal(415, "unsupported_media_type", "The file must come as multipart/form-data.")
        try:
            reader = await arrival.request.multipart()
            part = await reader.next()
            while isinstance(part, BodyPartReader) and part.name != "file":
                part = await reader.next()
        except ValueError:
            raise GatewayRefusal(400, "invalid_request", "The body is not multipart/form-data.") from None
        if not isinstance(part, BodyPartReader):
            raise GatewayRefusal(400, "MissingParameter.file", "The form has no field `file`.", param="file")
        content = await _read(part)
        return await self._kept(arrival.request, content, part.headers.get("Content-Type", "application/octet-stream"))

    async def _base64_taken(self, arrival: Arrival) -> web.StreamResponse:
        body = an_object(arrival.body, known=frozenset({"data"}), required=("data",))
        data = text(body, "data")
        found = _DATA_URL.match(data)
        content = content_of(data)
        if found is None or content is None:
            raise GatewayRefusal(400, "InvalidParameter", "The field `data` is no data URL.", param="data")
        return await self._kept(arrival.request, content, found.group(1))

    async def _kept(self, request: web.Request, content: bytes, content_type: str) -> web.Response:
        fault = self._gateway.fault_at("upload")
        spoiled = await self._gateway.spoiled(request, fault, passing=_PASSING)
        if spoiled is not None:
            return spoiled
        await self._gateway.pause(fault)
        if not content:
            raise GatewayRefusal(400, "InvalidParameter", "The file is empty.", param="file")
        if len(content) > MOST_UPLOAD_BYTES:
            raise GatewayRefusal(413, "file_too_large", "The file is larger than 50 MB.")
        stage = self._gateway.stage
        expires_at = stage.clock.now() + (0 if fault == "expired" else UPLOAD_LIFETIME_S)
        name = f"{secrets.token_hex(12)}.{content_type.rpartition('/')[2]}"
        self._held[name] = _Upload(sha256=stage.files.put(content), content_type=content_type, expires_at=expires_at)
        address = f"{self.origin}/uploads/{name}"
        return web.json_response(
            {
                "url": address,
                "cn_url": address,
                "key": f"uploads/{name}",
                "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
                "size": len(content),
                "content_type": content_type,
                "expires_at": datetime.fromtimestamp(expires_at, UTC).isoformat(timespec="seconds"),
            }
        )

    async def _serve(self, request: web.Request) -> web.Response:
        held = self._held.get(request.match_info["name"])
        if held is None or self._gateway.stage.clock.now() >= held.expires_at:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml")
        return web.Response(body=self._gateway.stage.files.get(held.sha256), content_type=held.content_type)


async def _read(part: BodyPartReader) -> bytes:
    """One part, up to a byte over what is allowed."""
    content = bytearray()
    while len(content) <= MOST_UPLOAD_BYTES and (piece := await part.read_chunk(65_536)):
        content += piece
    return bytes(content)
