"""A file that ends the process that opens it is opened twice at most; what was paid for is delivered all the same."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.commands.command import Attachment, Generate
from bot.ids import JobId
from bot.images.processor import ImageProcessor
from bot.images.workers.pool import WorkerLimits
from bot.jobs.job import Job, JobState
from bot.store import open_store
from bot.upstream.contract import Completed, PictureReady
from tests.fakes.jobs import job_in_state
from tests.fakes.pictures import picture
from tests.fakes.processor import DeadlyProcessor
from tests.fakes.stores import all_stores
from tests.fakes.upstream import Script
from tests.fakes.worker import WorkerHarness, build_harness, imagine
from tests.images.sample_files import encoded, noise, scene

ROOT = Path(__file__).parents[2]
RED, BLUE = picture("red"), picture("blue")
LARGE = encoded(noise(300, 300), "PNG")
ONE: Script = [PictureReady(index=0, address="a"), Completed()]
MEMBERS_FILES = {"one": BLUE, "two": RED}
KILLED_WHILE_OPENING = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.clock import SystemClock
from bot.ids import JobId
from bot.pipeline.openings import Openings
from bot.store import open_store

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        job = await store.claims.claim(JobId(sys.argv[2]), owner="killed", now=float(sys.argv[3]), lease_s=1.0)
        async with Openings(job, store.pictures, SystemClock()).opening(4):
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@dataclass
class Deaths:
    """A worker whose process dies again and again."""

    harness: WorkerHarness
    processor: DeadlyProcessor
    folder: Path
    abandoned: list[asyncio.Task[object]]

    async def die(self, job: JobId) -> None:
        """Advance the job in a process that dies of it; the next process knows only what is stored."""
        task = asyncio.create_task(self.harness.worker.advance(await self.claim(job)))
        self.abandoned.append(task)
        await self.processor.died.wait()
        self.processor.died.clear()
        last = self.harness
        self.harness = build_harness(
            self.processor,
            self.folder,
            store=last.store,
            clock=last.clock,
            platform=last.platform,
            upstream=last.upstream,
            downloads=last.downloads,
        )

    async def claim(self, job: JobId) -> Job:
        """Claim the job in the next process, once the lease of the last has expired."""
        self.harness.clock.advance(400.0)
        claimed = await self.harness.store.claim(job, owner="next", now=self.harness.clock.now(), lease_s=60.0)
        assert claimed is not None
        return claimed

    async def finish(self, job: JobId) -> Job:
        self.harness.clock.advance(400.0)
        return await self.harness.advance_to_end(job)


@pytest.fixture
async def deaths(tmp_path: Path) -> AsyncIterator[Deaths]:
    async with AsyncExitStack() as stack:
        processor = await stack.enter_async_context(DeadlyProcessor())
        harness = build_harness(processor, tmp_path, ONE, pictures={"a": [RED]})
        harness.platform.files = dict(MEMBERS_FILES)
        made = Deaths(harness, processor, tmp_path, [])
        yield made
        for task in made.abandoned:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def edit() -> Generate:
    return Generate(verb="edit", prompt="merge", references=tuple(Attachment(address=name, name=name) for name in MEMBERS_FILES))


async def test_a_reference_that_ends_two_processes_is_refused(deaths: Deaths) -> None:
    """The member is told which image it was and what to do; nothing was spent."""
    deaths.processor.deadly = {RED}
    job = await deaths.harness.receive(edit())
    await deaths.die(job)
    await deaths.die(job)
    ended = await deaths.finish(job)

    assert deaths.processor.opened == ["prepare", "prepare"] * 2
    assert (ended.state, deaths.harness.upstream.asked) == (JobState.FAILED, [])
    assert deaths.harness.platform.declined[0].text.startswith("Image 2 made the program that opens images fail twice")


async def test_a_reference_that_ends_one_process_is_tried_again(deaths: Deaths) -> None:
    """The process may have died of something else; the deaths of references do not count for results."""
    deaths.processor.deadly = {RED}
    job = await deaths.harness.receive(edit())
    await deaths.die(job)
    deaths.processor.deadly = set()
    ended = await deaths.finish(job)

    assert (ended.state, ended.deaths, ended.suspect) == (JobState.DONE, 0, None)


async def test_a_clean_stop_is_no_death(deaths: Deaths) -> None:
    """A process that is stopped while it opens a file clears its record."""
    deaths.processor.deadly = {RED}
    job = await deaths.harness.receive(edit())
    for _ in range(3):
        await deaths.die(job)
        task = deaths.abandoned.pop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    assert (await deaths.claim(job)).deaths == 0


async def test_a_refusal_is_no_death(deaths: Deaths) -> None:
    """Only an opening that never ended counts."""
    deaths.harness.platform.files["two"] = RED[:60]
    job = await deaths.harness.receive(edit())
    await deaths.harness.worker.advance(await deaths.claim(job))

    assert deaths.processor.opened == ["prepare", "prepare"]
    assert (await deaths.harness.load(job)).deaths == 0


async def test_a_result_that_ends_two_processes_is_delivered_unopened(deaths: Deaths) -> None:
    """It is paid for once, and posted as it came; what is not known about it is left out."""
    deaths.processor.deadly = {RED}
    job = await deaths.harness.receive(imagine())
    await deaths.die(job)
    await deaths.die(job)
    ended = await deaths.finish(job)

    shown = deaths.harness.platform.posted[job, 1].pictures[0]
    assert deaths.processor.opened == ["measure", "measure"]
    assert (ended.state, len(deaths.harness.upstream.asked)) == (JobState.DONE, 1)
    assert (shown.media_type, shown.width, shown.height, shown.path.read_bytes()) == ("image/png", None, None, RED)
    assert shown.name == f"a-fox-{job}-1.png"


async def test_a_result_that_ends_two_processes_is_not_fitted(deaths: Deaths) -> None:
    """Where it has to be opened again to be posted, it is posted as it is; the platform decides."""
    deaths.harness.downloads.pictures = {"a": [LARGE]}
    deaths.harness.platform.limits = replace(deaths.harness.platform.limits, file_bytes=len(LARGE) - 1)
    job = await deaths.harness.receive(imagine())
    deaths.processor.deadly = {LARGE}
    deaths.processor.deadly_operations = frozenset({"fit"})
    await deaths.die(job)
    await deaths.die(job)
    ended = await deaths.finish(job)

    assert deaths.processor.opened == ["measure", "fit", "fit"]
    assert (ended.state, deaths.harness.platform.posted[job, 1].pictures[0].size_bytes) == (JobState.DONE, len(LARGE))


async def test_a_result_that_fits_is_opened_once(deaths: Deaths) -> None:
    """Its row says so: delivery waits for no decoder."""
    job = await deaths.harness.receive(imagine())
    await deaths.finish(job)

    assert deaths.processor.opened == ["measure"]


async def test_a_result_that_kills_its_workers_is_delivered_unopened(tmp_path: Path) -> None:
    """Also where the platform does not show such files: it is not opened to be converted either."""
    content = encoded(scene(), "WEBP")
    async with ImageProcessor(limits=WorkerLimits(wall_s=0.0)) as processor:
        harness = build_harness(processor, tmp_path, ONE, pictures={"a": [content]})
        job = await harness.advance_to_end(await harness.receive(imagine()))

    shown = harness.platform.posted[job.id, 1].pictures[0]
    assert (job.state, shown.media_type, shown.path.read_bytes()) == (JobState.DONE, "image/webp", content)


async def test_a_process_that_is_killed_while_it_opens_a_file_counts(tmp_path: Path) -> None:
    """The record is on the disk before the file is opened."""
    async with open_store(tmp_path) as store:
        job = await job_in_state(all_stores(store), JobState.RUNNING)
        await store.claims.release(job)
        for death in (1, 2):
            now = 1000.0 * death
            command = [sys.executable, "-c", KILLED_WHILE_OPENING, str(tmp_path), job.id, str(now)]
            await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=False)
            claimed = await store.claims.claim(job.id, owner="next", now=now + 10.0, lease_s=1.0)
            assert claimed is not None
            assert (claimed.deaths, claimed.suspect) == (death, 4)
