"""A process that ended is known to have ended at once."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.leases import LeaseEngine
from bot.engine.ownership import OwnerLocks, hold_ownership
from bot.errors import StoreError
from bot.ids import JobId
from bot.jobs.job import Job
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import claimed_job
from tests.fakes.stores import AllStores

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked there; the lease is all there is")

HOLD_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from bot.engine.ownership import hold_ownership

async def hold() -> None:
    async with hold_ownership(Path(sys.argv[1]), "other"):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def test_a_living_owner_is_left_alone(tmp_path: Path) -> None:
    """Two processes on one folder do not take each other for dead."""
    async with hold_ownership(tmp_path / "owners", "one") as one, hold_ownership(tmp_path / "owners", "two") as two:
        assert await one.ended() == []
        assert await two.ended() == []


async def test_a_clean_end_leaves_nothing_behind(tmp_path: Path) -> None:
    """Whoever goes in order gives its claims back itself."""
    async with hold_ownership(tmp_path, "one") as one:
        async with hold_ownership(tmp_path, "two"):
            pass

        assert await one.ended() == []


async def test_a_killed_owner_is_told_once(tmp_path: Path) -> None:
    """The kernel drops the lock with the process."""
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", HOLD_FOR_EVER, str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=root)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    async with hold_ownership(tmp_path, "one") as one:
        before = await one.ended()
        process.kill()
        await process.wait()

        assert (before, await one.ended(), await one.ended()) == ([], ["other"], [])


async def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    """The operator reads which path it is."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match="broken"):
        async with hold_ownership(tmp_path / "file" / "owners", "one"):
            pass


async def test_jobs_of_a_dead_process_do_not_wait_for_their_lease(store: AllStores, clock: FakeClock, tmp_path: Path) -> None:
    """An engine takes over at its start what a killed process held."""
    job = await claimed_job(store, owner="dead", now=clock.now())
    owners = tmp_path / "owners"
    owners.mkdir()
    (owners / "dead").touch()
    advanced = asyncio.Event()
    given: list[JobId] = []

    async def advance(taken: Job) -> None:
        given.append(taken.id)
        advanced.set()
        await asyncio.Event().wait()

    engine = LeaseEngine(store, store, advance, clock, owner="alive", owners=OwnerLocks(owners, "alive"))
    async with engine, asyncio.timeout(10):
        await advanced.wait()

    assert given == [job.id]
