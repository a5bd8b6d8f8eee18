"""Serves file bytes: upload URLs, private URLs and thumbnails."""

import asyncio
import io

from aiohttp import web
from PIL import Image

from sandbox.local_server import fault_seconds, html_page, reset
from sandbox.runtime import Runtime
from sandbox.slack.api.tokens import AppTokens
from sandbox.slack.files.workspace_files import WorkspaceFiles
from sandbox.slack.world import SlackFile, World

_UPLOAD_FAULTS = ("STATUS", "html", "reset-before", "reset-after", "slow:SECONDS")
_DOWNLOAD_FAULTS = ("login-page", "404", "500", "truncated", "slow:SECONDS", "reset-before")
_LOGIN = (
    "<!DOCTYPE html><html><head><title>Sign in to Slack</title></head>"
    "<body><h1>Sign in to your workspace</h1><form action='/signin'></form></body></html>"
)


class FileServer:
    """Serves uploads and downloads.

    Faults are taken at `slack.upload`, detail the file's name: `404` `500` `502` `503` `html` `reset-before` `reset-after` `slow:SECONDS`; and
    at `slack.files`: `login-page` `404` `500` `truncated` `slow:SECONDS` `reset-before`.
    """

    def __init__(self, runtime: Runtime, world: World, tokens: AppTokens, workspace_files: WorkspaceFiles) -> None:
        runtime.faults.declare("slack.upload", _UPLOAD_FAULTS)
        runtime.faults.declare("slack.files", _DOWNLOAD_FAULTS)
        self._runtime = runtime
        self._world = world
        self._tokens = tokens
        self._workspace_files = workspace_files

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/upload/v1/{key}", self._upload),
            web.get("/files-pri/{owner}/download/{name}", self._download),
            web.get("/files-pri/{owner}/{name}", self._download),
            web.get("/files-tmb/{owner}/{name}", self._thumbnail),
        ]

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        file = self._workspace_files.find_upload(request.match_info["key"])
        if file is None or request.method != "POST":
            return web.Response(status=404, text="Not found")
        content = await _read_body(request)
        fault = self._runtime.faults.take("slack.upload", file.name) or ""
        if fault.isdecimal():
            return html_page(int(fault), "Server Error")
        if fault == "html":
            return html_page(200, "Something went wrong")
        if fault == "reset-before":
            return reset(request)
        if fault.startswith("slow"):
            await asyncio.sleep(fault_seconds(fault))
        if file.completed or len(content) != file.expected_size:
            return web.Response(status=400, text=f"Bad request - expected {file.expected_size} bytes, got {len(content)}")
        self._workspace_files.receive(file, content)
        return reset(request) if fault == "reset-after" else web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        file, content = self._find_file(request)
        self._runtime.fetches.append({"platform": "slack", "name": request.match_info["name"]})
        fault = self._runtime.faults.take("slack.files", request.match_info["name"]) or ""
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else None
        readable = file is not None and self._world.visible_to_bot(file)
        if fault == "login-page" or not self._tokens.can_download_files(token) or (file is not None and not readable):
            # The real Slack answers like this too: with a sign-in page instead of an error.
            return web.Response(text=_LOGIN, content_type="text/html", charset="utf-8")
        if fault == "reset-before":
            return reset(request)
        if file is None or file.deleted or fault == "404":
            return html_page(404, "File not found")
        if fault == "500":
            return html_page(500, "Server Error")
        if fault.startswith("slow"):
            await asyncio.sleep(fault_seconds(fault))
        return await _send(request, content, file.mimetype, truncated=fault == "truncated")

    async def _thumbnail(self, request: web.Request) -> web.StreamResponse:
        file, content = self._find_file(request)
        size = request.match_info["name"].rpartition("_")[2].removesuffix(".png")
        header = request.headers.get("Authorization", "")
        if not self._tokens.can_download_files(header.removeprefix("Bearer ").strip()):
            return web.Response(text=_LOGIN, content_type="text/html", charset="utf-8")
        if file is None or file.deleted or file.width is None or not size.isdecimal():
            return html_page(404, "File not found")
        return web.Response(body=await asyncio.to_thread(_shrink, content, int(size)), content_type="image/png")

    def _find_file(self, request: web.Request) -> tuple[SlackFile | None, bytes]:
        team, _, file_id = request.match_info["owner"].partition("-")
        file = self._world.files.get(file_id)
        if file is None or team != self._world.team_id or file.sha256 is None:
            return None, b""
        return file, self._runtime.files.get(file.sha256) or b""


async def _read_body(request: web.Request) -> bytes:
    """Return the raw body, or the first file of a form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    part = next((value for value in form.values() if isinstance(value, web.FileField)), None)
    return part.file.read() if part is not None else b""


async def _send(request: web.Request, content: bytes, content_type: str, *, truncated: bool) -> web.StreamResponse:
    if not truncated:
        return web.Response(body=content, content_type=content_type or "application/octet-stream")
    response = web.StreamResponse(headers={"Content-Type": content_type})
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _shrink(content: bytes, size: int) -> bytes:
    """Return a PNG of at most `size` pixels a side."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.thumbnail((size, size))
        out = io.BytesIO()
        picture.convert("RGBA").save(out, "PNG")
        return out.getvalue()
