"""One connection to Discord: a client of the library that resumes a session and passes events on."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from adapters.discord.failures import FAILURES
from adapters.discord.session import FIRST_SEQUENCE, REPLAYED, Session
from adapters.discord.settings import NAME, DiscordSettings
from adapters.shared.connection import DRAIN_SECONDS, Status
from adapters.shared.http_client import open_connector

if TYPE_CHECKING:
    from adapters.discord.inbound.receiver import Receiver

logger = logging.getLogger(__name__)

RATE_LIMIT_SECONDS = 30.0
"""How long a call waits for the rate limit before it fails instead."""
FIRST_SAVE_SECONDS = 0.5
"""How long the first events of a session wait until it is recorded: the disk may be slow, and Discord waits three seconds."""
RESUME_SECONDS = 15.0
NORMAL_CLOSURE = 1000
"""Ends the session; after any code but this and 1001 it can be resumed for a while."""
RESUMABLE_CLOSURE = 4000
UNREACHABLE: tuple[type[Exception], ...] = (*FAILURES, AttributeError)
"""AttributeError: when its very first gateway connection fails, discord.py uses one that it does not have."""
UNRESUMABLE: tuple[type[Exception], ...] = (*UNREACHABLE, TypeError)
"""Includes AttributeError and TypeError, because internals of discord.py may change in a later version."""
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class Connection(discord.Client):
    """One discord.py client, without caches of members and messages; it resumes `session`, whose servers Discord does not list."""

    def __init__(
        self,
        bound: Callable[[], Awaitable[object]],
        receiver: "Callable[[], Awaitable[Receiver]]",
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
        self._bound = bound
        self._receiver = receiver
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
        await self._bound()
        try:
            known: Any = await self.http.get_global_commands(self.application_id or 0)
        except discord.HTTPException as error:
            _log_not_synchronised(error)
            return
        if known:
            # Those of the last start still work, so members need not wait for a comparison that reads all words.
            self._known_commands = known
        else:
            await self._synchronise(known)

    async def _synchronise(self, known: Any) -> None:  # noqa: ANN401  # JSON
        """Make the commands that Discord knows ours."""
        try:
            payload = await (await self._receiver()).menu_to_send(known)
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
        if self._known_commands:
            self._synchronising = asyncio.create_task(self._synchronise(self._known_commands))
            self._known_commands = None

    async def on_disconnect(self) -> None:
        self.readiness = "connecting"

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if self.readiness != "ready":
            interaction.extras[REPLAYED] = True
        await self._track(self._handle_interaction(interaction))

    async def on_message(self, message: discord.Message) -> None:
        if self.user is not None:
            await self._track(self._handle_message(message, bot_user=self.user.id))

    async def _handle_interaction(self, interaction: discord.Interaction) -> None:
        await (await self._receiver()).receive_interaction(interaction)

    async def _handle_message(self, message: discord.Message, *, bot_user: int) -> None:
        receiver = await self._receiver()
        await receiver.receive_message(message, bot_user=bot_user, application=self.application_id or bot_user)

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
