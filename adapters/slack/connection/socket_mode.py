"""Socket Mode: one connection after the other, each acknowledged on, the next opened before the last is given up."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.connection.event_dispatcher import EventDispatcher, library_logger
from adapters.slack.failures import FAILURES, TOKEN_REFUSED, delivery_error, error_code, retry_after
from adapters.slack.settings import NAME
from bot.clock import Clock
from bot.errors import ConfigurationError

logger = logging.getLogger(__name__)

PING_SECONDS = 5.0
CONNECT_SECONDS = 15.0
DRAIN_SECONDS = 5.0
"""An old connection still carries the acknowledgements of what came over it."""
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
STEADY_SECONDS = 30.0
"""A connection that lived so long was no failed try."""
NO_SOCKET = (
    "SLACK_APP_TOKEN: Slack refused this token; copy an app-level token with the scope connections:write from the page "
    "Basic Information of the app."
)
JITTER = random.SystemRandom()


class Link(SocketModeClient):
    """One connection. The library's own reconnecting would try a used address again and again: here it only says that it ended."""

    def __init__(self, app_token: str, client: AsyncWebClient) -> None:
        super().__init__(
            app_token=app_token,
            logger=library_logger("link", logging.CRITICAL),
            web_client=client,
            proxy=client.proxy,
            ping_interval=PING_SECONDS,
        )
        self.ended = asyncio.Event()
        self.greeted = asyncio.Event()
        self.message_listeners.append(self._greet)

    async def greeting(self) -> None:
        """Until Slack greets; raises ConnectionError if it hangs up instead."""
        waits = {asyncio.create_task(self.greeted.wait()), asyncio.create_task(self.ended.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not self.greeted.is_set():
            raise ConnectionResetError("hung up before the greeting")

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        del force
        self.ended.set()

    async def receive_messages(self) -> None:
        """The library's own loop would notice the end of a connection with its next ping; this one ends with it."""
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

    async def _greet(self, _: AsyncBaseSocketModeClient, message: dict[str, Any], __: str | None = None) -> None:
        if message.get("type") == "hello":
            self.greeted.set()


class SocketMode:
    """Listens until cancelled. `on_link` is told whenever there is a connection, and when there is none."""

    def __init__(
        self,
        client: AsyncWebClient,
        app_token: str,
        dispatcher: EventDispatcher,
        clock: Clock,
        *,
        on_link: Callable[[bool], None],
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._dispatcher = dispatcher
        self._clock = clock
        self._on_link = on_link
        self._links: set[Link] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._was_linked = False

    async def run(self) -> None:
        """Raises ConfigurationError for an app token that Slack never took."""
        wait = FIRST_WAIT_SECONDS
        try:
            while True:
                try:
                    link = await self._open()
                except FAILURES as error:
                    wait = await self._pause(error, wait)
                    continue
                begun = self._clock.now()
                self._was_linked = True
                self._on_link(True)
                await link.ended.wait()
                if self._clock.now() - begun >= STEADY_SECONDS:
                    wait = FIRST_WAIT_SECONDS
                else:
                    await self._clock.sleep(wait * JITTER.uniform(0.0, 0.2))
                    wait = min(wait * 2, LONGEST_WAIT_SECONDS)
                self._retire(link)
        finally:
            self._on_link(False)
            await self._dispatcher.stop(DRAIN_SECONDS)
            for task in self._retiring:
                task.cancel()
            for link in list(self._links):
                await self._close(link)

    async def _open(self) -> Link:
        """A connection that Slack has greeted. The address is good for one connection, so each try asks for its own."""
        said = await self._client.apps_connections_open(app_token=self._app_token)
        link = Link(self._app_token, self._client)
        self._links.add(link)
        link.wss_uri = str(said["url"])
        link.socket_mode_request_listeners.append(self._hear)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await link.connect()  # type: ignore[no-untyped-call]
                await link.greeting()
        except BaseException:
            await self._close(link)
            raise
        return link

    async def _hear(self, link: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """The library forgets the task this runs in: `Ears` keeps it. An acknowledgement that is lost brings the event again."""
        started = self._clock.now()
        answer = await self._dispatcher.hear(request)
        try:
            await send_async_response(link, request, answer, started)
        except FAILURES as error:
            logger.info("acknowledgement lost", extra={"platform": NAME, "detail": type(error).__name__})

    async def _pause(self, error: Exception, wait: float) -> float:
        """How long the next pause is; this one is over."""
        if error_code(error) in TOKEN_REFUSED and not self._was_linked:
            raise ConfigurationError((NO_SOCKET,)) from error
        self._on_link(False)
        pause = max(wait * JITTER.uniform(0.5, 1.0), retry_after(error) or 0.0)
        detail = delivery_error(error).detail
        logger.warning("not connected", extra={"platform": NAME, "detail": detail, "retry_s": round(pause)})
        await self._clock.sleep(pause)
        return min(wait * 2, LONGEST_WAIT_SECONDS)

    def _retire(self, link: Link) -> None:
        async def later() -> None:
            await asyncio.sleep(DRAIN_SECONDS)
            await self._close(link)

        task = asyncio.create_task(later())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _close(self, link: Link) -> None:
        self._links.discard(link)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await link.close()  # type: ignore[no-untyped-call]
        except FAILURES as error:
            logger.debug("connection not closed cleanly", extra={"platform": NAME, "detail": type(error).__name__})
