"""A worker whose jobs have several calls: a store that plans one call a picture, and a gateway that a test lets answer."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bot.catalog.price import PriceSchedule
from bot.config.settings import GatewaySettings, QuotaTier
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job
from bot.requests.quote import Quote, quote
from bot.requests.request import Request
from bot.upstream.contract import UpstreamEvent, WireReference
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.ledger import Hold
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script, ScriptedTasks
from tests.fakes.worker import GATEWAY, SIX_A_DAY, WorkerHarness, build_harness

SHORT_S = 1.0
COLOURS = ("red", "green", "blue", "white")


class SplittingStore(MemoryStore):
    """Plans calls for `per_call` pictures each, as a model does that makes so many a call. `schedule`: other prices."""

    def __init__(self, per_call: int = 1, schedule: PriceSchedule | None = None) -> None:
        super().__init__()
        self.per_call = per_call
        self.schedule = schedule

    async def accept(self, job: Job, *, request: Request, quote: Quote | None, hold: Hold, now: float) -> Job:
        split = replace(request, per_call=self.per_call)
        schedule = self.schedule or (None if quote is None else quote.schedule)
        priced = None if schedule is None else quote_of(split, schedule)
        return await super().accept(job, request=split, quote=priced, hold=hold, now=now)


class StandingClock(FakeClock):
    """Long waits end only when the test moves the clock; short ones, between two edits of a message, at once."""

    def __init__(self) -> None:
        super().__init__()
        self._moved = asyncio.Event()

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self._moved.set()

    async def sleep(self, seconds: float) -> None:
        if seconds <= SHORT_S:
            await super().sleep(seconds)
            return
        until = self.monotonic() + seconds
        while self.monotonic() < until:
            self._moved.clear()
            await self._moved.wait()


def quote_of(request: Request, schedule: PriceSchedule) -> Quote:
    return quote(request, schedule)


class UnhurriedGateway(ScriptedTasks):
    """Answers each submission once the test opens its gate; without `held`, at once."""

    def __init__(self, scripts: list[Script], *, later: list[Script] | None = None, held: bool = False) -> None:
        super().__init__(scripts, later=later or [])
        self.gates = [asyncio.Event() for _ in scripts]
        self.arrived = 0
        if not held:
            for gate in self.gates:
                gate.set()

    async def submit(
        self, request: Request, references: Sequence[WireReference], *, on_sending: Callable[[], None]
    ) -> AsyncGenerator[UpstreamEvent, None]:
        on_sending()
        number = len(self.asked)
        self.asked.append((request, tuple(references)))
        await self.gates[number].wait()
        for entry in self.scripts[number]:
            if isinstance(entry, BaseException):
                raise entry
            yield entry


def build_split(
    processor: ImageProcessor,
    folder: Path,
    gateway: UnhurriedGateway,
    *,
    at_once: int = 4,
    store: SplittingStore | None = None,
    clock: FakeClock | None = None,
    tier: QuotaTier = SIX_A_DAY,
    settings: GatewaySettings = GATEWAY,
) -> tuple[WorkerHarness, GatewayLimiter]:
    clock = clock or FakeClock()
    limiter = GatewayLimiter(clock, at_once=at_once)
    harness = build_harness(
        processor,
        folder,
        upstream=gateway,
        store=store or SplittingStore(),
        clock=clock,
        limiter=limiter,
        tier=tier,
        gateway=settings,
        pictures={colour: [picture(colour)] for colour in COLOURS},
    )
    return harness, limiter
