"""A job is recorded until its member has been told otherwise, by the time that really passes."""

from zoneinfo import ZoneInfo

import pytest

from bot.commands.command import Arrival
from bot.errors import StoreError
from bot.handlers.recorder import JobRecorder
from bot.ids import JobId
from bot.wallet.admission import Admission
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import new_job
from tests.fakes.memory_store import MemoryStore


def arrival(clock: FakeClock) -> Arrival:
    job = new_job()
    return Arrival(events=job.events, origin=job.origin, command=job.command, until=clock.monotonic() + 2.0)


@pytest.mark.parametrize("jump_s", [-3600.0, 0.0, 3600.0])
@pytest.mark.parametrize(("passed_s", "recorded"), [(1.9, True), (2.0, False)])
async def test_too_late_is_a_duration(jump_s: float, passed_s: float, *, recorded: bool) -> None:
    """A clock that is set meanwhile neither refuses a job in time nor records one that is late."""
    clock, store, reported = FakeClock(), MemoryStore(), list[JobId]()
    recorder = JobRecorder(store, Admission((), ZoneInfo("UTC")), clock, reported.append)
    arrived = arrival(clock)
    clock.jump(jump_s)
    clock.advance(passed_s)

    if recorded:
        await recorder.record(arrived, new_job().command, images=1)
    else:
        with pytest.raises(StoreError, match="busy"):
            await recorder.record(arrived, new_job().command, images=1)
    assert (len(reported), len(await store.due(now=clock.now(), limit=9))) == (recorded, recorded)
