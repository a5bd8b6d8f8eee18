"""sinancode's upload service: a file gets a URL that is valid for a day.

`POST /api/upload/file` (multipart, field `file`) and `POST /api/upload/base64` (`{"data": DATA_URL}`), at most 50 MB.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import BodyPartReader, web

from sandbox.gateways.fields import read_object, read_string
from sandbox.gateways.gateway import FakeGateway, IncomingCall
from sandbox.gateways.references import decode_data_url
from sandbox.gateways.responses import GatewayError

UPLOAD_LIFETIME_S = 86_400
MOST_UPLOAD_BYTES = 50 * 1024 * 1024
_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,")
_PASSING_FAULTS = frozenset({"", "slow", "expired"})


@dataclass(frozen=True, kw_only=True)
class _Upload:
    sha256: str
    content_type: str
    expires_at: float


class UploadService:
    """Accepts files with the gateway's key and serves them to anyone who has their URL."""

    def __init__(self, gateway: FakeGateway) -> None:
        self.origin = ""
        self._gateway = gateway
        self._uploads: dict[str, _Upload] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/upload/file", self._gateway.endpoint(self._upload_file, reads_body=False)),
            web.post("/api/upload/base64", self._gateway.endpoint(self._upload_base64)),
            web.get("/uploads/{name}", self._serve),
        ]

    async def _upload_file(self, call: IncomingCall) -> web.StreamResponse:
        if call.request.content_type != "multipart/form-data":
            raise GatewayError(415, "unsupported_media_type", "The file must come as multipart/form-data.")
        try:
            reader = await call.request.multipart()
            part = await reader.next()
            while isinstance(part, BodyPartReader) and part.name != "file":
                part = await reader.next()
        except ValueError:
            raise GatewayError(400, "invalid_request", "The body is not multipart/form-data.") from None
        if not isinstance(part, BodyPartReader):
            raise GatewayError(400, "MissingParameter.file", "The form has no field `file`.", param="file")
        content = await _read(part)
        return await self._store(call.request, content, part.headers.get("Content-Type", "application/octet-stream"))

    async def _upload_base64(self, call: IncomingCall) -> web.StreamResponse:
        body = read_object(call.body, known=frozenset({"data"}), required=("data",))
        data = read_string(body, "data")
        found = _DATA_URL.match(data)
        content = decode_data_url(data)
        if found is None or content is None:
            raise GatewayError(400, "InvalidParameter", "The field `data` is no data URL.", param="data")
        return await self._store(call.request, content, found.group(1))

    async def _store(self, request: web.Request, content: bytes, content_type: str) -> web.Response:
        fault = self._gateway.take_fault("upload")
        failed = await self._gateway.fault_response(request, fault, passing=_PASSING_FAULTS)
        if failed is not None:
            return failed
        await self._gateway.pause(fault)
        if not content:
            raise GatewayError(400, "InvalidParameter", "The file is empty.", param="file")
        if len(content) > MOST_UPLOAD_BYTES:
            raise GatewayError(413, "file_too_large", "The file is larger than 50 MB.")
        runtime = self._gateway.runtime
        expires_at = runtime.clock.now() + (0 if fault == "expired" else UPLOAD_LIFETIME_S)
        name = f"{secrets.token_hex(12)}.{content_type.rpartition('/')[2]}"
        self._uploads[name] = _Upload(sha256=runtime.files.put(content), content_type=content_type, expires_at=expires_at)
        url = f"{self.origin}/uploads/{name}"
        return web.json_response(
            {
                "url": url,
                "cn_url": url,
                "key": f"uploads/{name}",
                "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
                "size": len(content),
                "content_type": content_type,
                "expires_at": datetime.fromtimestamp(expires_at, UTC).isoformat(timespec="seconds"),
            }
        )

    async def _serve(self, request: web.Request) -> web.Response:
        upload = self._uploads.get(request.match_info["name"])
        if upload is None or self._gateway.runtime.clock.now() >= upload.expires_at:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml")
        return web.Response(body=self._gateway.runtime.files.get(upload.sha256), content_type=upload.content_type)


async def _read(part: BodyPartReader) -> bytes:
    """Read one part, stopping at the first chunk beyond the limit."""
    content = bytearray()
    while len(content) <= MOST_UPLOAD_BYTES and (chunk := await part.read_chunk(65_536)):
        content += chunk
    return bytes(content)
