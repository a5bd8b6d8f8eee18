"""The gateway: sessions, connections, dispatched events, and the faults of the wire."""

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.discord.gateway.compression import compression_for
from sandbox.discord.gateway.connection import Close, Connection, ConnectionHandler, Drop, ResumeOutcome, Zombie
from sandbox.discord.gateway.sessions import Event, Session
from sandbox.discord.serializer import Serializer
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import World
from sandbox.runtime import Runtime

RESUME_HOST = "gateway-us-east1-b.discord.gg"
# Close codes after which a client has to identify again.
_FINAL_CODES = frozenset({1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})
_POLL_S = 0.1


class Gateway(ConnectionHandler):
    """All sessions and connections. `dispatch` delivers an event to every interested session, now or when it resumes."""

    def __init__(
        self,
        runtime: Runtime,
        world: World,
        serializer: Serializer,
        snowflakes: Snowflakes,
        *,
        token: str,
        heartbeat_s: float,
        privileged_intents: int,
    ) -> None:
        runtime.faults.declare("discord.gateway", ("duplicate", *_FAULT_ACTIONS, "close:NUMBER"))
        self.runtime = runtime
        self.token = token
        self.heartbeat_s = heartbeat_s
        self.privileged_intents = privileged_intents
        self._world = world
        self._serializer = serializer
        self._snowflakes = snowflakes
        self._sessions: dict[str, Session] = {}
        self._connections: dict[str, Connection] = {}
        self._open: set[Connection] = set()
        self._duplicate_next = False
        self._poll: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._poll = asyncio.create_task(self._poll_faults())

    async def close(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poll
        for connection in list(self._open):
            connection.drop()

    @property
    def connected(self) -> bool:
        """Whether a bot is connected and identified."""
        return bool(self._connections)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Speak the gateway protocol on one websocket until it ends."""
        socket = web.WebSocketResponse(max_msg_size=0, compress=False, timeout=1.0)
        await socket.prepare(request)
        connection = Connection(socket, request, self, compression_for(request.query.get("compress")))
        self._open.add(connection)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            self._on_disconnect(connection)
        return socket

    def dispatch(self, event: Event) -> None:
        times = 2 if self._take_event_fault(event.name) else 1
        for _ in range(times):
            for session in self._resumable_sessions():
                if session.wants(event):
                    frame = session.record(event)
                    if (connection := self._connections.get(session.id)) is not None:
                        connection.send(frame)

    def identify(self, connection: Connection, intents: int, shard: tuple[int, int] | None) -> None:
        """Open a session: send READY with the servers unavailable, then each server."""
        session = Session(id=f"{self.runtime.random.getrandbits(128):032x}", intents=intents, shard=shard)
        self._sessions[session.id] = session
        self._bind(connection, session)
        guilds = [one for one in self._world.joined_guilds if session.wants(Event(name="", data={}, guild_id=one.id))]
        ready: JsonObject = {
            "v": 10,
            "user": self._serializer.own_user(),
            "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": f"wss://{RESUME_HOST}",
            "session_type": "normal",
            "private_channels": [],
            "application": {"id": self._world.application_id, "flags": 0, "flags_new": "0"},
            "_trace": [],
        }
        if shard is not None:
            ready["shard"] = list(shard)
        connection.send(session.record(Event(name="READY", data=ready)))
        for guild in guilds if intents & 1 else ():
            connection.send(session.record(Event(name="GUILD_CREATE", data=self._serializer.guild(guild))))

    def resume(self, connection: Connection, session_id: str, sequence: int) -> ResumeOutcome:
        """Replay what the session missed, and return how the resume went."""
        session = self._sessions.get(session_id)
        if session is None or not session.resumable(self.runtime.clock.now()):
            return ResumeOutcome.INVALID_SESSION
        if sequence > session.sequence:
            session.ended = True
            return ResumeOutcome.INVALID_SEQUENCE
        missed = session.frames_after(sequence)
        if missed is None:
            return ResumeOutcome.INVALID_SESSION
        older = self._connections.get(session_id)
        if older is not None:
            older.drop()
        self._bind(connection, session)
        for frame in missed:
            connection.send(frame)
        connection.send(session.record(Event(name="RESUMED", data={"_trace": []})))
        return ResumeOutcome.RESUMED

    def send_members(self, connection: Connection, query: JsonObject) -> None:
        """Answer a request for guild members with one chunk."""
        guild = self._world.guild
        if connection.session is None or str(query.get("guild_id")) != guild.id:
            return
        wanted = query.get("user_ids")
        ids = [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])] if wanted else None
        starts = str(query.get("query") or "")
        found = [one for one in guild.members if (one in ids if ids else self._world.users[one].name.startswith(starts))]
        data: JsonObject = {
            "guild_id": guild.id,
            "members": [self._serializer.member(one, guild) for one in found[: int(query.get("limit") or 0) or None]],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [one for one in ids or [] if one not in guild.members],
        }
        if query.get("nonce"):
            data["nonce"] = query["nonce"]
        connection.send(connection.session.record(Event(name="GUILD_MEMBERS_CHUNK", data=data)))

    def _bind(self, connection: Connection, session: Session) -> None:
        connection.session = session
        session.lost_at = None
        self._connections[session.id] = connection

    def _on_disconnect(self, connection: Connection) -> None:
        session = connection.session
        if session is None or self._connections.get(session.id) is not connection:
            return
        del self._connections[session.id]
        session.lost_at = self.runtime.clock.now()
        # The client closed normally, or we closed with a final code: the session cannot be resumed.
        session.ended = session.ended or connection.close_code in _FINAL_CODES

    def _resumable_sessions(self) -> list[Session]:
        now = self.runtime.clock.now()
        self._sessions = {key: one for key, one in self._sessions.items() if one.resumable(now)}
        return list(self._sessions.values())

    def _take_event_fault(self, detail: str) -> bool:
        """Take a fault before an event, and return whether the event is to be sent twice."""
        what = self.runtime.faults.take("discord.gateway", detail)
        if what is not None:
            self._apply_fault(what)
        twice, self._duplicate_next = self._duplicate_next, False
        return twice

    async def _poll_faults(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            if self._connections and (what := self.runtime.faults.take("discord.gateway", "idle")) is not None:
                self._apply_fault(what)

    def _apply_fault(self, what: str) -> None:
        word, _, argument = what.partition(":")
        if word == "duplicate":
            self._duplicate_next = True
            return
        action = _FAULT_ACTIONS.get(word)
        if action is None:
            raise ValueError(f"discord.gateway knows no fault {word}")
        for connection in list(self._connections.values()):
            action(connection, argument)
            if word == "invalid-session" and connection.session is not None:
                connection.session.ended = True


def _close(connection: Connection, argument: str) -> None:
    connection.enqueue(Close(code=int(argument or 4000)))


def _reconnect(connection: Connection, _: str) -> None:
    connection.enqueue('{"op":7,"d":null,"s":null,"t":null}')


def _invalid(connection: Connection, _: str) -> None:
    connection.enqueue('{"op":9,"d":false,"s":null,"t":null}')


def _invalid_resumable(connection: Connection, _: str) -> None:
    connection.enqueue('{"op":9,"d":true,"s":null,"t":null}')


def _heartbeat(connection: Connection, _: str) -> None:
    connection.enqueue('{"op":1,"d":null,"s":null,"t":null}')


def _zombie(connection: Connection, _: str) -> None:
    connection.enqueue(Zombie())


def _drop(connection: Connection, _: str) -> None:
    connection.enqueue(Drop())


_FAULT_ACTIONS: dict[str, Callable[[Connection, str], None]] = {
    "close": _close,
    "reconnect": _reconnect,
    "invalid-session": _invalid,
    "invalid-session-resumable": _invalid_resumable,
    "heartbeat": _heartbeat,
    "zombie": _zombie,
    "drop": _drop,
}
