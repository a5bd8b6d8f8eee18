"""Jobs that wait for a gateway's turn, and the turn that always goes on to the next."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.command import Attachment, Generate
from bot.engine.leases import LeaseEngine
from bot.errors import StoreError, UpstreamError, UpstreamKind
from bot.ids import JobId
from bot.images.studio import Studio
from bot.job import Job, JobState
from bot.upstream.health import Turns
from bot.upstream.outcome import Completed, PictureReady
from tests.core.test_worker import House, build, imagine, picture
from tests.fakes.bench import NEVER_S, until
from tests.fakes.clock import FakeClock
from tests.fakes.upstream import Script

ONE: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
BEFORE = JobId("before")


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with Studio() as studio:
        yield studio


@pytest.fixture
def turns() -> Turns:
    return Turns(FakeClock(), at_once=1)


async def claimed(house: House, job_id: JobId) -> Job:
    job = await house.store.claim(job_id, owner="test", now=house.clock.now(), lease_s=30.0)
    assert job is not None
    return job


async def test_a_job_waits_for_its_turn_as_a_row(studio: Studio, tmp_path: Path, turns: Turns) -> None:
    """The member is told that it stands in line; called, it goes on from its row and its message."""
    house = build(studio, tmp_path, ONE, pictures={"a": [picture()]}, turns=turns)
    before = turns.turn(BEFORE, 1)
    job_id = await house.receive(imagine())

    turn = await house.worker.advance(await claimed(house, job_id))

    assert turn is turns.turn(job_id, 1)
    assert ((await house.load(job_id)).state, house.upstream.asked) == (JobState.ACCEPTED, [])
    await until(lambda: "In line for" in house.platform.last_progress().text)

    before.leave()
    assert await house.worker.advance(await house.load(job_id)) is None

    assert ((await house.load(job_id)).state, len(house.platform.progress)) == (JobState.DONE, 1)


@pytest.mark.parametrize(
    "script",
    [
        ONE,
        [UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True)],
        [UpstreamError(UpstreamKind.POLICY_TEXT, certain=True)],
        [UpstreamError(UpstreamKind.AMBIGUOUS, certain=False)],
        [LookupError("said the upstream")],
    ],
)
async def test_however_a_call_ends_the_next_one_has_its_turn(
    studio: Studio,
    tmp_path: Path,
    turns: Turns,
    script: Script,
) -> None:
    """Pictures, a refusal that is certain or not, or something nobody foresaw."""
    house = build(studio, tmp_path, script, pictures={"a": [picture()]}, turns=turns)
    job = await claimed(house, await house.receive(imagine()))

    await asyncio.gather(house.worker.advance(job), return_exceptions=True)

    assert len(house.upstream.asked) == 1
    assert turns.turn(BEFORE, 1).granted


async def test_a_stop_before_the_call_gives_the_turn_back(studio: Studio, tmp_path: Path, turns: Turns) -> None:
    """The job stays as it is, and so does the gateway."""
    house = build(studio, tmp_path, ONE, turns=turns)
    before = turns.turn(BEFORE, 1)
    job_id = await house.receive(imagine())
    await house.worker.advance(await claimed(house, job_id))
    house.stopping.set()
    before.leave()

    assert await house.worker.advance(await house.load(job_id)) is None

    turns.turn(job_id, 1).leave()
    assert ((await house.load(job_id)).state, house.upstream.asked) == (JobState.ACCEPTED, [])


async def test_a_claim_lost_in_line_makes_no_call(studio: Studio, tmp_path: Path, turns: Turns) -> None:
    """Another process has the job now: nothing is asked of the gateway, and the turn goes on."""
    house = build(studio, tmp_path, ONE, turns=turns)
    before = turns.turn(BEFORE, 1)
    job_id = await house.receive(imagine())
    await house.worker.advance(await claimed(house, job_id))
    stale = await house.load(job_id)
    house.clock.advance(31.0)
    await claimed(house, job_id)
    before.leave()

    with pytest.raises(StoreError):
        await house.worker.advance(stale)

    assert house.upstream.asked == []
    assert turns.turn(BEFORE, 1).granted


async def test_a_reference_that_cannot_be_handed_over_gives_the_turn_back(studio: Studio, tmp_path: Path, turns: Turns) -> None:
    """Nothing was asked of the gateway: the next job need not wait for this one's second try."""
    house = build(studio, tmp_path, ONE, turns=turns)
    house.platform.files = {"one": picture()}
    job_id = await house.receive(Generate(verb="edit", prompt="merge", references=(Attachment(address="one", name="one"),)))
    before = turns.turn(BEFORE, 1)
    await house.worker.advance(await claimed(house, job_id))
    await asyncio.to_thread(shutil.rmtree, tmp_path)
    before.leave()

    with pytest.raises(StoreError):
        await house.worker.advance(await house.load(job_id))

    assert house.upstream.asked == []
    assert turns.turn(BEFORE, 1).granted


async def test_many_jobs_share_one_turn(studio: Studio, tmp_path: Path, turns: Turns) -> None:
    """Each is called once, and all are delivered."""
    house = build(studio, tmp_path, *[ONE] * 6, pictures={"a": [picture()]}, turns=turns)
    jobs = [await house.receive(imagine()) for _ in range(6)]

    async with LeaseEngine(house.store, house.worker.advance, house.clock, owner="a", poll_s=NEVER_S) as engine:

        async def all_told() -> bool:
            return all([(await house.load(job)).told for job in jobs])

        await until(all_told)
        await until(lambda: engine.running == engine.parked == 0)

    assert [(await house.load(job)).state for job in jobs] == [JobState.DONE] * 6
    assert (len(house.upstream.asked), len(house.platform.posted)) == (6, 6)
