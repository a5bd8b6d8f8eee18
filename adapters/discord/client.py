"""The connection to Discord: login, gateway, reconnects; and the platform the core sees."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, cast

import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from adapters.discord.address import member_id
from adapters.discord.capabilities import capabilities
from adapters.discord.commands import overwrite
from adapters.discord.failures import FAILURES
from adapters.discord.inbound.attachments import FILE_HOSTS
from adapters.discord.inbound.history import History
from adapters.discord.inbound.priority import AcknowledgementsFirst
from adapters.discord.inbound.receiver import REPLAYED, Receiver
from adapters.discord.memberships import Memberships
from adapters.discord.outbound.delivery import Delivery
from adapters.discord.outbound.job_messages import JobMessages
from adapters.discord.outbound.sender import Sender
from adapters.discord.session import FILE, FIRST_SEQUENCE, Session, SessionFile, session_key
from adapters.discord.settings import NAME, DiscordSettings
from adapters.shared.connection import DRAIN_SECONDS, Backoff, Status, log_not_connected, not_connected
from adapters.shared.core import Core
from adapters.shared.http_client import PlatformFiles, open_connector
from adapters.shared.runnable_platform import RunnablePlatform
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Ping, Posted, ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Attachment, Origin
from bot.errors import ConfigurationError
from bot.ids import MessageId, PlatformName, WorkspaceId

logger = logging.getLogger(__name__)

RATE_LIMIT_SECONDS = 30.0
"""How long a call waits for the rate limit before it fails instead."""
SAVE_SECONDS = 1.0
FIRST_SAVE_SECONDS = 0.5
"""How long the first events of a session wait until it is recorded: the disk may be slow, and Discord waits three seconds."""
RESUME_SECONDS = 15.0
TOKEN_REFUSED = 4004
NORMAL_CLOSURE = 1000
"""Ends the session; after any code but this and 1001 it can be resumed for a while."""
RESUMABLE_CLOSURE = 4000
LOGIN_REFUSED = "DISCORD_TOKEN: Discord refused this token; copy the bot's current token from its page in the developer portal."
UNREACHABLE: tuple[type[Exception], ...] = (*FAILURES, AttributeError)
"""AttributeError: when its very first gateway connection fails, discord.py uses one that it does not have."""
UNRESUMABLE: tuple[type[Exception], ...] = (*UNREACHABLE, TypeError)
"""Includes AttributeError and TypeError, because internals of discord.py may change in a later version."""
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class DiscordPlatform(RunnablePlatform):
    """Discord as a chat platform. `run` until cancelled, deliver until `close`; it logs in at once and waits for `bind`."""

    def __init__(self, settings: DiscordSettings, *, tls: ssl.SSLContext, data_dir: Path, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._connection: Connection | None = None
        self._receiver: Receiver | None = None
        self._bound = asyncio.Event()
        self._first = AcknowledgementsFirst()
        self._session_file = SessionFile(data_dir / FILE, session_key(settings.token.value, INTENTS.value), clock)
        sender = Sender(self._current_client, clock)
        self._job_messages = JobMessages(sender, clock)
        self._delivery = Delivery(sender, self._job_messages, clock)
        self._history = History(sender)
        self._memberships = Memberships(self._current_client, clock)
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
        return "connecting" if self._connection is None else self._connection.readiness

    def bind(self, core: Core) -> None:
        self._receiver = Receiver(core, self._delivery, self._history, self._clock, self._first)
        self._bound.set()

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections; first in the session that the last process left.

        Raises ConfigurationError for a token that is refused. When cancelled, the events received so far are still handled,
        and messages can be delivered until `close`.
        """
        session = await self._session_file.acquire()
        saving = asyncio.create_task(self._save_session())
        try:
            await self._listen(session)
        finally:
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
            await self._stop_listening()

    async def _listen(self, session: Session | None) -> NoReturn:
        backoff = Backoff()
        while True:
            failure: Exception | None = None
            connection = self._connection = self._open_connection(session)
            try:
                await connection.login(self._settings.token.value)
                await connection.connect(reconnect=True)
            except discord.LoginFailure as error:
                raise ConfigurationError((LOGIN_REFUSED,)) from error
            except UNREACHABLE as error:
                if isinstance(error, discord.ConnectionClosed) and error.code == TOKEN_REFUSED:
                    raise ConfigurationError((LOGIN_REFUSED,)) from error
                failure = error
            if connection.was_ready:
                backoff.reset()
            pause = backoff.pause()
            if failure is not None:
                log_not_connected(NAME, str(failure), pause=pause)
            session = connection.session
            await connection.close()
            await self._clock.sleep(pause)

    async def _save_session(self) -> None:
        """Record which events have been handled, about once a second: Discord replays later ones to the next process."""
        while True:
            await self._clock.sleep(SAVE_SECONDS)
            connection = self._connection
            if connection is not None and connection.readiness == "ready" and (session := await connection.drain()) is not None:
                await self._session_file.save(session)

    async def _stop_listening(self) -> None:
        """Stop reading events. Discord replays them to the next process, which may already run."""
        if self._connection is not None and not await self._session_file.release(await self._connection.stop_listening()):
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

    async def progress_turn(self, origin: Origin, message: MessageId | None, *, wait: bool) -> bool:
        """The library itself lets calls wait for Discord's limits, all those of a channel together."""
        del origin, message
        if wait:
            await self._first.others_turn()
        return True

    async def is_member(self, origin: Origin, workspaces: frozenset[WorkspaceId]) -> bool:
        return await self._memberships.is_member(member_id(origin), map(int, filter(str.isdecimal, workspaces)))

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        return await self._job_messages.show_progress(update)

    async def show_taken(self, origin: Origin, reply: Reply) -> None:
        await self._delivery.show_taken(origin, reply)

    async def decline(self, notice: RefusalNotice) -> None:
        await self._delivery.decline(notice)

    async def post(self, result: ResultMessage) -> Posted:
        return await self._job_messages.post(result)

    async def close_progress(self, update: ProgressUpdate, *, way: Way) -> None:
        await self._job_messages.close_progress(update, way=way)

    async def ping(self, ping: Ping) -> None:
        await self._job_messages.ping(ping)

    def _current_client(self) -> discord.Client:
        if self._connection is None or not self._connection.logged_in:
            raise not_connected()
        return self._connection

    def _open_connection(self, session: Session | None) -> "Connection":
        return Connection(self._bound_receiver, self._settings, session, keep=self._session_file.save, tls=self._tls)

    async def _bound_receiver(self) -> Receiver:
        await self._bound.wait()
        if self._receiver is None:
            raise RuntimeError("bound without a core")
        return self._receiver


class Connection(discord.Client):
    """One discord.py client, without caches of members and messages; it resumes `session`, whose servers Discord does not list."""

    def __init__(
        self,
        bound_receiver: Callable[[], Awaitable[Receiver]],
        settings: DiscordSettings,
        session: Session | None,
        *,
        keep: Callable[[Session], Coroutine[Any, Any, None]],
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
        self._bound_receiver = bound_receiver
        self._receiver: Receiver | None = None
        self._inherited = session
        self._keep = keep
        self._keeping: asyncio.Task[None] | None = None
        self._handling: set[asyncio.Task[Any]] = set()
        self.readiness: Status = "connecting"
        self.logged_in = False
        self.was_ready = False
        self._known_commands: Any = None
        self._synchronising: asyncio.Task[None] | None = None

    async def setup_hook(self) -> None:
        """Between login and gateway. Only an application without any command has to wait for them here."""
        self.logged_in = True
        # Events come once the gateway is connected, and are the core's.
        receiver = self._receiver = await self._bound_receiver()
        try:
            known: Any = await self.http.get_global_commands(self.application_id or 0)
        except discord.HTTPException as error:
            _log_not_synchronised(error)
            return
        if known:
            # Those of the last start still work, so members need not wait for a comparison that reads all words.
            self._known_commands = known
        else:
            await self._synchronise(known, receiver)

    async def _synchronise(self, known: Any, receiver: Receiver) -> None:  # noqa: ANN401  # JSON
        """Make the commands that Discord knows ours."""
        try:
            payload = overwrite(known, await receiver.menu())
            if payload is not None:
                await self.http.bulk_upsert_global_commands(self.application_id or 0, payload)
                logger.info("commands synchronised", extra={"platform": NAME})
        except discord.HTTPException as error:
            _log_not_synchronised(error)

    @property
    def session(self) -> Session | None:
        """The session it has, or is to resume."""
        gateway = self._gateway
        if gateway is None:
            return self._inherited
        if gateway.session_id is None or gateway.sequence is None or gateway.gateway.host is None:
            return None
        return Session(id=gateway.session_id, host=gateway.gateway.host, sequence=gateway.sequence)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Resume the session as long as there is one; then run the library's own loop, which always opens a new one.

        This makes the same calls as that loop. They are internal to the library: if they change, every session is a new one
        again.
        """
        session = self._inherited
        while session is not None:
            session = await self._resume(session)
        await super().connect(reconnect=reconnect)

    async def _resume(self, session: Session) -> Session | None:
        """Run one connection to its end; the session if it can be resumed once more."""
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
            await self._disconnect(RESUMABLE_CLOSURE)
        logger.info("session not resumed", extra={"platform": NAME, "detail": detail})
        return None

    async def on_connect(self) -> None:
        """Events come from here on; waiting for every server's data first would leave members without answers for seconds."""
        if (session := self.session) is not None:
            # Events that came meanwhile are not handled yet: Discord would replay them.
            self._keeping = asyncio.create_task(self._keep(replace(session, sequence=FIRST_SEQUENCE)))
        self._begin(resumed=False)

    async def on_resumed(self) -> None:
        if self.was_ready:
            self.readiness = "ready"
        else:
            self._begin(resumed=True)

    def _begin(self, *, resumed: bool) -> None:
        self.readiness = "ready"
        self.was_ready = True
        logger.info("ready", extra={"platform": NAME, "resumed": resumed})
        if self._known_commands and self._receiver is not None:
            self._synchronising = asyncio.create_task(self._synchronise(self._known_commands, self._receiver))
            self._known_commands = None

    async def on_disconnect(self) -> None:
        self.readiness = "connecting"

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if self.readiness != "ready":
            interaction.extras[REPLAYED] = True
        if self._receiver is not None:
            await self._track(self._receiver.receive_interaction(interaction))

    async def on_message(self, message: discord.Message) -> None:
        if self.user is not None and self._receiver is not None:
            application = self.application_id or self.user.id
            await self._track(self._receiver.receive_message(message, bot_user=self.user.id, application=application))

    async def drain(self) -> Session | None:
        """The session as of now, once all events that came in it so far have been handled."""
        session = self.session if self._gateway is not None else None
        # The library runs each event in a task; after one turn of the loop, all existing tasks have started.
        await asyncio.sleep(0)
        if self._handling:
            await asyncio.wait(self._handling.copy())
        return session

    async def stop_listening(self) -> Session | None:
        """Read no more events, finish those received, and give the session as of now; None if that takes too long.

        The gateway stays connected until `close`: Discord counts a session's last minutes only from there.
        """
        self.readiness = "connecting"
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                return await self.drain()
        except TimeoutError:
            return None

    async def end_session(self) -> None:
        """End the session, so that no process resumes it. The connection for deliveries stays open."""
        await self._disconnect(NORMAL_CLOSURE)

    async def close(self) -> None:
        self.logged_in = False
        self.readiness = "connecting"
        if self._synchronising is not None:
            self._synchronising.cancel()
            await asyncio.gather(self._synchronising, return_exceptions=True)
        await self._disconnect(RESUMABLE_CLOSURE)
        await super().close()

    async def _disconnect(self, code: int) -> None:
        gateway = self._gateway
        if gateway is not None and gateway.open:
            await gateway.close(code=code)

    @property
    def _gateway(self) -> DiscordWebSocket | None:
        """None before the first, which the library's type does not say."""
        return cast("DiscordWebSocket | None", self.ws)

    async def _track(self, handling: Awaitable[None]) -> None:
        """The library keeps no reference to the tasks that its events run in: they are kept here, to wait for at the end.

        No event is handled before its session is recorded: what a killed process has acknowledged is then replayed.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an event is handled in a task")
        self._handling.add(task)
        try:
            if self._keeping is not None and not self._keeping.done():
                await asyncio.wait({self._keeping}, timeout=FIRST_SAVE_SECONDS)
            await handling
        finally:
            self._handling.discard(task)


def _log_not_synchronised(error: discord.HTTPException) -> None:
    """The commands of the last start still work."""
    logger.warning("commands not synchronised", extra={"platform": NAME, "detail": str(error)})
