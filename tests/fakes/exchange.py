"""One request to a gateway of any dialect, over the wire: what it answers, one behaviour a request, and what becomes of it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from bot.catalog.profiles import profile
from bot.errors import UpstreamError
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.contract import UpstreamEvent
from bot.upstream.gateway_upstream import open_upstream
from bot.upstream.http_client import Timeouts
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import plain, settings
from tests.fakes.wire import Behaviour, Wire, opened

FAST = Timeouts(connect_s=2, read_s=2, write_s=2, total_s=5)
START = 1_700_000_000.0


@dataclass
class Answers:
    """Plays one behaviour a request; the last one for ever."""

    behaviours: list[Behaviour]
    number: int = 0

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        behaviour = self.behaviours[min(self.number, len(self.behaviours) - 1)]
        self.number += 1
        await behaviour(writer)


@dataclass
class Exchange:
    """The events, how it failed, the requests that reached the gateway, and how long it took on the clock."""

    events: list[UpstreamEvent] = field(default_factory=list)
    failure: UpstreamError | None = None
    lines: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    seconds: float = 0.0

    async def collect(self, events: AsyncGenerator[UpstreamEvent, None]) -> None:
        try:
            async for event in events:
                self.events.append(event)
        except UpstreamError as error:
            self.failure = error

    def note(self, wire: Wire, clock: FakeClock) -> None:
        for request in wire.requests:
            head, _, body = request.partition(b"\r\n\r\n")
            self.lines.append(" ".join(head.split(b" ", 2)[i].decode() for i in (0, 1)))
            self.bodies.append(json.loads(body) if body else None)
        self.seconds = clock.now() - START


async def exchange(
    dialect: str, *behaviours: Behaviour, request: Request | None = None, resumed: str | None = None, **differs: Any
) -> Exchange:
    """Submit a request, or resume a task of it, at a gateway that speaks `dialect`."""
    done, clock = Exchange(), FakeClock(START)
    async with opened(Answers(list(behaviours))) as wire:
        configured = settings(dialect, base_url=wire.url(), upload_url=wire.url(), **differs)
        upstream = open_upstream(configured, profile(configured), clock=clock, timeouts=FAST)
        try:
            wanted = request or plain(dialect)
            if resumed is None:
                await done.collect(upstream.submit(wanted, []))
            else:
                await done.collect(upstream.resume(wanted, TaskId(resumed)))
        finally:
            await upstream.close()
        done.note(wire, clock)
    return done
