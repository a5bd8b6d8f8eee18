"""File locks show at once that a process has ended."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.leases import LeaseEngine
from bot.engine.ownership import OtherOwners, OwnerLocks, hold_ownership
from bot.errors import StoreError
from bot.ids import JobId
from bot.jobs.job import Job
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import claimed_job
from tests.fakes.stores import AllStores

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked on Windows; only the leases remain")

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
        assert (await one.others(), list((tmp_path).iterdir())) == (OtherOwners(), [tmp_path / "one"])


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
    async with engine, asyncio.timeout(10):
        await advanced.wait()

    assert advanced_jobs == [job.id]
