"""The connection to Slack: who we are there, and the transport of its events; and the platform the core sees."""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.shared.connection import DRAIN_SECONDS, Backoff, Status, log_not_connected, not_connected
from adapters.shared.http_client import PlatformFiles, open_session
from adapters.shared.runnable_platform import LoadCore, RunnablePlatform
from adapters.slack.address import decode_address
from adapters.slack.capabilities import capabilities
from adapters.slack.connection.event_dispatcher import EventDispatcher, library_logger
from adapters.slack.connection.http_endpoint import MOST_BODY_BYTES, HttpEndpoint
from adapters.slack.connection.socket_mode import SocketMode
from adapters.slack.failures import FAILURES, TOKEN_REFUSED, delivery_error, error_code, retry_after
from adapters.slack.inbound.attachments import DELETED, ELSEWHERE, STUB, to_attachment
from adapters.slack.outbound.delivery import Delivery
from adapters.slack.outbound.sender import Sender, SlackConnection
from adapters.slack.outbound.uploads import Uploads
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import EVENTS_PATH, NAME, SlackSettings
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Ping, Posted, ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Attachment, Origin
from bot.errors import BotError, ConfigurationError, DeliveryError, RefusalCode, RefusedError
from bot.ids import MessageId, PlatformName, WorkspaceId
from bot.web.contract import Routes

if TYPE_CHECKING:
    from adapters.slack.inbound.receiver import Acknowledgement, Receiver

logger = logging.getLogger(__name__)

FILE_ORIGIN = "https://files.slack.com"
CALL_SECONDS = 30.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LOGIN_REFUSED = (
    "SLACK_BOT_TOKEN: Slack refused this token; copy the Bot User OAuth Token from the page OAuth & Permissions of the app."
)


class SlackPlatform(RunnablePlatform):
    """Slack as a chat platform. `mount` where it may listen, `run` until cancelled, deliver until `close`.

    It asks who it is at once, and waits for `bind` before it receives.
    """

    def __init__(self, settings: SlackSettings, *, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._connection: SlackConnection | None = None
        self._ready = False
        self._sender = Sender(self._current_connection, clock)
        self._delivery = Delivery(self._sender, Uploads(self._current_connection, self._sender, clock), clock, self._refusal)
        self._load_core: LoadCore | None = None
        self._receiver: Receiver | None = None
        self._loading = asyncio.Lock()
        self._bound = asyncio.Event()
        secret = settings.signing_secret
        self._http_endpoint = HttpEndpoint(secret, clock) if secret is not None else None
        parts = urlsplit(settings.api_url)
        self._is_local = parts.hostname in LOOPBACK
        self._files = PlatformFiles(
            origins=frozenset({FILE_ORIGIN, f"{parts.scheme}://{parts.netloc}"}),
            tls=tls,
            proxy=self._client_without_session().proxy,
        )

    @property
    def name(self) -> PlatformName:
        return NAME

    @property
    def status(self) -> Status:
        return "ready" if self._ready else "connecting"

    def bind(self, load_core: LoadCore) -> None:
        self._load_core = load_core
        self._bound.set()

    async def load(self) -> None:
        await self._loaded_receiver()

    def mount(self, routes: Routes) -> None:
        """Add the route for HTTP mode, in which Slack sends requests to the bot."""
        if self._http_endpoint is not None:
            routes.add_route("POST", EVENTS_PATH, self._http_endpoint.answer, most_body_bytes=MOST_BODY_BYTES)

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections.

        Raises ConfigurationError for a token that is refused. When cancelled, the events received so far are still handled,
        and messages can be delivered until `close`.
        """
        connection, identity = await self._identify()
        # Events come once this is connected, and are the core's.
        await self._bound.wait()
        dispatcher = EventDispatcher(connection.client, identity, lambda body: self._receive(body, bot_user=connection.bot_user))
        try:
            await self._listen(connection, dispatcher)
        finally:
            await dispatcher.stop(DRAIN_SECONDS)
            if self._receiver is not None:
                await self._receiver.drain(DRAIN_SECONDS)

    async def close(self) -> None:
        self._ready = False
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.session.close()
        await self._files.close()

    def capabilities(self, origin: Origin) -> Capabilities:
        return capabilities(origin)

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        """A file's bytes. The token is sent to Slack's file host and to the origin of its API, nowhere else."""
        address = await self._address_of(attachment)
        headers = {"Authorization": f"Bearer {self._settings.bot_token.value}"}
        try:
            return await self._files.fetch(address, most_bytes=most_bytes, headers=headers)
        except RefusedError as error:
            if error.refusal is RefusalCode.REF_GONE:
                logger.warning("file not readable", extra={"platform": NAME, "hint": "is files:read granted, and reinstalled?"})
            raise

    async def progress_turn(self, origin: Origin, message: MessageId | None, *, wait: bool) -> bool:
        return await self._delivery.progress_turn(origin, message, wait=wait)

    async def is_member(self, origin: Origin, workspaces: frozenset[WorkspaceId]) -> bool:
        """Slack names the member's own workspace with every event; only of direct messages is it needed."""
        return decode_address(origin.address).team in workspaces

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        return await self._delivery.show_progress(update)

    async def show_taken(self, origin: Origin, reply: Reply) -> None:
        await self._delivery.show_taken(origin, reply)

    async def decline(self, notice: RefusalNotice) -> None:
        await self._delivery.decline(notice)

    async def post(self, result: ResultMessage) -> Posted:
        return await self._delivery.post(result)

    async def close_progress(self, update: ProgressUpdate, *, way: Way) -> None:
        await self._delivery.close_progress(update, way=way)

    async def take_back(self, origin: Origin, message: MessageId) -> None:
        del origin
        await self._delivery.take_back(message)

    async def ping(self, ping: Ping) -> None:
        """A result is a new message, which mentions its requester itself."""

    async def _listen(self, connection: SlackConnection, dispatcher: EventDispatcher) -> None:
        app_token = self._settings.app_token
        if app_token is not None:
            sockets = SocketMode(connection.client, app_token.value, dispatcher, self._clock, on_change=self._set_ready)
            await sockets.run()
        elif self._http_endpoint is not None:
            self._http_endpoint.dispatcher = dispatcher
            self._set_ready(True)
            try:
                await asyncio.Event().wait()
            finally:
                self._http_endpoint.dispatcher = None
                self._set_ready(False)

    def _set_ready(self, ready: bool) -> None:
        if ready:
            logger.info("ready", extra={"platform": NAME})
        self._ready = ready

    async def _identify(self) -> tuple[SlackConnection, AuthorizeResult]:
        """Ask who we are until Slack answers. Raises ConfigurationError for a token that is refused."""
        client = self._client_without_session()
        client.ssl = self._tls
        client.session = open_session(self._tls, total_s=CALL_SECONDS)
        backoff = Backoff()
        try:
            while True:
                try:
                    response = await client.auth_test()
                    break
                except FAILURES as error:
                    if error_code(error) in TOKEN_REFUSED:
                        raise ConfigurationError((LOGIN_REFUSED,)) from error
                    pause = backoff.pause(at_least=retry_after(error) or 0.0)
                    log_not_connected(NAME, delivery_error(error).detail, pause=pause)
                await self._clock.sleep(pause)
        except BaseException:
            await client.session.close()
            raise
        connection = self._connection = SlackConnection(client=client, session=client.session, bot_user=str(response["user_id"]))
        _log_missing_scopes(str(response.headers.get("x-oauth-scopes", "")))
        identity = AuthorizeResult(
            enterprise_id=response.get("enterprise_id"),
            team_id=response.get("team_id"),
            bot_user_id=connection.bot_user,
            bot_id=response.get("bot_id"),
            bot_token=self._settings.bot_token.value,
        )
        return connection, identity

    def _client_without_session(self) -> AsyncWebClient:
        """Without retries of the library's own: which calls may be repeated is decided here."""
        client = AsyncWebClient(
            token=self._settings.bot_token.value,
            base_url=self._settings.api_url,
            logger=library_logger("client", logging.ERROR),
            retry_handlers=[],
        )
        if self._is_local:
            # The library takes the environment's proxy, which is for other hosts.
            client.proxy = None
        return client

    def _current_connection(self) -> SlackConnection:
        if self._connection is None:
            raise not_connected()
        return self._connection

    async def _receive(self, body: Mapping[str, Any], *, bot_user: str) -> "Acknowledgement":
        return await (await self._loaded_receiver()).receive(body, bot_user=bot_user)

    async def _loaded_receiver(self) -> "Receiver":
        # In turn, so that events keep their order.
        async with self._loading:
            if self._receiver is None:
                if self._load_core is None:
                    raise RuntimeError("bind the core before running")
                receiver = await asyncio.to_thread(_receiver_class)
                self._receiver = receiver(await self._load_core(), self._delivery, self._sender, self._clock)
            return self._receiver

    async def _refusal(self, error: BotError) -> Reply:
        return (await self._loaded_receiver()).refusal(error)

    async def _address_of(self, attachment: Attachment) -> str:
        """The file's download URL; for a file of another workspace, Slack first sends only the id. Raises RefusedError."""
        if attachment.address.startswith(STUB):
            try:
                attachment = to_attachment(await self._sender.file(attachment.address.removeprefix(STUB)))
            except DeliveryError as error:
                if error.retryable:
                    raise
                raise RefusedError(RefusalCode.REF_GONE) from error
        if attachment.address.startswith(ELSEWHERE):
            raise RefusedError(RefusalCode.REF_ELSEWHERE)
        if attachment.address.startswith((DELETED, STUB)):
            raise RefusedError(RefusalCode.REF_GONE)
        return attachment.address


def _receiver_class() -> "type[Receiver]":
    from adapters.slack.inbound.receiver import Receiver  # noqa: PLC0415  # reads events; connecting does not need it

    return Receiver


def _log_missing_scopes(granted: str) -> None:
    """Log missing scopes at the start, before they cause separate errors."""
    missing = SCOPES - {scope.strip() for scope in granted.split(",")} if granted else frozenset()
    if missing:
        hint = "run seedream-bot manifest and install the app again"
        logger.warning("scopes missing", extra={"platform": NAME, "scopes": ", ".join(sorted(missing)), "hint": hint})
