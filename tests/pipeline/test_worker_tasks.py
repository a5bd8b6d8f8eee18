"""Jobs of a gateway with tasks: a restart resumes their tasks, and failures before the call cost nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.catalog.profiles import profile
from bot.commands.command import Attachment, Generate
from bot.config.settings import GatewaySettings, Secret
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import JobId, TaskId
from bot.images.processor import ImageProcessor
from bot.jobs.facts import doubt_of
from bot.jobs.job import JobState
from bot.requests.request import Request
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, Upstream, UpstreamEvent, WireReference
from bot.upstream.gateway_upstream import open_upstream
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.ledger import Usage
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script, ScriptedTasks, ScriptedUpstream
from tests.fakes.wire import opened, says
from tests.fakes.worker import WorkerHarness, build_harness, imagine

SINAN = GatewaySettings(name="sinan", dialect="sinancode", api_key=Secret("key"))
STARTED = Started(task=TaskId("t1"))
KILLED = KeyboardInterrupt()
"""Raised to simulate a killed process: no code after it runs."""
NO_ANSWER = UpstreamError(UpstreamKind.AMBIGUOUS, certain=False)
TASK_LOST = UpstreamError(UpstreamKind.TASK_LOST, certain=False)
FAILED = UpstreamError(UpstreamKind.POLICY_OUTPUT, certain=True)
BUSY = UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True)
UNAUTHORIZED = UpstreamError(UpstreamKind.AUTH, certain=True)
A, B = PictureReady(index=0, address="a"), PictureReady(index=1, address="b")


def build_task_harness(processor: ImageProcessor, folder: Path, upstream: ScriptedTasks) -> WorkerHarness:
    pictures: dict[str, list[bytes | UpstreamError]] = {"a": [picture("red")], "b": [picture("blue")]}
    return build_harness(processor, folder, pictures=pictures, upstream=upstream, gateway=SINAN)


async def killed_after(
    script: Script, processor: ImageProcessor, folder: Path, *later: Script
) -> tuple[WorkerHarness, ScriptedTasks]:
    """A job whose process was killed during the paid call, and which can be claimed again."""
    upstream = ScriptedTasks([[*script, KILLED]], later=list(later))
    harness = build_task_harness(processor, folder, upstream)
    job_id = await harness.receive(imagine(2))
    claimed = await harness.store.claim(job_id, owner="dead", now=harness.clock.now(), lease_s=30.0)
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        await harness.worker.advance(claimed)
    harness.clock.advance(60.0)
    return harness, upstream


async def advance_only_job(harness: WorkerHarness) -> JobState:
    (job_id,) = await harness.store.due(now=harness.clock.now(), limit=10)
    return (await harness.advance_to_end(job_id)).state


async def test_a_task_is_resumed_by_the_next_process(processor: ImageProcessor, tmp_path: Path) -> None:
    """The next process resumes the task by its id, does not submit it again, and delivers both pictures."""
    harness, upstream = await killed_after([STARTED], processor, tmp_path, [A, B, Completed(billed=2)])
    (job_id,) = await harness.store.due(now=harness.clock.now(), limit=10)

    job = await harness.advance_to_end(job_id)

    assert (job.state, doubt_of(job) is not None, len(upstream.asked), upstream.resumed) == (JobState.DONE, False, 1, ["t1"])
    assert [shown.path.read_bytes() for shown in harness.platform.posted[job_id, 1].pictures] == [picture("red"), picture("blue")]
    assert await harness.usage() == Usage(settled=2, held=0)
    assert harness.store.spends[job_id].images == 2


async def test_a_stored_picture_is_not_fetched_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """A resumed task announces all its pictures again, and those that are stored are not fetched."""
    data = PictureReady(index=0, data=picture("green"))
    harness, _ = await killed_after([STARTED, data], processor, tmp_path, [A, B, Completed()])
    (job_id,) = await harness.store.due(now=harness.clock.now(), limit=10)

    await harness.advance_to_end(job_id)

    shown = [shown.path.read_bytes() for shown in harness.platform.posted[job_id, 1].pictures]
    assert shown == [picture("green"), picture("blue")]


class UnhurriedTasks(ScriptedTasks):
    """Between two events of a resumed task, progress is written."""

    async def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        async for event in super().resume(request, task):
            yield event
            for _ in range(20):
                await asyncio.sleep(0)


async def test_progress_counts_what_an_earlier_process_stored(processor: ImageProcessor, tmp_path: Path) -> None:
    """After a resume with three of four pictures stored, the last one is the fourth, not the first."""
    first = [PictureReady(index=index, data=picture("green")) for index in range(3)]
    upstream = UnhurriedTasks([[STARTED, *first, KILLED]], later=[[PictureReady(index=3, data=picture("red")), Completed()]])
    harness = build_task_harness(processor, tmp_path, upstream)
    job_id = await harness.receive(imagine(4))
    with pytest.raises(KeyboardInterrupt):
        await harness.advance_once(job_id)
    harness.clock.advance(60.0)
    (shown,) = harness.platform.progress.values()
    before = len(shown)

    await harness.advance_once(job_id)

    counts = [reply.text for reply in shown[before:] if " of 4 " in reply.text]
    assert counts == ["3 of 4 images ready…", "4 of 4 images ready…"]


@pytest.mark.parametrize(
    ("later", "state", "spent"),
    [
        ([FAILED], JobState.REFUSED, None),
        ([UpstreamError(UpstreamKind.UPSTREAM, certain=True)], JobState.FAILED, None),
        ([PictureMissing(index=0, error=FAILED), Completed()], JobState.REFUSED, None),
        ([NO_ANSWER], JobState.UNCERTAIN, 2),
        ([TASK_LOST], JobState.UNCERTAIN, 2),
        ([UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True)], JobState.FAILED, None),
    ],
)
async def test_a_task_without_pictures(
    processor: ImageProcessor, tmp_path: Path, later: Script, state: JobState, spent: int | None
) -> None:
    """A resumed task that ends without pictures is not submitted again, and the hold is released."""
    harness, upstream = await killed_after([STARTED], processor, tmp_path, later)
    (job_id,) = await harness.store.due(now=harness.clock.now(), limit=10)

    job = await harness.advance_to_end(job_id)

    spend = harness.store.spends.get(job_id)
    assert (job.state, len(upstream.asked), spend.images if spend is not None else None) == (state, 1, spent)
    assert await harness.usage() == Usage(settled=0, held=0)


async def test_a_task_is_resumed_after_every_crash(processor: ImageProcessor, tmp_path: Path) -> None:
    """A task is resumed again after a second crash."""
    harness, upstream = await killed_after([STARTED], processor, tmp_path, [A, KILLED], [A, B, Completed()])
    (job_id,) = await harness.store.due(now=harness.clock.now(), limit=10)
    claimed = await harness.store.claim(job_id, owner="dead too", now=harness.clock.now(), lease_s=30.0)
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        await harness.worker.advance(claimed)
    harness.clock.advance(60.0)

    assert (await advance_only_job(harness), len(upstream.asked), upstream.resumed) == (JobState.DONE, 1, ["t1", "t1"])


@pytest.mark.parametrize("script", [[], [Started()]])
async def test_a_call_without_a_task_id_is_uncertain(processor: ImageProcessor, tmp_path: Path, script: Script) -> None:
    """A call that was interrupted before its task had an id may have been charged, so it is not repeated."""
    harness, upstream = await killed_after(script, processor, tmp_path)

    assert (await advance_only_job(harness), len(upstream.asked), upstream.resumed) == (JobState.UNCERTAIN, 1, [])


EDIT = Generate(verb="edit", prompt="make it night", references=(Attachment(address="one", name="one"),))


async def test_references_are_uploaded_before_the_call(processor: ImageProcessor, tmp_path: Path) -> None:
    """The call has the address that the upload service returned."""
    upstream = ScriptedTasks([[STARTED, A, Completed()]], lends=["https://lent.example/1"])
    harness = build_task_harness(processor, tmp_path, upstream)
    harness.platform.files = {"one": picture("green")}

    job = await harness.advance_to_end(await harness.receive(EDIT))

    assert (job.state, [references for _, references in upstream.asked]) == (JobState.DONE, [("https://lent.example/1",)])


@pytest.mark.parametrize(
    ("lends", "state", "uploads", "calls"),
    [
        ([BUSY, BUSY, "https://lent.example/1"], JobState.DONE, 3, 1),
        ([BUSY] * 9, JobState.FAILED, 4, 0),
        ([UNAUTHORIZED], JobState.FAILED, 1, 0),
    ],
)
async def test_failed_uploads_are_retried_and_cost_nothing(
    processor: ImageProcessor, tmp_path: Path, lends: list[str | UpstreamError], state: JobState, uploads: int, calls: int
) -> None:
    """A retryable upload is retried a few times; if it fails for good, no call is made and the hold is released."""
    upstream = ScriptedTasks([[STARTED, A, Completed()]], lends=lends)
    harness = build_task_harness(processor, tmp_path, upstream)
    harness.platform.files = {"one": picture("green")}

    job = await harness.advance_to_end(await harness.receive(EDIT))

    assert (job.state, len(upstream.uploaded), len(upstream.asked)) == (state, uploads, calls)
    assert await harness.usage() == Usage(settled=calls, held=0)


@dataclass
class ReconfiguredUpstream(ScriptedUpstream):
    """The gateway after the operator has changed its dialect: the real client, at an address that counts connections."""

    real: Upstream = field(kw_only=True)

    def submit(
        self,
        request: Request,
        references: Sequence[WireReference],
        *,
        on_sending: Callable[[], None],
    ) -> AsyncGenerator[UpstreamEvent, None]:
        return self.real.submit(request, references, on_sending=on_sending)

    def can_resume(self, request: Request) -> bool:
        return self.real.can_resume(request)

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        return self.real.resume(request, task)


@asynccontextmanager
async def reconfigured(
    harness: WorkerHarness, dialect: str, processor: ImageProcessor, folder: Path
) -> AsyncIterator[WorkerHarness]:
    """The next process, whose configuration has another dialect under the gateway's name; nothing reaches the gateway."""
    async with opened(says(b"{}")) as wire:
        gateway = replace(SINAN, dialect=dialect, base_url=wire.url())
        real = open_upstream(gateway, profile(gateway))
        upstream = ReconfiguredUpstream([], real=real)
        following = build_harness(processor, folder, store=harness.store, upstream=upstream, gateway=gateway)
        following.clock.advance(60.0)
        try:
            yield following
        finally:
            await real.close()
        assert wire.connections == 0


@pytest.mark.parametrize("dialect", ["ark_intl", "acedata"])
async def test_a_task_of_a_dialect_that_was_changed(processor: ImageProcessor, tmp_path: Path, dialect: str) -> None:
    """The new dialect cannot ask about it: it ends uncertain, counts as billed, and is not submitted again."""
    harness, _ = await killed_after([STARTED], processor, tmp_path)
    async with reconfigured(harness, dialect, processor, tmp_path) as following:
        (job_id,) = await following.store.due(now=following.clock.now(), limit=10)

        job = await following.advance_to_end(job_id)

    assert (job.state, following.store.spends[job_id].images) == (JobState.UNCERTAIN, 2)
    assert await following.usage() == Usage(settled=0, held=0)


@pytest.mark.parametrize("dialect", ["ark_intl", "acedata"])
async def test_a_request_of_a_dialect_that_was_changed(processor: ImageProcessor, tmp_path: Path, dialect: str) -> None:
    """It was not sent yet and cannot be sent in the new dialect: it fails, and the hold is released."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    limiter.slot(JobId("before"), 1, ADA)
    harness = build_harness(processor, tmp_path, upstream=ScriptedTasks([]), gateway=SINAN, limiter=limiter)
    job_id = await harness.receive(imagine(2))
    await harness.advance_once(job_id)
    waiting = (await harness.load(job_id)).state
    async with reconfigured(harness, dialect, processor, tmp_path) as following:
        job = await following.advance_to_end(job_id)

    assert (waiting, job.state, following.store.spends) == (JobState.ACCEPTED, JobState.FAILED, {})
    assert await following.usage() == Usage(settled=0, held=0)
