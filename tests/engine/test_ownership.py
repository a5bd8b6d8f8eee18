"""File locks show at once that a process has ended."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.leases import REAP_INTERVAL_S, LeaseEngine
from bot.engine.ownership import OtherOwners, OwnerLocks, hold_ownership
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.jobs.job import Job, JobState
from tests.fakes.clock import FakeClock
from tests.fakes.engine import LONG_POLL_S, BlockableWorker, load_state, receive, wait_until
from tests.fakes.jobs import claimed_job, new_job
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked on Windows; only the leases remain")


class BusyReleases(MemoryStore):
    """Refuses to release an owner's claims once."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0

    async def release_owner(self, owner: str) -> None:
        if not self.refused:
            self.refused += 1
            raise StoreError(StoreCode.BUSY)
        await super().release_owner(owner)


HOLD_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from bot.engine.ownership import hold_ownership

async def hold() -> None:
    async with hold_ownership(Path(sys.argv[1]), "other"):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def test_a_living_owner_has_not_ended(tmp_path: Path) -> None:
    """Two living owners in one folder do not report each other as ended."""
    async with hold_ownership(tmp_path / "owners", "one") as one, hold_ownership(tmp_path / "owners", "two") as two:
        assert await one.others() == OtherOwners(living=frozenset({"two"}))
        assert await two.others() == OtherOwners(living=frozenset({"one"}))


async def test_an_owner_that_ends_cleanly_is_not_reported(tmp_path: Path) -> None:
    """An owner that ends cleanly removes its file: it has released its claims itself."""
    async with hold_ownership(tmp_path, "one") as one:
        async with hold_ownership(tmp_path, "two"):
            pass

        assert await one.others() == OtherOwners()


async def test_a_killed_owner_is_reported_until_it_is_forgotten(tmp_path: Path) -> None:
    """The kernel releases the lock of a killed process, so the owner is reported as ended, until its claims are released."""
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", HOLD_UNTIL_KILLED, str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=root)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    async with hold_ownership(tmp_path, "one") as one:
        before = await one.others()
        process.kill()
        await process.wait()
        after, again = await one.others(), await one.others()
        await one.forget("other")

        assert before == OtherOwners(living=frozenset({"other"}))
        assert after == again == OtherOwners(ended=frozenset({"other"}))
        assert (await one.others(), (tmp_path / "other").exists()) == (OtherOwners(), False)


async def test_a_folder_that_cannot_be_created_raises_a_store_error(tmp_path: Path) -> None:
    """A folder that cannot be created raises StoreError."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match="broken"):
        async with hold_ownership(tmp_path / "file" / "owners", "one"):
            pass


async def test_jobs_of_a_dead_process_do_not_wait_for_their_leases(store: AllStores, clock: FakeClock, tmp_path: Path) -> None:
    """An engine releases the claims of a killed process when it starts, and advances its jobs."""
    job = await claimed_job(store, owner="dead", now=clock.now())
    owners = tmp_path / "owners"
    owners.mkdir()
    (owners / "dead").touch()
    advanced = asyncio.Event()
    advanced_jobs: list[JobId] = []

    async def advance(claimed: Job) -> None:
        advanced_jobs.append(claimed.id)
        advanced.set()
        await asyncio.Event().wait()

    engine = LeaseEngine(store, store, advance, clock, owner="alive", owners=OwnerLocks(owners, "alive"))
    async with engine, asyncio.timeout(60):
        await advanced.wait()

    assert advanced_jobs == [job.id]


async def test_one_entry_that_cannot_be_opened_hides_no_other(
    store: AllStores, clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder, a link and a name that leads nowhere are logged once and stop neither the other owners nor the claims."""
    folder = tmp_path / "owners"
    (folder / "folder").mkdir(parents=True)
    (folder / "link").symlink_to(folder / "link")
    (folder / "dead").touch()
    locks = OwnerLocks(folder, "alive")
    for _ in range(2):
        assert await locks.others() == OtherOwners(ended=frozenset({"dead"}))
    assert sorted(vars(record)["owner"] for record in caplog.records) == ["folder", "link"]

    job = await claimed_job(store, owner="dead", now=clock.now())
    worker = BlockableWorker(store, clock)
    engine = LeaseEngine(store, store, worker.advance, clock, owner="alive", owners=locks, poll_s=LONG_POLL_S)
    async with engine:
        await wait_until(lambda: [advanced.id for advanced in worker.advanced] == [job.id])


async def test_an_unreadable_folder_of_owners_stops_no_claim(store: AllStores, clock: FakeClock, tmp_path: Path) -> None:
    """Without the locks, the leases remain."""
    (tmp_path / "file").touch()
    await receive(store, clock, 1)
    worker = BlockableWorker(store, clock)
    owners = OwnerLocks(tmp_path / "file", "alive")
    engine = LeaseEngine(store, store, worker.advance, clock, owner="alive", owners=owners, poll_s=LONG_POLL_S)
    async with engine:
        await wait_until(lambda: len(worker.advanced) == 1)


async def test_claims_of_an_ended_owner_are_released_although_the_store_was_busy(clock: FakeClock, tmp_path: Path) -> None:
    """An ended owner is forgotten only once its claims are released."""
    store = BusyReleases()
    job = await claimed_job(store, owner="dead", now=clock.now())
    (tmp_path / "dead").touch()
    worker = BlockableWorker(store, clock)
    engine = LeaseEngine(
        store, store, worker.advance, clock, owner="alive", owners=OwnerLocks(tmp_path, "alive"), poll_s=LONG_POLL_S
    )
    async with engine:
        await wait_until(lambda: store.refused == 1 and engine.idle)
        assert (tmp_path / "dead").exists()
        clock.advance(LONG_POLL_S)
        engine.wake()
        await wait_until(lambda: [advanced.id for advanced in worker.advanced] == [job.id])
    assert not (tmp_path / "dead").exists()


@pytest.mark.parametrize("jump_s", [61.0, 4 * 3600.0, -24 * 3600.0])
async def test_a_clock_that_jumps_takes_no_job_from_a_living_owner(
    store: AllStores, clock: FakeClock, tmp_path: Path, jump_s: float
) -> None:
    """Two processes, and a machine that slept: the second touches nothing of the first, which goes on under its claim."""
    clock.advance(30 * 24 * 3600.0)
    (job,) = await receive(store, clock, 1)
    first, second = BlockableWorker(store, clock, blocked=True), BlockableWorker(store, clock)
    expired: list[JobId] = []

    async def expire(found: Job) -> None:
        expired.append(found.id)

    async with hold_ownership(tmp_path, "one") as one, hold_ownership(tmp_path, "two") as two:
        # One worker each, so that the first, which is busy, leaves the later jobs to the second.
        engines = [
            LeaseEngine(
                store, store, worker.advance, clock, owner=name, owners=locks, poll_s=LONG_POLL_S, expire=expire, workers=1
            )
            for worker, name, locks in ((first, "one", one), (second, "two", two))
        ]
        async with engines[0]:
            await wait_until(lambda: len(first.advanced) == 1 and engines[0].idle)
            # The first has looked around before the second came, and the second before the clock jumps.
            async with engines[1]:
                await store.receive(new_job("probe"), now=clock.now())
                engines[1].wake()
                await wait_until(lambda: len(second.advanced) == 1 and engines[1].idle)
                clock.jump(jump_s)
                clock.advance(REAP_INTERVAL_S)
                await store.receive(new_job("later"), now=clock.now())
                engines[1].wake()
                await wait_until(lambda: len(second.advanced) == 2)
                engines[0].wake()
                first.proceed.set()
                await wait_until(lambda: engines[0].running == 0)

    assert (first.claims, first.cancelled, expired) == ([(job, 1)], [], [])
    assert [advanced.id for advanced in second.advanced] == ["probe", "later"]
    assert await load_state(store, job) is JobState.FAILED


async def test_a_lease_without_a_living_owner_is_over(store: AllStores, clock: FakeClock, tmp_path: Path) -> None:
    """An owner without a lock file is judged by its lease, also where that was taken before the clock was set back."""
    await claimed_job(store, owner="gone", now=clock.now() + 24 * 3600.0)
    worker = BlockableWorker(store, clock)
    async with hold_ownership(tmp_path, "alive") as owners:
        engine = LeaseEngine(store, store, worker.advance, clock, owner="alive", owners=owners, poll_s=LONG_POLL_S)
        async with engine:
            await wait_until(lambda: len(worker.advanced) == 1)
