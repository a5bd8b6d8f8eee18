"""Socket Mode: single-use addresses, up to ten connections, envelopes that want an acknowledgement."""

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.gateways.serving import reset
from sandbox.slack.events.delivery import EVENTS, Parcel, Receipt
from sandbox.slack.events.errands import Errands
from sandbox.stage import JsonObject, Stage

MOST_CONNECTIONS = 10
TICKET_S = 30.0
_POLL_S = 0.1
# A connection that was told to go takes envelopes only when no fresh one has come by then.
_REFRESH_S = 1.0
_SILENT_S = 0.5
_CLOSE_AFTER_S = 5.0


@dataclass(eq=False, kw_only=True)
class _Connection:
    socket: web.WebSocketResponse
    request: web.Request
    leaving: bool = False

    async def send(self, frame: JsonObject) -> None:
        with contextlib.suppress(ConnectionError):
            await self.socket.send_str(json.dumps(frame))

    def drop(self) -> None:
        reset(self.request)


class Sockets:
    """All Socket Mode connections; each envelope goes to one of them.

    Faults are taken at `slack.socket`, detail the envelope's type, `hello` or `idle`: `disconnect:REASON` `drop` `duplicate` `no-hello`.
    """

    def __init__(self, stage: Stage, errands: Errands, app_id: str, *, ack_s: float) -> None:
        stage.faults.declare("slack.socket", ("disconnect[:CODE]", "drop", "duplicate", "no-hello"))
        self._stage = stage
        self._errands = errands
        self._app_id = app_id
        self._ack_s = ack_s
        self._tickets: dict[str, float] = {}
        self._connections: list[_Connection] = []
        self._joined = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[JsonObject | None]] = {}
        self._planned: list[str] = []

    def start(self) -> None:
        self._errands.start(self._poll_faults())

    @property
    def connected(self) -> bool:
        """Whether a bot listens now."""
        return bool(self._connections)

    def ticket(self, secret: str) -> str:
        """Make an address usable once, within half a minute."""
        self._tickets[secret] = self._stage.clock.now() + TICKET_S
        return secret

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Speak Socket Mode on one websocket until it ends."""
        expires_at = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if self._stage.clock.now() >= expires_at:
            return web.Response(status=401, text="This address was used or has expired.")
        socket = web.WebSocketResponse(timeout=0.5, compress=False)
        await socket.prepare(request)
        connection = _Connection(socket=socket, request=request)
        if len(self._connections) >= MOST_CONNECTIONS:
            await connection.send(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        if self._fault("hello", "no-hello") is not None:
            await asyncio.sleep(_SILENT_S)
            connection.drop()
            return socket
        self._connections.append(connection)
        try:
            await connection.send(self._hello())
            self._joined.set()
            await self._listen(connection)
        finally:
            self._connections.remove(connection)
        return socket

    async def _listen(self, connection: _Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = _parsed(message.data)
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

    async def carry(self, parcel: Parcel) -> Receipt:
        return await self._send(parcel, avoiding=None)

    async def _send(self, parcel: Parcel, avoiding: _Connection | None) -> Receipt:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._ack_s
        connection = await self._pick(deadline, avoiding)
        if connection is None:
            return Receipt(failure="timeout")
        frame = _envelope(parcel)
        answer: asyncio.Future[JsonObject | None] = loop.create_future()
        self._waiting[frame["envelope_id"]] = answer
        started = loop.time()
        await connection.send(frame)
        twice = await self._strike(parcel, connection)
        try:
            payload = await asyncio.wait_for(answer, deadline - loop.time())
        except TimeoutError:
            return Receipt(failure="timeout")
        finally:
            del self._waiting[frame["envelope_id"]]
            if twice:
                self._errands.start(self._send_again(parcel, connection))
        return Receipt(acknowledged_ms=(loop.time() - started) * 1000, payload=payload)

    async def _send_again(self, parcel: Parcel, first: _Connection) -> None:
        await self._send(parcel, avoiding=first)

    async def _pick(self, deadline: float, avoiding: _Connection | None) -> _Connection | None:
        """Wait for a connection: a fresh one, another one than `avoiding` if there is one."""
        loop = asyncio.get_running_loop()
        patient_until = min(deadline, loop.time() + _REFRESH_S)
        while True:
            usable = [one for one in self._connections if not one.socket.closed]
            fresh = [one for one in usable if not one.leaving]
            if not fresh and loop.time() >= patient_until:
                fresh = usable
            if fresh:
                return self._stage.random.choice([one for one in fresh if one is not avoiding] or fresh)
            if loop.time() >= deadline:
                return None
            self._joined.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._joined.wait(), min(_POLL_S, deadline - loop.time()))

    def _fault(self, detail: str, *meant: str) -> str | None:
        """Take a planned or a fresh fault; one that is not meant for this moment is planned for its own."""
        planned = next((one for one in self._planned if one.partition(":")[0] in meant), None)
        if planned is not None:
            self._planned.remove(planned)
            return planned
        what = self._stage.faults.take("slack.socket", detail)
        if what is not None and what.partition(":")[0] not in meant:
            self._planned.append(what)
            return None
        return what

    async def _strike(self, parcel: Parcel, connection: _Connection) -> bool:
        """Do what a fault says right after an envelope; the answer is whether the event comes twice."""
        meant = ("disconnect", "drop", "duplicate") if parcel.kind == EVENTS else ("disconnect", "drop")
        what = self._fault(parcel.kind, *meant)
        if what == "duplicate":
            return True
        if what is not None:
            await self._wreck(what, [connection])
        return False

    async def _poll_faults(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            if self._connections and (what := self._fault("idle", "disconnect", "drop")) is not None:
                await self._wreck(what, list(self._connections))

    async def _wreck(self, what: str, connections: list[_Connection]) -> None:
        word, _, reason = what.partition(":")
        for connection in connections:
            if word == "drop":
                connection.drop()
                continue
            await connection.send(_disconnect(reason or "refresh_requested"))
            if reason != "warning":
                connection.leaving = True
                self._errands.start(self._close_later(connection))

    async def _close_later(self, connection: _Connection) -> None:
        await asyncio.sleep(_CLOSE_AFTER_S)
        await connection.socket.close()

    async def close(self) -> None:
        for connection in list(self._connections):
            connection.drop()


def _disconnect(reason: str) -> JsonObject:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}


def _envelope(parcel: Parcel) -> JsonObject:
    frame: JsonObject = {
        "envelope_id": str(uuid.uuid4()),
        "payload": parcel.payload,
        "type": parcel.kind,
        "accepts_response_payload": parcel.kind != EVENTS,
    }
    if parcel.kind == EVENTS:
        frame |= {"retry_attempt": parcel.attempt, "retry_reason": parcel.reason}
    return frame


def _parsed(text: Any) -> JsonObject:
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
