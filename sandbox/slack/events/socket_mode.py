"""Socket Mode: single-use URLs, up to ten connections, envelopes that must be acknowledged."""

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.contracts import JsonObject
from sandbox.local_server import reset
from sandbox.runtime import Runtime
from sandbox.slack.events.background_tasks import BackgroundTasks
from sandbox.slack.events.dispatcher import EVENTS, DeliveryResult, Envelope, Transport

MOST_CONNECTIONS = 10
TICKET_LIFETIME_S = 30.0
_POLL_S = 0.1
# A connection that is about to be closed receives envelopes only if no new one has opened by then.
_REFRESH_S = 1.0
_SILENT_S = 0.5
_CLOSE_AFTER_S = 5.0


@dataclass(eq=False, kw_only=True)
class _Connection:
    socket: web.WebSocketResponse
    request: web.Request
    disconnecting: bool = False

    async def send(self, frame: JsonObject) -> None:
        with contextlib.suppress(ConnectionError):
            await self.socket.send_str(json.dumps(frame))

    def drop(self) -> None:
        reset(self.request)


class SocketMode(Transport):
    """All Socket Mode connections; each envelope goes to one of them.

    Faults are taken at `slack.socket`, detail the envelope's type, `hello` or `idle`: `disconnect:REASON` `drop` `duplicate` `no-hello`.
    """

    def __init__(self, runtime: Runtime, background: BackgroundTasks, app_id: str, *, ack_timeout_s: float) -> None:
        runtime.faults.declare("slack.socket", ("disconnect[:CODE]", "drop", "duplicate", "no-hello"))
        self._runtime = runtime
        self._background = background
        self._app_id = app_id
        self._ack_timeout_s = ack_timeout_s
        self._tickets: dict[str, float] = {}
        self._connections: list[_Connection] = []
        self._connection_added = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[JsonObject | None]] = {}
        self._pending_faults: list[str] = []

    def start(self) -> None:
        self._background.start(self._poll_faults())

    @property
    def connected(self) -> bool:
        """Whether a bot is connected now."""
        return bool(self._connections)

    def create_ticket(self, secret: str) -> str:
        """Create the ticket of a URL that is valid once, for half a minute."""
        self._tickets[secret] = self._runtime.clock.now() + TICKET_LIFETIME_S
        return secret

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Speak Socket Mode on one websocket until it ends."""
        expires_at = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if self._runtime.clock.now() >= expires_at:
            return web.Response(status=401, text="This address was used or has expired.")
        socket = web.WebSocketResponse(timeout=0.5, compress=False)
        await socket.prepare(request)
        connection = _Connection(socket=socket, request=request)
        if len(self._connections) >= MOST_CONNECTIONS:
            await connection.send(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        if self._take_fault("hello", "no-hello") is not None:
            await asyncio.sleep(_SILENT_S)
            connection.drop()
            return socket
        self._connections.append(connection)
        try:
            await connection.send(self._hello())
            self._connection_added.set()
            await self._listen(connection)
        finally:
            self._connections.remove(connection)
        return socket

    async def _listen(self, connection: _Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = _parse_json(message.data)
            waiting = self._waiting.get(str(frame.get("envelope_id")))
            if waiting is not None and not waiting.done():
                payload = frame.get("payload")
                waiting.set_result(payload if isinstance(payload, dict) else None)

    def _hello(self) -> JsonObject:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app_id},
        }

    async def deliver(self, envelope: Envelope) -> DeliveryResult:
        return await self._send(envelope, avoid=None)

    async def _send(self, envelope: Envelope, avoid: _Connection | None) -> DeliveryResult:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._ack_timeout_s
        connection = await self._choose_connection(deadline, avoid)
        if connection is None:
            return DeliveryResult(failure="timeout")
        frame = _to_frame(envelope)
        answer: asyncio.Future[JsonObject | None] = loop.create_future()
        self._waiting[frame["envelope_id"]] = answer
        started = loop.time()
        await connection.send(frame)
        duplicate = await self._take_envelope_fault(envelope, connection)
        try:
            payload = await asyncio.wait_for(answer, deadline - loop.time())
        except TimeoutError:
            return DeliveryResult(failure="timeout")
        finally:
            del self._waiting[frame["envelope_id"]]
            if duplicate:
                self._background.start(self._send_again(envelope, connection))
        return DeliveryResult(acknowledged_ms=(loop.time() - started) * 1000, payload=payload)

    async def _send_again(self, envelope: Envelope, first: _Connection) -> None:
        await self._send(envelope, avoid=first)

    async def _choose_connection(self, deadline: float, avoid: _Connection | None) -> _Connection | None:
        """Wait for a connection, preferably one that is not about to be closed and is not `avoid`."""
        loop = asyncio.get_running_loop()
        refresh_until = min(deadline, loop.time() + _REFRESH_S)
        while True:
            usable = [one for one in self._connections if not one.socket.closed]
            fresh = [one for one in usable if not one.disconnecting]
            if not fresh and loop.time() >= refresh_until:
                fresh = usable
            if fresh:
                return self._runtime.random.choice([one for one in fresh if one is not avoid] or fresh)
            if loop.time() >= deadline:
                return None
            self._connection_added.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._connection_added.wait(), min(_POLL_S, deadline - loop.time()))

    def _take_fault(self, detail: str, *meant: str) -> str | None:
        """Take a pending or a new fault; one whose word is not in `meant` stays pending for its own moment."""
        pending = next((one for one in self._pending_faults if one.partition(":")[0] in meant), None)
        if pending is not None:
            self._pending_faults.remove(pending)
            return pending
        what = self._runtime.faults.take("slack.socket", detail)
        if what is not None and what.partition(":")[0] not in meant:
            self._pending_faults.append(what)
            return None
        return what

    async def _take_envelope_fault(self, envelope: Envelope, connection: _Connection) -> bool:
        """Apply a fault right after an envelope; return whether the event is to be delivered twice."""
        meant = ("disconnect", "drop", "duplicate") if envelope.kind == EVENTS else ("disconnect", "drop")
        what = self._take_fault(envelope.kind, *meant)
        if what == "duplicate":
            return True
        if what is not None:
            await self._apply_fault(what, [connection])
        return False

    async def _poll_faults(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            if self._connections and (what := self._take_fault("idle", "disconnect", "drop")) is not None:
                await self._apply_fault(what, list(self._connections))

    async def _apply_fault(self, what: str, connections: list[_Connection]) -> None:
        word, _, reason = what.partition(":")
        for connection in connections:
            if word == "drop":
                connection.drop()
                continue
            await connection.send(_disconnect(reason or "refresh_requested"))
            if reason != "warning":
                connection.disconnecting = True
                self._background.start(self._close_later(connection))

    async def _close_later(self, connection: _Connection) -> None:
        await asyncio.sleep(_CLOSE_AFTER_S)
        await connection.socket.close()

    async def close(self) -> None:
        for connection in list(self._connections):
            connection.drop()


def _disconnect(reason: str) -> JsonObject:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}


def _to_frame(envelope: Envelope) -> JsonObject:
    frame: JsonObject = {
        "envelope_id": str(uuid.uuid4()),
        "payload": envelope.payload,
        "type": envelope.kind,
        "accepts_response_payload": envelope.kind != EVENTS,
    }
    if envelope.kind == EVENTS:
        frame |= {"retry_attempt": envelope.attempt, "retry_reason": envelope.reason}
    return frame


def _parse_json(text: Any) -> JsonObject:
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
