"""The connection to Discord: login, gateway, reconnects; and the platform the core sees."""

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, NoReturn, cast

import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from adapters.discord.capabilities import capabilities
from adapters.discord.commands import overwrite
from adapters.discord.failures import FAILURES
from adapters.discord.inbound.reading import FILE_HOSTS
from adapters.discord.inbound.receiver import REPLAYED, Receiver
from adapters.discord.outbound.delivery import Delivery
from adapters.discord.outbound.sender import Sender
from adapters.discord.session import FILE, Session, SessionFile, session_key
from adapters.discord.settings import NAME, DiscordSettings
from adapters.shared.core import Core
from adapters.shared.http_client import PlatformFiles, open_connector
from adapters.shared.runnable_platform import RunnablePlatform
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Posted
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Attachment, Origin
from bot.errors import ConfigurationError, DeliveryCode, DeliveryError
from bot.ids import JobId, MessageId, PlatformName

logger = logging.getLogger(__name__)

RATE_LIMIT_SECONDS = 30.0
"""The longest a call waits for its turn before it fails instead."""
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
DRAIN_SECONDS = 5.0
KEEP_SECONDS = 1.0
RESUME_SECONDS = 15.0
TOKEN_REFUSED = 4004
NORMAL_CLOSURE = 1000
"""Ends the session; with any code but this and 1001 it can be resumed for a while."""
RESUMABLE_CLOSURE = 4000
NOT_LET_IN = "DISCORD_TOKEN: Discord refused this token; copy the bot's current token from its page in the developer portal."
JITTER = random.SystemRandom()
UNREACHABLE: tuple[type[Exception], ...] = (*FAILURES, AttributeError)
"""AttributeError: discord.py asks the gateway connection it never had when its very first one fails."""
UNRESUMABLE: tuple[type[Exception], ...] = (*UNREACHABLE, TypeError)
"""AttributeError and TypeError: what is not promised to users of discord.py may be there no more, or ask for more."""
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)

Status = Literal["connecting", "ready"]


class DiscordPlatform(RunnablePlatform):
    """Discord as a chat platform. `run` until cancelled, deliver until `close`; it logs in at once and waits for `bind`."""

    def __init__(self, settings: DiscordSettings, *, tls: ssl.SSLContext, data_dir: Path, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._connection: Connection | None = None
        self._reception: Receiver | None = None
        self._bound = asyncio.Event()
        self._session_file = SessionFile(data_dir / FILE, session_key(settings.token.value, INTENTS.value), clock)
        self._delivery = Delivery(Sender(self._connected, clock), clock)
        self._files = PlatformFiles(
            origins=frozenset(f"https://{host}" for host in FILE_HOSTS),
            tls=tls,
            proxy=settings.proxy,
        )

    @property
    def name(self) -> PlatformName:
        return NAME

    @property
    def status(self) -> Status:
        return "connecting" if self._connection is None else self._connection.link

    def bind(self, core: Core) -> None:
        self._reception = Receiver(core, self._delivery, self._clock)
        self._bound.set()

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections, in the session of the process before if there is one.

        Raises ConfigurationError for a token that is refused. When cancelled, what was heard is still carried out, and
        deliveries go on working until `close`.
        """
        session = await self._session_file.take()
        keeping = asyncio.create_task(self._keep_session())
        try:
            await self._listen(session)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self._stop_listening()

    async def _listen(self, session: Session | None) -> NoReturn:
        wait = FIRST_WAIT_SECONDS
        while True:
            connection = self._connection = self._open_connection(session)
            try:
                await connection.login(self._settings.token.value)
                # Events come once this is connected, and are the core's.
                await self._bound.wait()
                await connection.connect(reconnect=True)
            except discord.LoginFailure as error:
                raise ConfigurationError((NOT_LET_IN,)) from error
            except UNREACHABLE as error:
                if isinstance(error, discord.ConnectionClosed) and error.code == TOKEN_REFUSED:
                    raise ConfigurationError((NOT_LET_IN,)) from error
                logger.warning("not connected", extra={"platform": NAME, "detail": str(error), "retry_s": round(wait)})
            wait = FIRST_WAIT_SECONDS if connection.was_ready else wait
            session = connection.session
            await connection.close()
            await self._clock.sleep(wait * JITTER.uniform(0.5, 1.0))
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _keep_session(self) -> None:
        """Write down how far it was heard, about once a second: what came later is told to the next process once more."""
        while True:
            await self._clock.sleep(KEEP_SECONDS)
            connection = self._connection
            if connection is not None and connection.link == "ready" and (session := await connection.heard()) is not None:
                await self._session_file.keep(session)

    async def _stop_listening(self) -> None:
        """From here on events are the next process's, which may have started: what we do not read will be replayed to it."""
        if self._connection is not None and not await self._session_file.leave(await self._connection.stop_listening()):
            await self._connection.end_session()

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

    def _open_connection(self, session: Session | None) -> "Connection":
        return Connection(self._receiver, self._settings, session, tls=self._tls)

    def _receiver(self) -> Receiver:
        if self._reception is None:
            raise RuntimeError("bind the core before connecting")
        return self._reception


class Connection(discord.Client):
    """One discord.py client. It keeps no members and no messages, and pings nobody by default.

    `session` is one to go on with. Resumed, it is not told which servers there are: whatever an event does not tell is unknown.
    """

    def __init__(
        self,
        reception: Callable[[], Receiver],
        settings: DiscordSettings,
        session: Session | None,
        *,
        tls: ssl.SSLContext,
    ) -> None:
        # The library's notes about missing voice codecs are for bots that speak.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=INTENTS,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=RATE_LIMIT_SECONDS,
            proxy=settings.proxy,
            connector=open_connector(tls),
        )
        self._reception = reception
        self._inherited = session
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

    @property
    def session(self) -> Session | None:
        """The one it has, or is to go on with."""
        gateway = self._gateway
        if gateway is None:
            return self._inherited
        if gateway.session_id is None or gateway.sequence is None or gateway.gateway.host is None:
            return None
        return Session(id=gateway.session_id, host=gateway.gateway.host, sequence=gateway.sequence)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Resume the session as long as there is one; all else is the library's, whose own loop always begins with a new one.

        This does what that loop does, by the same calls. They are not promised to users of the library: if they change,
        every session is a new one again.
        """
        session = self._inherited
        while session is not None:
            session = await self._resume(session)
        await super().connect(reconnect=reconnect)

    async def _resume(self, session: Session) -> Session | None:
        """One connection, to its end; the session if it is worth to be resumed once more."""
        try:
            async with asyncio.timeout(RESUME_SECONDS):
                self.ws = await DiscordWebSocket.from_client(
                    self,
                    gateway=DiscordWebSocket.DEFAULT_GATEWAY.with_host(session.host),
                    session=session.id,
                    sequence=session.sequence,
                    resume=True,
                )
            while True:
                await self.ws.poll_event()
        except ReconnectWebSocket as ended:
            self.dispatch("disconnect")
            if ended.resume and self.was_ready:
                return self.session
            detail = "Discord ended it"
        except UNRESUMABLE as error:
            detail = str(error)
            await self._leave(RESUMABLE_CLOSURE)
        logger.info("session not resumed", extra={"platform": NAME, "detail": detail})
        return None

    async def on_connect(self) -> None:
        """Events come from here on; waiting for every server's data first would answer nobody for seconds."""
        self._begin(resumed=False)

    async def on_resumed(self) -> None:
        if self.was_ready:
            self.link = "ready"
        else:
            self._begin(resumed=True)

    def _begin(self, *, resumed: bool) -> None:
        self.link = "ready"
        self.was_ready = True
        logger.info("ready", extra={"platform": NAME, "resumed": resumed})

    async def on_disconnect(self) -> None:
        self.link = "connecting"

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if self.link != "ready":
            interaction.extras[REPLAYED] = True
        await self._hear(self._reception().receive_interaction(interaction))

    async def on_message(self, message: discord.Message) -> None:
        if self.user is not None:
            application = self.application_id or self.user.id
            await self._hear(self._reception().receive_message(message, us=self.user.id, application=application))

    async def heard(self) -> Session | None:
        """The session as of now, as soon as all that came in it so far is carried out."""
        session = self.session if self._gateway is not None else None
        # Each event is a task of the library's; within one turn of the loop those that there are have begun.
        await asyncio.sleep(0)
        if self._hearing:
            await asyncio.wait(self._hearing.copy())
        return session

    async def stop_listening(self) -> Session | None:
        """Nothing new is read; what was heard is carried out, and the session as of now told. None if that takes too long.

        The gateway stays connected until `close`: Discord counts a session's last minutes only from there.
        """
        self.link = "connecting"
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                return await self.heard()
        except TimeoutError:
            return None

    async def end_session(self) -> None:
        """Nobody will go on with it. The connection for deliveries stays open."""
        await self._leave(NORMAL_CLOSURE)

    async def close(self) -> None:
        self.logged_in = False
        self.link = "connecting"
        await self._leave(RESUMABLE_CLOSURE)
        await super().close()

    async def _leave(self, code: int) -> None:
        gateway = self._gateway
        if gateway is not None and gateway.open:
            await gateway.close(code=code)

    @property
    def _gateway(self) -> DiscordWebSocket | None:
        """The library says that there always is one."""
        return cast("DiscordWebSocket | None", self.ws)

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
