"""Jobs at a gateway with tasks: a restart goes on with them, and what comes before the call costs nothing."""

from pathlib import Path

import pytest

from bot.commands.command import Attachment, Generate
from bot.config.settings import GatewaySettings, Secret
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.images.processor import ImageProcessor
from bot.jobs.job import JobState
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started
from bot.wallet.ledger import Usage
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script, ScriptedTasks
from tests.fakes.worker import WorkerHarness, build_harness, imagine

SINAN = GatewaySettings(name="sinan", dialect="sinancode", api_key=Secret("key"))
TAKEN = Started(task=TaskId("t1"))
KILLED = KeyboardInterrupt()
"""What a process that dies looks like from inside: nothing after it runs."""
LATE = UpstreamError(UpstreamKind.AMBIGUOUS, certain=False)
LOST = UpstreamError(UpstreamKind.TASK_LOST, certain=False)
FAILED = UpstreamError(UpstreamKind.POLICY_OUTPUT, certain=True)
BUSY = UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True)
CLOSED = UpstreamError(UpstreamKind.AUTH, certain=True)
A, B = PictureReady(index=0, address="a"), PictureReady(index=1, address="b")


def harness(processor: ImageProcessor, folder: Path, upstream: ScriptedTasks) -> WorkerHarness:
    pictures: dict[str, list[bytes | UpstreamError]] = {"a": [picture("red")], "b": [picture("blue")]}
    return build_harness(processor, folder, pictures=pictures, upstream=upstream, gateway=SINAN)


async def killed_after(
    script: Script, processor: ImageProcessor, folder: Path, *later: Script
) -> tuple[WorkerHarness, ScriptedTasks]:
    """A job whose process died in the middle of the paid call, ready to be picked up by the next one."""
    upstream = ScriptedTasks([[*script, KILLED]], later=list(later))
    built = harness(processor, folder, upstream)
    job_id = await built.receive(imagine(2))
    claimed = await built.store.claim(job_id, owner="dead", now=built.clock.now(), lease_s=30.0)
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        await built.worker.advance(claimed)
    built.clock.advance(60.0)
    return built, upstream


async def only_job(built: WorkerHarness) -> JobState:
    (job_id,) = await built.store.due(now=built.clock.now(), limit=10)
    return (await built.advance_to_end(job_id)).state


async def test_a_task_goes_on_in_the_next_process(processor: ImageProcessor, tmp_path: Path) -> None:
    """Asked by its name, never submitted again; both pictures are the member's."""
    built, upstream = await killed_after([TAKEN], processor, tmp_path, [A, B, Completed(billed=2)])
    (job_id,) = await built.store.due(now=built.clock.now(), limit=10)

    job = await built.advance_to_end(job_id)

    assert (job.state, job.uncertain, len(upstream.asked), upstream.resumed) == (JobState.DONE, False, 1, ["t1"])
    assert [shown.path.read_bytes() for shown in built.platform.posted[job_id, 1].pictures] == [picture("red"), picture("blue")]
    assert await built.usage() == Usage(settled=2, held=0)
    assert built.store.spends[job_id].images == 2


async def test_a_picture_that_is_ours_already_is_not_fetched_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """A task tells all of its pictures every time."""
    data = PictureReady(index=0, data=picture("green"))
    built, _ = await killed_after([TAKEN, data], processor, tmp_path, [A, B, Completed()])
    (job_id,) = await built.store.due(now=built.clock.now(), limit=10)

    await built.advance_to_end(job_id)

    shown = [shown.path.read_bytes() for shown in built.platform.posted[job_id, 1].pictures]
    assert shown == [picture("green"), picture("blue")]


@pytest.mark.parametrize(
    ("later", "state", "spent"),
    [
        ([FAILED], JobState.REFUSED, None),
        ([UpstreamError(UpstreamKind.UPSTREAM, certain=True)], JobState.FAILED, None),
        ([PictureMissing(index=0, error=FAILED), Completed()], JobState.REFUSED, None),
        ([LATE], JobState.UNCERTAIN, 2),
        ([LOST], JobState.UNCERTAIN, 2),
        ([UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True)], JobState.FAILED, None),
    ],
)
async def test_a_task_that_came_to_nothing(
    processor: ImageProcessor, tmp_path: Path, later: Script, state: JobState, spent: int | None
) -> None:
    """However it ended, it is paid for once at most and the hold is given back."""
    built, upstream = await killed_after([TAKEN], processor, tmp_path, later)
    (job_id,) = await built.store.due(now=built.clock.now(), limit=10)

    job = await built.advance_to_end(job_id)

    spend = built.store.spends.get(job_id)
    assert (job.state, len(upstream.asked), spend.images if spend is not None else None) == (state, 1, spent)
    assert await built.usage() == Usage(settled=0, held=0)


async def test_a_second_death_changes_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """Picked up as often as it takes."""
    built, upstream = await killed_after([TAKEN], processor, tmp_path, [A, KILLED], [A, B, Completed()])
    (job_id,) = await built.store.due(now=built.clock.now(), limit=10)
    claimed = await built.store.claim(job_id, owner="dead too", now=built.clock.now(), lease_s=30.0)
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        await built.worker.advance(claimed)
    built.clock.advance(60.0)

    assert (await only_job(built), len(upstream.asked), upstream.resumed) == (JobState.DONE, 1, ["t1", "t1"])


@pytest.mark.parametrize("script", [[], [Started()]])
async def test_without_a_name_nobody_knows(processor: ImageProcessor, tmp_path: Path, script: Script) -> None:
    """A call that died before its task had a name may have been charged: it is not made again."""
    built, upstream = await killed_after(script, processor, tmp_path)

    assert (await only_job(built), len(upstream.asked), upstream.resumed) == (JobState.UNCERTAIN, 1, [])


EDIT = Generate(verb="edit", prompt="make it night", references=(Attachment(address="one", name="one"),))


async def test_an_upload_stands_before_the_call(processor: ImageProcessor, tmp_path: Path) -> None:
    """The gateway is shown the address it lent."""
    upstream = ScriptedTasks([[TAKEN, A, Completed()]], lends=["https://lent.example/1"])
    built = harness(processor, tmp_path, upstream)
    built.platform.files = {"one": picture("green")}

    job = await built.advance_to_end(await built.receive(EDIT))

    assert (job.state, [references for _, references in upstream.asked]) == (JobState.DONE, [("https://lent.example/1",)])


@pytest.mark.parametrize(
    ("lends", "state", "uploads", "calls"),
    [
        ([BUSY, BUSY, "https://lent.example/1"], JobState.DONE, 3, 1),
        ([BUSY] * 9, JobState.FAILED, 4, 0),
        ([CLOSED], JobState.FAILED, 1, 0),
    ],
)
async def test_an_upload_that_fails(
    processor: ImageProcessor, tmp_path: Path, lends: list[str | UpstreamError], state: JobState, uploads: int, calls: int
) -> None:
    """Tried again for a while where that may help; nothing was paid, so the hold goes back."""
    upstream = ScriptedTasks([[TAKEN, A, Completed()]], lends=lends)
    built = harness(processor, tmp_path, upstream)
    built.platform.files = {"one": picture("green")}

    job = await built.advance_to_end(await built.receive(EDIT))

    assert (job.state, len(upstream.uploaded), len(upstream.asked)) == (state, uploads, calls)
    assert await built.usage() == Usage(settled=calls, held=0)
