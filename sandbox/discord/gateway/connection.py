"""One websocket of the gateway: handles the client's opcodes, sends frames in order, closes with Discord's codes."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from sandbox.contracts import JsonObject
from sandbox.discord.enums import KNOWN_INTENTS, PRIVILEGED_INTENTS
from sandbox.discord.gateway.compression import Compression
from sandbox.discord.gateway.sessions import Session

_MOST_BYTES = 4096
_MOST_SENDS = 120
_SEND_WINDOW_S = 60.0
_CLOSE_TYPES = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED})


HEARTBEAT_ACK_DELAY_S = 0.02


class ResumeOutcome(Enum):
    """The result of a resume."""

    RESUMED = auto()
    INVALID_SESSION = auto()
    INVALID_SEQUENCE = auto()


@dataclass(frozen=True, kw_only=True)
class Close:
    """Close with this code; frames queued after it are not sent."""

    code: int


class Drop:
    """Drop the connection without a close frame."""


class Zombie:
    """Keep the connection open, but neither answer nor send anything more."""


class ConnectionHandler(Protocol):
    """What a connection needs from its gateway."""

    token: str
    heartbeat_s: float
    privileged_intents: int

    def identify(self, connection: "Connection", intents: int, shard: tuple[int, int] | None) -> None: ...

    def resume(self, connection: "Connection", session_id: str, sequence: int) -> ResumeOutcome: ...

    def send_members(self, connection: "Connection", query: JsonObject) -> None: ...


class _CloseConnection(Exception):  # noqa: N818 - the reader's way out, not an error
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """One client; `session` is set once it has identified or resumed."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, handler: ConnectionHandler, compression: Compression
    ) -> None:
        self.session: Session | None = None
        self.close_code: int | None = None
        self._socket = socket
        self._request = request
        self._handler = handler
        self._compression = compression
        self._outgoing: asyncio.Queue[str | Close | Drop | Zombie] = asyncio.Queue()
        self._sends: deque[float] = deque()
        self._zombie = False
        self._last_heartbeat_at = time.monotonic()
        self._operations: dict[int, Callable[[Any], None]] = {
            1: self._on_heartbeat,
            2: self._on_identify,
            3: self._on_ignored,
            4: self._on_ignored,
            6: self._on_resume,
            8: self._on_request_members,
            31: self._on_ignored,
        }

    def send(self, frame: str) -> None:
        self._outgoing.put_nowait(frame)

    def enqueue(self, order: str | Close | Drop | Zombie) -> None:
        self._outgoing.put_nowait(order)

    def drop(self) -> None:
        self._outgoing.put_nowait(Drop())

    async def run(self) -> None:
        interval = int(self._handler.heartbeat_s * 1000)
        self._send_op(10, {"heartbeat_interval": interval, "_trace": []})
        tasks = [asyncio.create_task(one) for one in (self._read(), self._write(), self._watch_heartbeats())]
        try:
            await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if errors := [end for end in results if isinstance(end, Exception)]:
            raise errors[0]
        if self.close_code is None:
            self.close_code = self._socket.close_code
        else:
            # Close only after reading has stopped: otherwise aiohttp would not wait for the client's close frame.
            await self._socket.close(code=self.close_code)

    def _send_op(self, op: int, data: Any) -> None:
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                match await self._outgoing.get():
                    case Close(code=code):
                        self.close_code = code
                        return
                    case Drop():
                        if self._request.transport is not None:
                            self._request.transport.abort()
                        return
                    case Zombie():
                        self._zombie = True
                    case str() as text if not self._zombie:
                        frame = self._compression.frame(text)
                        if isinstance(frame, bytes):
                            await self._socket.send_bytes(frame)
                        else:
                            await self._socket.send_str(frame)

    async def _watch_heartbeats(self) -> None:
        """Close a connection whose client has stopped sending heartbeats, as Discord does."""
        while not self._zombie:
            await asyncio.sleep(self._handler.heartbeat_s / 4)
            if time.monotonic() - self._last_heartbeat_at > self._handler.heartbeat_s * 1.5 + 1:
                self.enqueue(Close(code=4009))
                return

    async def _read(self) -> None:
        while (message := await self._socket.receive()).type not in _CLOSE_TYPES:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            if self._zombie:
                continue
            try:
                self._handle(message.data if isinstance(message.data, bytes) else message.data.encode())
            except _CloseConnection as closed:
                self.enqueue(Close(code=closed.code))
        if message.type is WSMsgType.CLOSE:
            # Keep the code now: if the client does not wait for the answer to its close frame, the socket loses it.
            self.close_code = message.data

    def _handle(self, raw: bytes) -> None:
        now = time.monotonic()
        self._sends.append(now)
        while self._sends and now - self._sends[0] > _SEND_WINDOW_S:
            self._sends.popleft()
        if len(self._sends) > _MOST_SENDS:
            raise _CloseConnection(4008)
        if len(raw) > _MOST_BYTES:
            raise _CloseConnection(4002)
        try:
            payload = json.loads(raw)
        except ValueError:
            raise _CloseConnection(4002) from None
        if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
            raise _CloseConnection(4002)
        operation = self._operations.get(payload["op"])
        if operation is None:
            raise _CloseConnection(4001)
        operation(payload.get("d"))

    def _on_heartbeat(self, _: Any) -> None:
        self._last_heartbeat_at = time.monotonic()
        # If the acknowledgement comes within the same instant, discord.py measures from the previous heartbeat and warns of a whole interval of lag.
        asyncio.get_running_loop().call_later(HEARTBEAT_ACK_DELAY_S, self._send_op, 11, None)

    def _on_identify(self, data: Any) -> None:
        if self.session is not None and not self.session.ended:
            raise _CloseConnection(4005)
        if not isinstance(data, dict):
            raise _CloseConnection(4002)
        if data.get("token") != self._handler.token:
            raise _CloseConnection(4004)
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            raise _CloseConnection(4013)
        if intents & PRIVILEGED_INTENTS & ~self._handler.privileged_intents:
            raise _CloseConnection(4014)
        self._handler.identify(self, intents, _shard(data.get("shard")))

    def _on_resume(self, data: Any) -> None:
        if self.session is not None:
            raise _CloseConnection(4005)
        if not isinstance(data, dict) or not isinstance(data.get("seq"), int):
            raise _CloseConnection(4002)
        if data.get("token") != self._handler.token:
            raise _CloseConnection(4004)
        match self._handler.resume(self, str(data.get("session_id")), data["seq"]):
            case ResumeOutcome.INVALID_SESSION:
                self._send_op(9, False)
            case ResumeOutcome.INVALID_SEQUENCE:
                raise _CloseConnection(4007)
            case ResumeOutcome.RESUMED:
                pass

    def _on_request_members(self, data: Any) -> None:
        self._check_identified()
        if isinstance(data, dict):
            self._handler.send_members(self, data)

    def _on_ignored(self, _: Any) -> None:
        """Accept presence, voice and soundboard requests, which have no effect here."""
        self._check_identified()

    def _check_identified(self) -> None:
        if self.session is None:
            raise _CloseConnection(4003)


def _shard(shard: Any) -> tuple[int, int] | None:
    if shard is None:
        return None
    if not isinstance(shard, list) or len(shard) != 2 or not all(isinstance(one, int) for one in shard):
        raise _CloseConnection(4002)
    if not 0 <= shard[0] < shard[1]:
        raise _CloseConnection(4010)
    return int(shard[0]), int(shard[1])
