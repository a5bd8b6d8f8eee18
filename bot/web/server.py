"""The bot's web server. Other modules add routes; without a route it does not listen."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.config.settings import Listen
from bot.errors import ConfigurationError
from bot.web.connections import DEFAULT_LIMITS, ConnectionLimits, Connections
from bot.web.contract import RequestHandler, Route, Routes

if TYPE_CHECKING:
    from bot.web.aiohttp_server import HttpServer

logger = logging.getLogger(__name__)

BACKLOG = 128
"""Maximum number of connections that wait to be accepted."""


class WebServer(Routes):
    """Routes are added before `listen`; without a route it does not listen.

    After `listen` connections are accepted; requests are answered after `start`, which loads the server itself.
    """

    def __init__(
        self, listen: Listen, *, limits: ConnectionLimits | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._listen = listen
        self._connections = Connections(_within_descriptors(DEFAULT_LIMITS) if limits is None else limits, now)
        self._routes: list[Route] = []
        self._sockets: list[socket.socket] = []
        self._server: HttpServer | None = None

    @property
    def mounted(self) -> bool:
        """Whether a route was added."""
        return bool(self._routes)

    def add_route(self, method: str, path: str, handle: RequestHandler, *, most_body_bytes: int = 0) -> None:
        self._routes.append(Route(method=method, path=path, handle=handle, most_body_bytes=most_body_bytes))

    async def listen(self) -> None:
        """Accept connections, if there is a route. Raises ConfigurationError if the address cannot be used."""
        if not self._routes or self._sockets:
            return
        try:
            self._sockets = await _open_sockets(self._listen)
        except OSError as error:
            address = f"{self._listen.host}:{self._listen.port}"
            reason = error.strerror or str(error)
            raise ConfigurationError(
                (f'LISTEN: found "{address}", but the bot cannot listen there ({reason}); expected a free port on this machine.',)
            ) from error
        logger.info("listening", extra={"host": self._listen.host, "port": self.port})

    async def start(self) -> None:
        """Answer requests, if there is a route. Raises ConfigurationError if the address cannot be used."""
        await self.listen()
        if self._sockets and self._server is None:
            open_server = await asyncio.to_thread(_load)
            self._server = await open_server(self._routes, self._sockets, self._connections)

    async def close(self) -> None:
        if self._server is not None:
            await self._server.close()
            self._server = None
        for opened in self._sockets:
            opened.close()
        self._sockets = []

    @property
    def port(self) -> int:
        """The port it listens on; the system chooses one if port 0 is configured."""
        return int(self._sockets[0].getsockname()[1]) if self._sockets else self._listen.port


def _within_descriptors(limits: ConnectionLimits) -> ConnectionLimits:
    """At most a quarter of the descriptors that this process may have: platforms, gateways and the database need the others."""
    try:
        import resource  # noqa: PLC0415  # not on Windows
    except ImportError:
        return limits
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_all = limits.in_all if allowed == resource.RLIM_INFINITY else min(limits.in_all, max(allowed // 4, 1))
    return replace(limits, in_all=in_all, per_address=min(limits.per_address, max(in_all // 2, 1)))


async def _open_sockets(listen: Listen) -> list[socket.socket]:
    """One for each address of the host. Raises OSError."""
    # During a deployment, the next process listens before this one has stopped.
    shared = hasattr(socket, "SO_REUSEPORT") and listen.port != 0
    loop = asyncio.get_running_loop()
    bound = await loop.create_server(asyncio.Protocol, listen.host, listen.port, reuse_port=shared or None, start_serving=False)
    # The loop's own server would accept connections at once, so only its sockets are kept.
    sockets = [listener.dup() for listener in bound.sockets]
    bound.close()
    for listener in sockets:
        listener.listen(BACKLOG)
    return sockets


def _load() -> Callable[..., Coroutine[Any, Any, "HttpServer"]]:
    """Runs in a thread, so that the event loop is not blocked."""
    from bot.web.aiohttp_server import open_server  # noqa: PLC0415  # slow to import, and not needed to connect

    return open_server
