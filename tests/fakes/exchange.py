"""Submit or resume a request over HTTP at a scripted gateway, and record the events and the HTTP requests."""

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
from bot.upstream.transport.http_client import Timeouts
from tests.fakes.clock import FakeClock
from tests.fakes.dialects import plain, settings
from tests.fakes.upstream import unheard
from tests.fakes.wire import Behaviour, Wire, opened

FAST = Timeouts(connect_s=2, read_s=2, write_s=2, total_s=5)
START = 1_700_000_000.0


@dataclass
class BehaviourSequence:
    """Plays one behaviour per HTTP request, and repeats the last one."""

    behaviours: list[Behaviour]
    played: int = 0

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        behaviour = self.behaviours[min(self.played, len(self.behaviours) - 1)]
        self.played += 1
        await behaviour(writer)


@dataclass
class Exchange:
    """The result of one `submit` or `resume`: events, failure, HTTP requests, and seconds on the fake clock."""

    events: list[UpstreamEvent] = field(default_factory=list)
    failure: UpstreamError | None = None
    request_lines: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    seconds: float = 0.0

    async def collect(self, events: AsyncGenerator[UpstreamEvent, None]) -> None:
        try:
            async for event in events:
                self.events.append(event)
        except UpstreamError as error:
            self.failure = error

    def record(self, wire: Wire, clock: FakeClock) -> None:
        for request in wire.requests:
            head, _, body = request.partition(b"\r\n\r\n")
            self.request_lines.append(" ".join(head.split(b" ", 2)[i].decode() for i in (0, 1)))
            self.bodies.append(json.loads(body) if body else None)
        self.seconds = clock.now() - START


async def exchange(
    dialect: str, *behaviours: Behaviour, request: Request | None = None, task: str | None = None, **overrides: Any
) -> Exchange:
    """Submit a request, or resume its `task`, at a gateway of this dialect."""
    result, clock = Exchange(), FakeClock(START)
    async with opened(BehaviourSequence(list(behaviours))) as wire:
        configured = settings(dialect, base_url=wire.url(), upload_url=wire.url(), **overrides)
        upstream = open_upstream(configured, profile(configured), clock=clock, timeouts=FAST)
        try:
            sent = request or plain(dialect)
            if task is None:
                await result.collect(upstream.submit(sent, [], on_sending=unheard))
            else:
                await result.collect(upstream.resume(sent, TaskId(task)))
        finally:
            await upstream.close()
        result.record(wire, clock)
    return result
