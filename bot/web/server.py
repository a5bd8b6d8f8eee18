"""The bot's web server. Other modules add routes; without a route it does not listen."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from bot.config.settings import Listen
from bot.errors import ConfigurationError
from bot.web.contract import RequestHandler, Routes

if TYPE_CHECKING:
    from aiohttp import web

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 2 * 1024 * 1024
"""More than a platform ever sends: files are downloaded separately."""
BACKLOG = 128
"""Maximum number of connections that wait to be accepted."""


class WebServer(Routes):
    """Routes are added before `listen`; without a route it does not listen.

    After `listen` connections are accepted; requests are answered after `start`, which loads the server itself.
    """

    def __init__(self, listen: Listen, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._listen = listen
        self._max_body_bytes = max_body_bytes
        self._routes: list[tuple[str, str, RequestHandler]] = []
        self._sockets: list[socket.socket] = []
        self._runner: web.AppRunner | None = None

    @property
    def mounted(self) -> bool:
        """Whether a route was added."""
        return bool(self._routes)

    def add_route(self, method: str, path: str, handle: RequestHandler) -> None:
        self._routes.append((method, path, handle))

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
        if self._sockets and self._runner is None:
            open_server = await asyncio.to_thread(_load)
            self._runner = await open_server(self._routes, self._sockets, max_body_bytes=self._max_body_bytes)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for opened in self._sockets:
            opened.close()
        self._sockets = []

    @property
    def port(self) -> int:
        """The port it listens on; the system chooses one if port 0 is configured."""
        return int(self._sockets[0].getsockname()[1]) if self._sockets else self._listen.port


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


def _load() -> Callable[..., Coroutine[Any, Any, "web.AppRunner"]]:
    """Runs in a thread, so that the event loop is not blocked."""
    from bot.web.aiohttp_server import open_server  # noqa: PLC0415  # slow to import, and not needed to connect

    return open_server
