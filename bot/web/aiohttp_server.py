"""aiohttp's server, the only place that imports it: routes in, a running site out."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.web.contract import Handle, WebAnswer, WebRequest

logger = logging.getLogger(__name__)

Route = tuple[str, str, Handle]
"""A method, a path and who answers."""
Serve = Callable[[web.Request], Awaitable[web.Response]]
BODY_SECONDS = 10.0
CLOSE_SECONDS = 5.0


async def open_site(routes: Sequence[Route], sockets: Sequence[socket.socket], *, most_body_bytes: int) -> web.AppRunner:
    """Answer on sockets that listen already."""
    application = web.Application(client_max_size=most_body_bytes)
    application.add_routes([web.route(method, path, _serving(handle, most_body_bytes)) for method, path, handle in routes])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    for one in sockets:
        await web.SockSite(runner, one).start()
    return runner


def _serving(handle: Handle, most_body_bytes: int) -> Serve:
    async def serve(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(request, most_body_bytes)
        except TimeoutError:
            return web.Response(status=408)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            answer = await handle(WebRequest(body=body, headers=headers, path=request.path))
        except Exception:
            logger.exception("request failed", extra={"path": request.path})
            return web.Response(status=500)
        return _response(answer)

    return serve


async def _read(request: web.Request, most_body_bytes: int) -> bytes:
    if (request.content_length or 0) > most_body_bytes:
        raise web.HTTPRequestEntityTooLarge(max_size=most_body_bytes, actual_size=request.content_length or 0)
    return await request.read()


def _response(answer: WebAnswer) -> web.Response:
    if isinstance(answer.body, bytes):
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
    return web.Response(status=answer.status, text=answer.body, content_type=answer.content_type)
