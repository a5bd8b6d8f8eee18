"""The connection to Slack: who we are there, and by which road its events come; and the platform the core sees."""

import asyncio
import logging
import random
import ssl
from typing import Literal
from urllib.parse import urlsplit

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.shared.core import Core
from adapters.shared.http_client import PlatformFiles, open_session
from adapters.shared.runnable_platform import RunnablePlatform
from adapters.slack.capabilities import capabilities
from adapters.slack.connection.event_dispatcher import EventDispatcher, library_logger
from adapters.slack.connection.http_endpoint import HttpEndpoint
from adapters.slack.connection.socket_mode import SocketMode
from adapters.slack.failures import FAILURES, TOKEN_REFUSED, delivery_error, error_code, retry_after
from adapters.slack.inbound.reading import DELETED, ELSEWHERE, STUB, to_attachment
from adapters.slack.inbound.receiver import Receiver
from adapters.slack.outbound.delivery import Delivery
from adapters.slack.outbound.sender import Sender, SlackConnection
from adapters.slack.outbound.uploads import Uploads
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import EVENTS_PATH, NAME, SlackSettings
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Posted
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Attachment, Origin
from bot.errors import BotError, ConfigurationError, DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, PlatformName
from bot.web.contract import Routes

logger = logging.getLogger(__name__)

FILE_ORIGIN = "https://files.slack.com"
CALL_SECONDS = 30.0
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
DRAIN_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NOT_LET_IN = (
    "SLACK_BOT_TOKEN: Slack refused this token; copy the Bot User OAuth Token from the page OAuth & Permissions of the app."
)
JITTER = random.SystemRandom()

Status = Literal["connecting", "ready"]


class SlackPlatform(RunnablePlatform):
    """Slack as a chat platform. `mount` where it may listen, `run` until cancelled, deliver until `close`.

    It asks who it is at once, and waits for `bind` before it receives.
    """

    def __init__(self, settings: SlackSettings, *, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._connection: SlackConnection | None = None
        self._linked = False
        self._core: Core | None = None
        self._sender = Sender(self._connected, clock)
        self._delivery = Delivery(self._sender, Uploads(self._connected, self._sender, clock), clock, self._bound_refusal)
        self._reception: Receiver | None = None
        self._bound = asyncio.Event()
        secret = settings.signing_secret
        self._http_endpoint = HttpEndpoint(secret, clock) if secret is not None else None
        parts = urlsplit(settings.api_url)
        self._on_this_machine = parts.hostname in LOOPBACK
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
        return "ready" if self._linked else "connecting"

    def bind(self, core: Core) -> None:
        self._core = core
        self._reception = Receiver(core, self._delivery, self._sender, self._clock)
        self._bound.set()

    def mount(self, routes: Routes) -> None:
        """In HTTP mode Slack comes to us."""
        if self._http_endpoint is not None:
            routes.add_route("POST", EVENTS_PATH, self._http_endpoint.answer)

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections.

        Raises ConfigurationError for a token that is refused. When cancelled, what was heard is still carried out, and
        deliveries go on working until `close`.
        """
        connection, identity = await self._introduce()
        # Events come once this is connected, and are the core's.
        await self._bound.wait()
        reception = self._reception
        if reception is None:
            raise RuntimeError("bind the core before connecting")
        dispatcher = EventDispatcher(connection.client, identity, lambda body: reception.hear(body, us=connection.us))
        try:
            await self._listen(connection, dispatcher)
        finally:
            await dispatcher.stop(DRAIN_SECONDS)
            await reception.drain(DRAIN_SECONDS)

    async def close(self) -> None:
        self._linked = False
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.session.close()
        await self._files.close()

    def capabilities(self, origin: Origin) -> Capabilities:
        return capabilities(origin)

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        """A file's bytes. The token goes to Slack's own file host and to the origin of its API, nowhere else."""
        address = await self._address_of(attachment)
        headers = {"Authorization": f"Bearer {self._settings.bot_token.value}"}
        try:
            return await self._files.fetch(address, most_bytes=most_bytes, headers=headers)
        except RefusedError as error:
            if error.refusal is RefusalCode.REF_GONE:
                logger.warning("file not readable", extra={"platform": NAME, "hint": "is files:read granted, and reinstalled?"})
            raise

    async def show_progress(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        message: MessageId | None,
        anew: bool,
    ) -> MessageId:
        return await self._delivery.show_progress(origin, reply, job=job, message=message, anew=anew)

    async def decline(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> None:
        await self._delivery.decline(origin, reply, job=job, message=message)

    async def post(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        part: int,
        way: Way,
        tried_since: float | None,
    ) -> Posted:
        return await self._delivery.post(origin, reply, job=job, part=part, way=way, tried_since=tried_since)

    async def _listen(self, connection: SlackConnection, dispatcher: EventDispatcher) -> None:
        app_token = self._settings.app_token
        if app_token is not None:
            sockets = SocketMode(connection.client, app_token.value, dispatcher, self._clock, on_link=self._set_linked)
            await sockets.run()
        elif self._http_endpoint is not None:
            self._http_endpoint.dispatcher = dispatcher
            self._set_linked(True)
            try:
                await asyncio.Event().wait()
            finally:
                self._http_endpoint.dispatcher = None
                self._set_linked(False)

    def _set_linked(self, linked: bool) -> None:
        if linked:
            logger.info("ready", extra={"platform": NAME})
        self._linked = linked

    async def _introduce(self) -> tuple[SlackConnection, AuthorizeResult]:
        """Who we are: asked until Slack answers. Raises ConfigurationError for a token that is refused."""
        client = self._client_without_session()
        client.ssl = self._tls
        client.session = open_session(self._tls, total_s=CALL_SECONDS)
        wait = FIRST_WAIT_SECONDS
        try:
            while True:
                try:
                    said = await client.auth_test()
                    break
                except FAILURES as error:
                    if error_code(error) in TOKEN_REFUSED:
                        raise ConfigurationError((NOT_LET_IN,)) from error
                    pause = max(wait * JITTER.uniform(0.5, 1.0), retry_after(error) or 0.0)
                    detail = delivery_error(error).detail
                    logger.warning("not connected", extra={"platform": NAME, "detail": detail, "retry_s": round(pause)})
                await self._clock.sleep(pause)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        except BaseException:
            await client.session.close()
            raise
        connection = self._connection = SlackConnection(client=client, session=client.session, us=str(said["user_id"]))
        _complain_about_scopes(str(said.headers.get("x-oauth-scopes", "")))
        identity = AuthorizeResult(
            enterprise_id=said.get("enterprise_id"),
            team_id=said.get("team_id"),
            bot_user_id=connection.us,
            bot_id=said.get("bot_id"),
            bot_token=self._settings.bot_token.value,
        )
        return connection, identity

    def _client_without_session(self) -> AsyncWebClient:
        """Calls are repeated by us alone, who know which may be: no retry of the library's own."""
        client = AsyncWebClient(
            token=self._settings.bot_token.value,
            base_url=self._settings.api_url,
            logger=library_logger("client", logging.ERROR),
            retry_handlers=[],
        )
        if self._on_this_machine:
            # The environment's proxy, which the library takes, is for the world outside.
            client.proxy = None
        return client

    def _connected(self) -> SlackConnection:
        if self._connection is None:
            raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail="not connected")
        return self._connection

    def _bound_refusal(self, error: BotError) -> Reply:
        if self._core is None:
            raise RuntimeError("bind the core before running")
        return self._core.refusal(error)

    async def _address_of(self, attachment: Attachment) -> str:
        """Where the bytes are. A file of another workspace is only named at first. Raises RefusedError."""
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


def _complain_about_scopes(granted: str) -> None:
    """What the app was not given shows itself one by one, at the worst of times: it is named at the start."""
    missing = SCOPES - {scope.strip() for scope in granted.split(",")} if granted else frozenset()
    if missing:
        hint = "print the manifest anew and install the app again"
        logger.warning("scopes missing", extra={"platform": NAME, "scopes": ", ".join(sorted(missing)), "hint": hint})
