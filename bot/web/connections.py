"""The open connections of the web server: who may have how many, and which one goes when there are too many.

A new connection is always accepted, as long as there is an older one to drop: whoever sends a complete request at once gets
an answer, however many silent connections strangers hold. What runs is never dropped to make room.
"""

import logging
from collections import Counter
from collections.abc import Callable
from enum import Enum, auto
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from bot.values import dataclass

logger = logging.getLogger(__name__)

IPV6_NETWORK_BITS = 64
"""One customer of a provider has at least this network: single addresses in it count as one."""


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """Counts of connections, seconds, and bytes of request bodies. `reserve` is in addition, for this machine alone."""

    in_all: int = 256
    per_address: int = 128
    reserve: int = 8
    first_request_s: float = 15.0
    """From the connection to the end of its first request, body included."""
    next_request_s: float = 75.0
    """From an answer to the end of the next request: longer than the idle time of usual proxies, so that they close first."""
    answer_s: float = 300.0
    """A gateway may read a reference of 10 MB slowly."""
    body_bytes: int = 32 * 1024 * 1024
    """Of all bodies that are still incomplete."""
    answer_bytes: int = 64 * 1024 * 1024
    """Of all answers that are not read completely; they are in memory, partly twice."""


DEFAULT_LIMITS = ConnectionLimits()


class Stage(Enum):
    """What a connection does."""

    REQUESTING = auto()
    """The other side has not sent a complete request."""
    WORKING = auto()
    """A complete request is being handled."""
    ANSWERING = auto()
    """The other side has not read the complete answer."""


class OpenSocket(Protocol):
    """The transport of one connection."""

    def abort(self) -> None: ...

    def is_closed(self) -> bool:
        """Whether its descriptor is free again; a transport that is closing may still hold it."""
        ...


class Connection:
    """One connection; `address` is shared by those that count together."""

    __slots__ = ("address", "answered", "local", "pending_bytes", "since", "socket", "stage")

    def __init__(self, socket: OpenSocket, *, address: str, local: bool, since: float) -> None:
        self.socket = socket
        self.address = address
        self.local = local
        self.since = since
        self.stage = Stage.REQUESTING
        self.answered = False
        self.pending_bytes = 0
        """Of its incomplete request, or of its answer that is not read."""


class Connections:
    """Every open connection. `now` counts seconds and never goes back."""

    def __init__(self, limits: ConnectionLimits, now: Callable[[], float]) -> None:
        self._limits = limits
        self._now = now
        self._open: list[Connection] = []

    def __len__(self) -> int:
        return len(self._open)

    def has_room(self, address: str) -> bool:
        """Whether a new connection from this address may stay; drops an older one for it if there are too many."""
        address, local = shared_address(address)
        self._forget_closed()
        limits = self._limits
        if not local and sum(one.address == address for one in self._open) >= limits.per_address:
            return self._drop_one(address, "too many connections from one address")
        if len(self._open) < limits.in_all:
            return True
        dropped = self._drop_one(self._largest_address(), "too many connections") or self._drop_one(None, "too many connections")
        return dropped or (local and len(self._open) < limits.in_all + limits.reserve)

    def add(self, socket: OpenSocket, address: str) -> Connection:
        shared, local = shared_address(address)
        connection = Connection(socket, address=shared, local=local, since=self._now())
        self._open.append(connection)
        return connection

    def enter(self, connection: Connection, stage: Stage, *, answer_bytes: int = 0) -> None:
        """Note what a connection does now. If all answers together are too large, those that are read for longest are dropped."""
        connection.answered = connection.answered or stage is Stage.ANSWERING
        connection.stage = stage
        connection.since = self._now()
        connection.pending_bytes = answer_bytes
        while answer_bytes and self._pending(Stage.ANSWERING) > self._limits.answer_bytes:
            others = [one for one in self._open if one.stage is Stage.ANSWERING and one is not connection]
            if not others:
                break
            self._drop(min(others, key=lambda one: one.since), "too many bytes in answers")

    def receive(self, connection: Connection, size: int) -> None:
        """Count bytes of an incomplete body. If all together are too many, the connection with the largest body is dropped."""
        connection.pending_bytes += size
        while self._pending(Stage.REQUESTING) > self._limits.body_bytes:
            requesting = (one for one in self._open if one.stage is Stage.REQUESTING)
            self._drop(max(requesting, key=lambda one: one.pending_bytes), "too many bytes in incomplete requests")

    def drop_overdue(self) -> None:
        """Drop the connections that have been silent or slow for too long."""
        self._forget_closed()
        for connection in [one for one in self._open if self._now() - one.since >= self._patience(one)]:
            self._drop(connection, "no complete request" if connection.stage is Stage.REQUESTING else "answer not read")

    def drop_for_descriptor(self) -> bool:
        """Give a descriptor back to the system, which has none left. Returns False if there is nothing to drop."""
        self._forget_closed()
        return self._drop_one(None, "no descriptor left")

    def _pending(self, stage: Stage) -> int:
        return sum(one.pending_bytes for one in self._open if one.stage is stage)

    def _patience(self, connection: Connection) -> float:
        if connection.stage is not Stage.REQUESTING:
            return self._limits.answer_s
        return self._limits.next_request_s if connection.answered else self._limits.first_request_s

    def _largest_address(self) -> str | None:
        """The address of strangers with the most connections."""
        counted = Counter(one.address for one in self._open if not one.local)
        return counted.most_common(1)[0][0] if counted else None

    def _drop_one(self, address: str | None, reason: str) -> bool:
        """Drop the oldest connection without a complete request, else one whose answer is not read; None means any address."""
        candidates = [one for one in self._open if address in (None, one.address) and one.stage is not Stage.WORKING]
        if not candidates:
            return False
        self._drop(min(candidates, key=lambda one: (one.stage is Stage.ANSWERING, one.since)), reason)
        return True

    def _drop(self, connection: Connection, reason: str) -> None:
        logger.warning("connection dropped", extra={"reason": reason, "open": len(self._open)})
        connection.socket.abort()
        self._open.remove(connection)

    def _forget_closed(self) -> None:
        self._open = [one for one in self._open if not one.socket.is_closed()]


def shared_address(text: str) -> tuple[str, bool]:
    """The address under which connections are counted, and whether it is this machine's own."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text, False
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is None:
            network = int(address) >> (128 - IPV6_NETWORK_BITS)
            return f"{network:x}/{IPV6_NETWORK_BITS}", address.is_loopback
        address = mapped
    return str(address), address.is_loopback
