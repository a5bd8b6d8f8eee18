"""Answers requests with aiohttp's server. No other module imports it."""

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.web.connections import Connection, Connections, OpenSocket, Stage
from bot.web.contract import Route, WebAnswer, WebRequest

logger = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0
SWEEP_SECONDS = 0.5
"""How often overdue connections are looked for."""
RETRY_SECONDS = 0.2
"""The pause after the system could not accept a connection."""
MOST_HEADERS = 64
HEADER_BYTES = 8190
LINGER_SECONDS = 2.0
"""How long the rest of a refused body is read, so that the other side can read the refusal."""
NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
PEER_FAULTS = (HttpProcessingError, web.RequestPayloadError)


class HttpServer:
    """Accepts connections on sockets that are already listening, within limits, and answers their requests.

    aiohttp's own sites and asyncio's servers accept without a limit, and write a traceback for every connection for which the
    system has no descriptor; so this class accepts by itself.
    """

    def __init__(self, routes: Sequence[Route], connections: Connections) -> None:
        self._connections = connections
        self._by_transport: dict[asyncio.BaseTransport, Connection] = {}
        application = web.Application()
        application.add_routes([web.route(route.method, route.path, self._serving(route)) for route in routes])
        self._runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=CLOSE_SECONDS,
            # Never reached: our own limits also count what aiohttp leaves out, and their clock can be moved.
            keepalive_timeout=3600,
            lingering_time=LINGER_SECONDS,
            max_headers=MOST_HEADERS,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            # A compressed body could be a thousand times larger than its limit. Neither Slack nor a gateway compresses.
            auto_decompress=False,
            logger=_PeerLog(logger, {}),
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        await self._runner.setup()
        self._tasks = [asyncio.create_task(self._accept(listener)) for listener in sockets]
        self._tasks.append(asyncio.create_task(self._sweep()))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.cleanup()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        while True:
            try:
                opened, peer = await loop.sock_accept(listener)
            except OSError as error:
                logger.warning("connection not accepted", extra={"detail": error.strerror})
                if error.errno in NO_ROOM:
                    self._connections.drop_for_descriptor()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if self._connections.has_room(peer[0]):
                await self._open(opened, peer[0])
            else:
                opened.close()
                # A flood of connections must not keep the loop from everything else.
                await asyncio.sleep(0)

    async def _open(self, opened: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        assert self._runner.server is not None
        try:
            transport, _ = await loop.connect_accepted_socket(self._runner.server, opened)
        except OSError:
            # The other side is gone already; on some systems even the options of its socket cannot be set then.
            opened.close()
            return
        self._by_transport[transport] = self._connections.add(_Socket(transport), address)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._connections.drop_overdue()
            self._by_transport = {known: one for known, one in self._by_transport.items() if not one.socket.is_closed()}

    def _serving(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            connection = None if request.transport is None else self._by_transport.get(request.transport)
            body = await self._read(request, route.most_body_bytes, connection) if route.most_body_bytes else b""
            self._enter(connection, Stage.WORKING)
            response = await _answer(route, request, body)
            # aiohttp would send it after this function, where nobody sees how long the other side takes to read it.
            self._enter(connection, Stage.ANSWERING, answer_bytes=response.content_length or 0)
            await response.prepare(request)
            await response.write_eof()
            self._enter(connection, Stage.REQUESTING)
            return response

        return serve

    def _enter(self, connection: Connection | None, stage: Stage, *, answer_bytes: int = 0) -> None:
        if connection is not None:
            self._connections.enter(connection, stage, answer_bytes=answer_bytes)

    async def _read(self, request: web.Request, most_bytes: int, connection: Connection | None) -> bytes:
        """The body. Raises HTTPRequestEntityTooLarge as soon as it is known to be too large, and HTTPBadRequest."""
        body, declared = bytearray(), request.content_length or 0
        if declared <= most_bytes:
            try:
                async for chunk in request.content.iter_any():
                    body += chunk
                    if connection is not None:
                        self._connections.receive(connection, len(chunk))
                    if len(body) > most_bytes:
                        break
                else:
                    return bytes(body)
            except (*PEER_FAULTS, ConnectionError) as error:
                raise web.HTTPBadRequest from error
        raise web.HTTPRequestEntityTooLarge(max_size=most_bytes, actual_size=max(declared, len(body)))


class _Socket(OpenSocket):
    """A transport, which keeps its descriptor until everything is sent or the connection is aborted."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def abort(self) -> None:
        self._transport.abort()

    def is_closed(self) -> bool:
        opened: socket.socket = self._transport.get_extra_info("socket")
        return opened.fileno() == -1


class _PeerLog(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp would log with a traceback although only the other side made a mistake."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **_: Any) -> None:  # noqa: ANN401  # as in logging
        if isinstance(exc_info, PEER_FAULTS):
            self.logger.warning("malformed request", extra={"detail": type(exc_info).__name__})
        elif not isinstance(exc_info, ConnectionError):
            self.logger.error(str(msg), *args, exc_info=exc_info)


async def _answer(route: Route, request: web.Request, body: bytes) -> web.Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        answer = await route.handle(WebRequest(body=body, headers=headers, path=request.path))
    except Exception:
        logger.exception("request failed", extra={"path": route.path})
        answer = WebAnswer(status=500)
    if isinstance(answer.body, bytes):
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
    return web.Response(status=answer.status, text=answer.body, content_type=answer.content_type)


async def open_server(routes: Sequence[Route], sockets: Sequence[socket.socket], connections: Connections) -> HttpServer:
    server = HttpServer(routes, connections)
    await server.start(sockets)
    return server
