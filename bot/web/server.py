"""The only aiohttp.web server: routes mounted by others, bodies capped, started only where somebody mounted one."""

import asyncio
import logging
import socket

from aiohttp import web

from bot.config.settings import Listen
from bot.errors import ConfigurationError
from bot.web.contract import Handle, Routes, WebRequest

logger = logging.getLogger(__name__)

MOST_BODY_BYTES = 2 * 1024 * 1024
"""Above what a platform sends us: its files come by their own addresses."""
BODY_SECONDS = 10.0
CLOSE_SECONDS = 5.0


class WebServer(Routes):
    """`add_route` before `start`; without a route nothing listens."""

    def __init__(self, listen: Listen, *, most_body_bytes: int = MOST_BODY_BYTES) -> None:
        self._listen = listen
        self._most_body_bytes = most_body_bytes
        self._routes: list[web.RouteDef] = []
        self._runner: web.AppRunner | None = None

    def add_route(self, method: str, path: str, handle: Handle) -> None:
        async def serve(request: web.Request) -> web.Response:
            return await self._serve(request, handle)

        self._routes.append(web.route(method, path, serve))

    async def start(self) -> None:
        """Listen, if there is anything to hear. Raises ConfigurationError where this address cannot be had."""
        if not self._routes:
            return
        application = web.Application(client_max_size=self._most_body_bytes)
        application.add_routes(self._routes)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=CLOSE_SECONDS)
        await self._runner.setup()
        # During a deploy the next process listens before this one has gone.
        shared = hasattr(socket, "SO_REUSEPORT") and self._listen.port != 0
        site = web.TCPSite(self._runner, self._listen.host, self._listen.port, reuse_port=shared or None)
        try:
            await site.start()
        except OSError as error:
            await self.close()
            found = f"{self._listen.host}:{self._listen.port}"
            reason = error.strerror or str(error)
            raise ConfigurationError((f'LISTEN: found "{found}", where nothing can listen ({reason}).',)) from error
        logger.info("listening", extra={"host": self._listen.host, "port": self.port})

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def port(self) -> int:
        """Where it listens now, which the system chose if it was asked for port 0."""
        if self._runner is None or not self._runner.addresses:
            return self._listen.port
        return int(self._runner.addresses[0][1])

    async def _serve(self, request: web.Request, handle: Handle) -> web.Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._read(request)
        except TimeoutError:
            return web.Response(status=408)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            answer = await handle(WebRequest(body=body, headers=headers, path=request.path))
        except Exception:
            logger.exception("request failed", extra={"path": request.path})
            return web.Response(status=500)
        if isinstance(answer.body, bytes):
            return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
        return web.Response(status=answer.status, text=answer.body, content_type=answer.content_type)

    async def _read(self, request: web.Request) -> bytes:
        if (request.content_length or 0) > self._most_body_bytes:
            raise web.HTTPRequestEntityTooLarge(max_size=self._most_body_bytes, actual_size=request.content_length or 0)
        return await request.read()
