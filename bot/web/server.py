"""The web server: routes mounted by others, bodies capped, started only if something is mounted."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from bot.config.settings import Listen
from bot.errors import ConfigurationError
from bot.web.contract import Handle, Routes

if TYPE_CHECKING:
    from aiohttp import web

logger = logging.getLogger(__name__)

MOST_BODY_BYTES = 2 * 1024 * 1024
"""Above what a platform sends us: its files come by their own addresses."""
BACKLOG = 128
"""Connections that wait to be accepted."""


class WebServer(Routes):
    """`add_route` before `start`; without a route nothing listens.

    From `listen` on, connections are accepted; requests are answered after `start`, which loads the server itself.
    """

    def __init__(self, listen: Listen, *, most_body_bytes: int = MOST_BODY_BYTES) -> None:
        self._listen = listen
        self._most_body_bytes = most_body_bytes
        self._routes: list[tuple[str, str, Handle]] = []
        self._sockets: list[socket.socket] = []
        self._runner: web.AppRunner | None = None

    @property
    def mounted(self) -> bool:
        """Whether there is any route."""
        return bool(self._routes)

    def add_route(self, method: str, path: str, handle: Handle) -> None:
        self._routes.append((method, path, handle))

    async def listen(self) -> None:
        """Open the address, if anything is mounted. Raises ConfigurationError if it cannot be had."""
        if not self._routes or self._sockets:
            return
        try:
            self._sockets = await _open_sockets(self._listen)
        except OSError as error:
            found = f"{self._listen.host}:{self._listen.port}"
            reason = error.strerror or str(error)
            raise ConfigurationError((f'LISTEN: found "{found}", where nothing can listen ({reason}).',)) from error
        logger.info("listening", extra={"host": self._listen.host, "port": self.port})

    async def start(self) -> None:
        """Answer requests, if anything is mounted. Raises ConfigurationError if the address cannot be had."""
        await self.listen()
        if self._sockets and self._runner is None:
            open_site = await asyncio.to_thread(_load)
            self._runner = await open_site(self._routes, self._sockets, most_body_bytes=self._most_body_bytes)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for opened in self._sockets:
            opened.close()
        self._sockets = []

    @property
    def port(self) -> int:
        """Where it listens now, which the system chose if it was asked for port 0."""
        return int(self._sockets[0].getsockname()[1]) if self._sockets else self._listen.port


async def _open_sockets(listen: Listen) -> list[socket.socket]:
    """One for each address of the host. Raises OSError."""
    # During a deploy the next process listens before this one has gone.
    shared = hasattr(socket, "SO_REUSEPORT") and listen.port != 0
    loop = asyncio.get_running_loop()
    bound = await loop.create_server(asyncio.Protocol, listen.host, listen.port, reuse_port=shared or None, start_serving=False)
    # The loop's own server would accept at once: only its sockets are kept.
    sockets = [one.dup() for one in bound.sockets]
    bound.close()
    for one in sockets:
        one.listen(BACKLOG)
    return sockets


def _load() -> Callable[..., Coroutine[Any, Any, "web.AppRunner"]]:
    """In a thread of its own: the event loop goes on meanwhile."""
    from bot.web.aiohttp_server import open_site  # noqa: PLC0415  # aiohttp's server is slow to import, and connecting needs none of it

    return open_site
