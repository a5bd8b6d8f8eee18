"""Answers requests with aiohttp's server. No other module imports it."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.web.contract import RequestHandler, WebAnswer, WebRequest

logger = logging.getLogger(__name__)

Route = tuple[str, str, RequestHandler]
"""A method, a path and its handler."""
Serve = Callable[[web.Request], Awaitable[web.Response]]
BODY_SECONDS = 10.0
CLOSE_SECONDS = 5.0


async def open_server(routes: Sequence[Route], sockets: Sequence[socket.socket], *, max_body_bytes: int) -> web.AppRunner:
    """Answer requests on sockets that are already listening."""
    application = web.Application(client_max_size=max_body_bytes)
    application.add_routes([web.route(method, path, _serving(handle, max_body_bytes)) for method, path, handle in routes])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    for listener in sockets:
        await web.SockSite(runner, listener).start()
    return runner


def _serving(handle: RequestHandler, max_body_bytes: int) -> Serve:
    async def serve(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(request, max_body_bytes)
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


async def _read(request: web.Request, max_body_bytes: int) -> bytes:
    if (request.content_length or 0) > max_body_bytes:
        raise web.HTTPRequestEntityTooLarge(max_size=max_body_bytes, actual_size=request.content_length or 0)
    return await request.read()


def _response(answer: WebAnswer) -> web.Response:
    if isinstance(answer.body, bytes):
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
    return web.Response(status=answer.status, text=answer.body, content_type=answer.content_type)
