"""The hosts that serve attachments at signed URLs, and the faults of a download."""

import asyncio
from collections.abc import Callable, Collection

from aiohttp import web

from sandbox.discord.attachments.signed_urls import SignedUrls, attachment_path
from sandbox.discord.attachments.stickers import sticker_file, sticker_host, sticker_path
from sandbox.discord.snowflakes import created_at
from sandbox.discord.world import Attachment, Sticker
from sandbox.runtime import Runtime

# How long an upload of a command or a modal can be downloaded. Discord documents no figure.
EPHEMERAL_LIFETIME_S = 3600.0
_FAULTS = ("STATUS", "gone", "oversize", "slow[:SECONDS]", "truncated", "wrong-type", "reset-before")
_BODY_FAULTS = ("", "gone", "oversize", "slow", "truncated", "wrong-type")
_OVERSIZE_BYTES = 64 * 1024 * 1024


class Cdn:
    """Serves the files of existing messages and of interactions, and of stickers; `find` returns such an attachment by id."""

    def __init__(
        self,
        runtime: Runtime,
        signed_urls: SignedUrls,
        find: Callable[[str], Attachment | None],
        stickers: Collection[Sticker],
    ) -> None:
        runtime.faults.declare("discord.cdn", _FAULTS)
        self._runtime = runtime
        self._signed_urls = signed_urls
        self._find = find
        self._stickers = stickers

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405)
        self._runtime.fetches.append({"platform": "discord", "name": request.path.rpartition("/")[2]})
        what = self._runtime.faults.take("discord.cdn", f"{request.method} {request.path}") or ""
        word, _, argument = what.partition(":")
        if word == "reset-before" and request.transport is not None:
            request.transport.abort()
            return web.Response(status=500)
        if word.isdigit():
            return web.Response(status=int(word), text=f"error code: {word}")
        if word not in _BODY_FAULTS:
            raise ValueError(f"discord.cdn knows no fault {word}")
        content = None if word == "gone" else self._content(request)
        if content is None:
            return web.Response(status=404, text="This content is no longer available.")
        return await self._send(request, *content, word, argument)

    def _content(self, request: web.Request) -> tuple[bytes, str] | None:
        host = (request.host or "").partition(":")[0].lower()
        for sticker in self._stickers:
            if (host, request.path) == (sticker_host(sticker), sticker_path(sticker)):
                return sticker_file(sticker.format)
        steps = request.path.split("/")
        attachment = self._find(steps[3]) if len(steps) == 5 else None
        if attachment is None or attachment_path(attachment) != request.rel_url.raw_path:
            return None
        if not self._signed_urls.is_valid(request.rel_url.raw_path, request.query):
            return None
        if attachment.ephemeral and self._runtime.clock.now() - created_at(attachment.id) > EPHEMERAL_LIFETIME_S:
            return None
        content = self._runtime.files.get(attachment.sha256)
        return None if content is None else (content, attachment.content_type)

    async def _send(
        self, request: web.Request, content: bytes, content_type: str, word: str, argument: str
    ) -> web.StreamResponse:
        kind = "text/html" if word == "wrong-type" else content_type
        if word in ("oversize", "slow", "truncated"):
            return await self._send_with_fault(request, content, kind, word, argument)
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), "Cache-Control": "private, max-age=86400"}
        if request.method == "HEAD":
            return web.Response(headers=headers)
        return web.Response(body=content, headers=headers)

    async def _send_with_fault(
        self, request: web.Request, content: bytes, kind: str, word: str, argument: str
    ) -> web.StreamResponse:
        """Send the body slowly (half, a pause, the rest), truncated, or much longer than announced."""
        headers = {"Content-Type": kind}
        if word != "oversize":
            headers["Content-Length"] = str(len(content))
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        half = len(content) // 2
        await response.write(content[:half])
        if word == "truncated":
            if request.transport is not None:
                # Close the stream cleanly, so that the client still receives what was written.
                request.transport.close()
            return response
        if word == "slow":
            await asyncio.sleep(float(argument or 1))
        await response.write(content[half:])
        if word == "oversize":
            block = b"\0" * 65536
            for _ in range(_OVERSIZE_BYTES // len(block)):
                await response.write(block)
        await response.write_eof()
        return response
