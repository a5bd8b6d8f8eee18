"""The connection to Discord: login, gateway, reconnects; and the platform the core sees."""

import asyncio
import logging
import random
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Literal, cast

import discord
from discord.gateway import DiscordWebSocket

from adapters.core import Core
from adapters.discord.address import NAME
from adapters.discord.capabilities import capabilities
from adapters.discord.commands import overwrite
from adapters.discord.delivery import Delivery
from adapters.discord.failures import FAILURES
from adapters.discord.inbound import FILE_HOSTS
from adapters.discord.reception import Reception
from adapters.discord.sending import Sender
from adapters.download import PlatformFiles, open_connector, tls_context
from bot.capabilities import Capabilities, Way
from bot.chat_platform import Posted
from bot.clock import Clock
from bot.command import Attachment, Origin
from bot.config.settings import DiscordSettings
from bot.errors import ConfigurationError, DeliveryCode, DeliveryError
from bot.ids import JobId, MessageId, PlatformName
from bot.presentation.reply import Reply

logger = logging.getLogger(__name__)

RATE_LIMIT_SECONDS = 30.0
"""The longest a call waits for its turn before it fails instead."""
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
DRAIN_SECONDS = 5.0
TOKEN_REFUSED = 4004
NORMAL_CLOSURE = 1000
NOT_LET_IN = "DISCORD_TOKEN: Discord refused this token; copy the bot's current token from its page in the developer portal."
JITTER = random.SystemRandom()
UNREACHABLE: tuple[type[Exception], ...] = (*FAILURES, AttributeError)
"""AttributeError: discord.py asks the gateway connection it never had when its very first one fails."""

Status = Literal["connecting", "ready"]


class DiscordPlatform:
    """Discord as a chat platform. `bind` the core, `run` until cancelled, deliver until `close`."""

    def __init__(self, settings: DiscordSettings, *, tls_ca_file: Path | None, clock: Clock) -> None:
        self._settings = settings
        self._tls_ca_file = tls_ca_file
        self._clock = clock
        self._connection: Connection | None = None
        self._reception: Reception | None = None
        self._delivery = Delivery(Sender(self._connected, clock), clock)
        self._files = PlatformFiles(
            origins=frozenset(f"https://{host}" for host in FILE_HOSTS),
            ca_file=tls_ca_file,
            proxy=settings.proxy,
        )

    @property
    def name(self) -> PlatformName:
        return NAME

    @property
    def status(self) -> Status:
        return "connecting" if self._connection is None else self._connection.link

    def bind(self, core: Core) -> None:
        self._reception = Reception(core, self._delivery, self._clock)

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections.

        Raises ConfigurationError for a token that is refused. When cancelled, what was heard is still carried out, and
        deliveries go on working until `close`.
        """
        wait = FIRST_WAIT_SECONDS
        while True:
            connection = self._connection = self._open_connection()
            try:
                await self._listen(connection)
            except asyncio.CancelledError:
                await connection.stop_listening()
                raise
            except discord.LoginFailure as error:
                raise ConfigurationError((NOT_LET_IN,)) from error
            except UNREACHABLE as error:
                if isinstance(error, discord.ConnectionClosed) and error.code == TOKEN_REFUSED:
                    raise ConfigurationError((NOT_LET_IN,)) from error
                logger.warning("not connected", extra={"platform": NAME, "detail": str(error), "retry_s": round(wait)})
            wait = FIRST_WAIT_SECONDS if connection.was_ready else wait
            await connection.close()
            await self._clock.sleep(wait * JITTER.uniform(0.5, 1.0))
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        await self._files.close()

    def capabilities(self, origin: Origin) -> Capabilities:
        return capabilities(origin)

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        return await self._files.fetch(attachment.address, most_bytes=most_bytes)

    async def show_progress(
        self,
        origin: Origin,
        reply: Reply,
        *,
        job: JobId,
        message: MessageId | None,
        anew: bool,
    ) -> MessageId:
        return await self._delivery.show_progress(origin, reply, nonce=f"{job}.p", message=message, anew=anew)

    async def decline(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> None:
        await self._delivery.decline(origin, reply, nonce=f"{job}.d", message=message)

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

    def _connected(self) -> discord.Client:
        if self._connection is None or not self._connection.logged_in:
            raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail="not connected")
        return self._connection

    def _open_connection(self) -> "Connection":
        if self._reception is None:
            raise RuntimeError("bind the core before running")
        return Connection(self._reception, self._settings, tls_ca_file=self._tls_ca_file)

    async def _listen(self, connection: "Connection") -> None:
        await connection.login(self._settings.token.value)
        await connection.connect(reconnect=True)


class Connection(discord.Client):
    """One discord.py client. It keeps no members and no messages, and pings nobody by default."""

    def __init__(self, reception: Reception, settings: DiscordSettings, *, tls_ca_file: Path | None) -> None:
        # The library's notes about missing voice codecs are for bots that speak.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=RATE_LIMIT_SECONDS,
            proxy=settings.proxy,
            connector=open_connector(tls_context(tls_ca_file)),
        )
        self._reception = reception
        self._hearing: set[asyncio.Task[Any]] = set()
        self.link: Status = "connecting"
        self.logged_in = False
        self.was_ready = False

    async def setup_hook(self) -> None:
        """Between login and gateway: nobody can use a command yet that is about to change."""
        self.logged_in = True
        application = self.application_id or 0
        try:
            known: Any = await self.http.get_global_commands(application)
            payload = overwrite(known)
            if payload is not None:
                await self.http.bulk_upsert_global_commands(application, payload)
                logger.info("commands synchronised", extra={"platform": NAME})
        except discord.HTTPException as error:
            # Those of the last start still work.
            logger.warning("commands not synchronised", extra={"platform": NAME, "detail": str(error)})

    async def on_connect(self) -> None:
        """Events come from here on; waiting for every server's data first would answer nobody for seconds."""
        self.link = "ready"
        self.was_ready = True
        logger.info("ready", extra={"platform": NAME})

    async def on_resumed(self) -> None:
        self.link = "ready"

    async def on_disconnect(self) -> None:
        self.link = "connecting"

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await self._hear(self._reception.hear_interaction(interaction))

    async def on_message(self, message: discord.Message) -> None:
        if self.user is not None:
            application = self.application_id or self.user.id
            await self._hear(self._reception.hear_message(message, us=self.user.id, application=application))

    async def stop_listening(self) -> None:
        """Leave the gateway; what was heard is carried out. The session for deliveries stays open."""
        self.link = "connecting"
        gateway = cast("DiscordWebSocket | None", self.ws)
        if gateway is not None and gateway.open:
            await gateway.close(code=NORMAL_CLOSURE)
        if self._hearing:
            await asyncio.wait(self._hearing, timeout=DRAIN_SECONDS)

    async def close(self) -> None:
        self.logged_in = False
        self.link = "connecting"
        await super().close()

    async def _hear(self, hearing: Awaitable[None]) -> None:
        """The library forgets the tasks its events run in: they are kept here, to wait for at the end."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an event is heard in a task")
        self._hearing.add(task)
        try:
            await hearing
        finally:
            self._hearing.discard(task)
