"""Socket Mode: one connection after another, the next opened before the last is closed."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.shared.connection import Backoff, log_not_connected
from adapters.slack.connection.event_dispatcher import EventDispatcher, library_logger
from adapters.slack.failures import FAILURES, TOKEN_REFUSED, delivery_error, error_code, retry_after
from adapters.slack.settings import NAME
from bot.clock import Clock
from bot.errors import ConfigurationError

logger = logging.getLogger(__name__)

PING_SECONDS = 5.0
CONNECT_SECONDS = 15.0
DRAIN_SECONDS = 5.0
"""How long an old connection stays open to acknowledge the events that it received."""
STEADY_SECONDS = 30.0
"""A connection that lasted this long was not a failed attempt."""
SOCKET_REFUSED = (
    "SLACK_APP_TOKEN: Slack refused this token; copy an app-level token with the scope connections:write from the page "
    "Basic Information of the app."
)


class SocketConnection(SocketModeClient):
    """One connection. The library would reconnect to the used address again and again: here it only sets `ended`."""

    def __init__(self, app_token: str, client: AsyncWebClient) -> None:
        super().__init__(
            app_token=app_token,
            logger=library_logger("link", logging.CRITICAL),
            web_client=client,
            proxy=client.proxy,
            ping_interval=PING_SECONDS,
        )
        self.ended = asyncio.Event()
        self.hello_received = asyncio.Event()
        self.message_listeners.append(self._note_hello)

    async def wait_for_hello(self) -> None:
        """Wait for Slack's first message; raises ConnectionError if Slack closes the connection instead."""
        waits = {asyncio.create_task(self.hello_received.wait()), asyncio.create_task(self.ended.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not self.hello_received.is_set():
            raise ConnectionResetError("hung up before the greeting")

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        del force
        self.ended.set()

    async def receive_messages(self) -> None:
        """Ends with the connection, which the library's own loop would notice only by its next ping."""
        session = self.current_session
        try:
            while session is not None and not session.closed:
                message = await session.receive()
                match message.type.name:
                    case "TEXT":
                        await self.enqueue_message(message.data)
                    case "PING":
                        await session.pong(message.data)
                    case "PONG":
                        self.last_ping_pong_time = time.time()
                    case "CLOSE" | "CLOSING" | "CLOSED" | "ERROR":
                        break
        except FAILURES as error:
            logger.info("connection broken", extra={"platform": NAME, "detail": type(error).__name__})
        finally:
            self.ended.set()

    async def _note_hello(self, _: AsyncBaseSocketModeClient, message: dict[str, Any], __: str | None = None) -> None:
        if message.get("type") == "hello":
            self.hello_received.set()


class SocketMode:
    """Listens until cancelled. `on_change` is called with whether there is a connection."""

    def __init__(
        self,
        client: AsyncWebClient,
        app_token: str,
        dispatcher: EventDispatcher,
        clock: Clock,
        *,
        on_change: Callable[[bool], None],
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._dispatcher = dispatcher
        self._clock = clock
        self._on_change = on_change
        self._connections: set[SocketConnection] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._was_connected = False

    async def run(self) -> None:
        """Raises ConfigurationError for an app token that Slack never took."""
        backoff = Backoff()
        try:
            while True:
                try:
                    connection = await self._open()
                except FAILURES as error:
                    await self._pause(error, backoff)
                    continue
                begun = self._clock.monotonic()
                self._was_connected = True
                self._on_change(True)
                await connection.ended.wait()
                if self._clock.monotonic() - begun >= STEADY_SECONDS:
                    backoff.reset()
                else:
                    await self._clock.sleep(backoff.short_pause())
                self._retire(connection)
        finally:
            self._on_change(False)
            await self._dispatcher.stop(DRAIN_SECONDS)
            for task in self._retiring:
                task.cancel()
            for connection in list(self._connections):
                await self._close(connection)

    async def _open(self) -> SocketConnection:
        """A connection that is ready. An address is good for one connection, so each attempt asks for its own."""
        response = await self._client.apps_connections_open(app_token=self._app_token)
        connection = SocketConnection(self._app_token, self._client)
        self._connections.add(connection)
        connection.wss_uri = str(response["url"])
        connection.socket_mode_request_listeners.append(self._receive)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await connection.connect()  # type: ignore[no-untyped-call]
                await connection.wait_for_hello()
        except BaseException:
            await self._close(connection)
            raise
        return connection

    async def _receive(self, connection: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """The library keeps no reference to the task that this runs in: the dispatcher does.

        If an acknowledgement is lost, Slack delivers the event again.
        """
        started = self._clock.now()
        response = await self._dispatcher.dispatch_socket_request(request)
        try:
            await send_async_response(connection, request, response, started)
        except FAILURES as error:
            logger.info("acknowledgement lost", extra={"platform": NAME, "detail": type(error).__name__})

    async def _pause(self, error: Exception, backoff: Backoff) -> None:
        """Wait until the next attempt. Raises ConfigurationError for an app token that Slack never took."""
        if error_code(error) in TOKEN_REFUSED and not self._was_connected:
            raise ConfigurationError((SOCKET_REFUSED,)) from error
        self._on_change(False)
        pause = backoff.pause(at_least=retry_after(error) or 0.0)
        log_not_connected(NAME, delivery_error(error).detail, pause=pause)
        await self._clock.sleep(pause)

    def _retire(self, connection: SocketConnection) -> None:
        async def later() -> None:
            await asyncio.sleep(DRAIN_SECONDS)
            await self._close(connection)

        task = asyncio.create_task(later())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _close(self, connection: SocketConnection) -> None:
        self._connections.discard(connection)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await connection.close()  # type: ignore[no-untyped-call]
        except FAILURES as error:
            logger.debug("connection not closed cleanly", extra={"platform": NAME, "detail": type(error).__name__})
