"""The platform that the core sees: connects to Discord, again and again, and delivers."""

import asyncio
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import discord

from adapters.discord.address import member_id
from adapters.discord.capabilities import capabilities
from adapters.discord.connection import INTENTS, UNREACHABLE, Connection
from adapters.discord.inbound.attachments import FILE_HOSTS
from adapters.discord.inbound.priority import AcknowledgementsFirst
from adapters.discord.memberships import Memberships
from adapters.discord.outbound.delivery import Delivery
from adapters.discord.outbound.job_messages import JobMessages
from adapters.discord.outbound.sender import Sender
from adapters.discord.session import FILE, Session, SessionFile, session_key
from adapters.discord.settings import NAME, DiscordSettings
from adapters.shared.connection import Backoff, Status, log_not_connected, not_connected
from adapters.shared.http_client import PlatformFiles
from adapters.shared.runnable_platform import LoadCore, RunnablePlatform
from bot.chat.capabilities import Capabilities, Way
from bot.chat.chat_platform import Ping, Posted, ProgressUpdate, RefusalNotice, ResultMessage
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Attachment, Origin
from bot.errors import ConfigurationError
from bot.ids import MessageId, PlatformName, WorkspaceId

if TYPE_CHECKING:
    from adapters.discord.inbound.receiver import Receiver

SAVE_SECONDS = 1.0
TOKEN_REFUSED = 4004
LOGIN_REFUSED = "DISCORD_TOKEN: Discord refused this token; copy the bot's current token from its page in the developer portal."


class DiscordPlatform(RunnablePlatform):
    """Discord as a chat platform. `run` until cancelled, deliver until `close`; it logs in at once and waits for `bind`."""

    def __init__(self, settings: DiscordSettings, *, tls: ssl.SSLContext, data_dir: Path, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._connection: Connection | None = None
        self._receiver: Receiver | None = None
        self._loading = asyncio.Lock()
        self._load_core: LoadCore | None = None
        self._bound = asyncio.Event()
        self._first = AcknowledgementsFirst()
        self._session_file = SessionFile(data_dir / FILE, session_key(settings.token.value, INTENTS.value), clock)
        self._sender = Sender(self._current_client, clock)
        self._job_messages = JobMessages(self._sender, clock)
        self._delivery = Delivery(self._sender, self._job_messages, clock)
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

    def bind(self, load_core: LoadCore) -> None:
        self._load_core = load_core
        self._bound.set()

    async def load(self) -> None:
        await self._loaded_receiver()

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

    async def take_back(self, origin: Origin, message: MessageId) -> None:
        await self._job_messages.take_back(origin, message)

    async def ping(self, ping: Ping) -> None:
        await self._job_messages.ping(ping)

    def _current_client(self) -> discord.Client:
        if self._connection is None or not self._connection.logged_in:
            raise not_connected()
        return self._connection

    def _open_connection(self, session: Session | None) -> "Connection":
        return Connection(
            self._bound.wait, self._loaded_receiver, self._settings, session, keep=self._session_file.save, tls=self._tls
        )

    async def _loaded_receiver(self) -> "Receiver":
        # In turn, so that events keep their order.
        async with self._loading:
            if self._receiver is None:
                if self._load_core is None:
                    raise RuntimeError("bind the core before running")
                receiver = await asyncio.to_thread(_receiver_class)
                self._receiver = receiver(await self._load_core(), self._delivery, self._sender, self._clock, self._first)
            return self._receiver


def _receiver_class() -> "type[Receiver]":
    from adapters.discord.inbound.receiver import Receiver  # noqa: PLC0415  # reads events; connecting does not need it

    return Receiver
