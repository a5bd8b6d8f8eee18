"""A job that would exceed a budget is declined, and the operator is told once at 80 % and once at 100 %."""

from pathlib import Path

import pytest

from bot.commands.command import Attachment, Generate
from bot.config.settings import BudgetSettings, QuotaTier
from bot.errors import RefusalCode, StoreCode, StoreError
from bot.ids import JobId, UserId
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.budget import BudgetWindow
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.worker import WorkerHarness, build_harness, imagine

PLENTY = QuotaTier(name="plenty", images_per_day=1000)
DAY_S = 24 * 3600.0
NEARLY, REACHED = "budget nearly used", "budget reached"


class UnwritableAlerts(MemoryStore):
    async def note_alert(self, window: BudgetWindow, percent: int, *, now: float) -> bool:
        raise StoreError(StoreCode.FULL)


def harness_of(processor: ImageProcessor, folder: Path, store: MemoryStore | None = None) -> WorkerHarness:
    """A budget of ten images a day; accepted jobs wait, because another one has the only slot."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    limiter.slot(JobId("before"), 1, UserId("fake:other"))
    budgets = (BudgetSettings(pictures=10, per="day"),)
    return build_harness(processor, folder, tier=PLENTY, budgets=budgets, limiter=limiter, store=store)


async def received(harness: WorkerHarness, command: Generate) -> Job:
    job = await harness.receive(command)
    await harness.advance_once(job)
    return await harness.load(job)


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.message in {NEARLY, REACHED}]


async def test_each_share_is_told_once(processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At 80 % and at the last image, and again on the next day; refusals after that tell nothing new."""
    harness = harness_of(processor, tmp_path)
    told = []
    for count in (7, 1, 1, 1, 1, 1):
        job = await received(harness, imagine(count))
        told.append((job.state, len(alerts(caplog))))

    assert told == [("accepted", 0), ("accepted", 1), ("accepted", 1), ("accepted", 2), ("failed", 2), ("failed", 2)]
    assert alerts(caplog) == [NEARLY, REACHED]
    harness.clock.advance(DAY_S)
    assert (await received(harness, imagine(10))).state == "accepted"
    assert alerts(caplog) == [NEARLY, REACHED, NEARLY, REACHED]


async def test_a_budget_too_small_for_a_request_is_reached(
    processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal tells the operator at once, however much is left; the member reads how much that is."""
    harness = harness_of(processor, tmp_path)
    await received(harness, imagine(4))
    declined = await received(harness, imagine(7))

    assert declined.error is not None
    assert declined.error.code is RefusalCode.BUDGET_REACHED
    assert alerts(caplog) == [NEARLY, REACHED]
    assert harness.platform.declined[-1].text.startswith("This bot may make only 6 more images today.")


async def test_nothing_is_fetched_for_a_job_without_a_budget(processor: ImageProcessor, tmp_path: Path) -> None:
    """The reference could not be fetched at all; what is refused is the job."""
    harness = harness_of(processor, tmp_path)
    await received(harness, imagine(10))
    edit = Generate(verb="edit", prompt="night", references=(Attachment(address="missing", name="cat.png"),))

    declined = await received(harness, edit)

    assert declined.error is not None
    assert declined.error.code is RefusalCode.BUDGET_REACHED


async def test_an_alert_that_cannot_be_recorded_stops_no_job(processor: ImageProcessor, tmp_path: Path) -> None:
    """It is told later."""
    harness = harness_of(processor, tmp_path, UnwritableAlerts())

    assert (await received(harness, imagine(10))).state == "accepted"
