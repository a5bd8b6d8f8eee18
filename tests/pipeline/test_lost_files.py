"""A file that is gone from the disk ends its job once, in words, and is logged once."""

from pathlib import Path

import pytest

from bot.commands.command import Attachment, Generate
from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError, UpstreamError
from bot.ids import BlobId, JobId
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState
from bot.upstream.contract import Completed, PictureReady
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.ledger import Usage
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import ADA
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import USER, WorkerHarness, build_harness, imagine

COLOURS = ("red", "green", "blue")
THREE_PICTURES: Script = [
    *(PictureReady(index=index, address=colour) for index, colour in enumerate(COLOURS)),
    Completed(billed=3),
]
EDIT = Generate(verb="edit", prompt="merge", references=(Attachment(address="white", name="white"),))


def build(processor: ImageProcessor, folder: Path, limiter: GatewayLimiter | None = None) -> WorkerHarness:
    pictures: dict[str, list[bytes | UpstreamError]] = {colour: [picture(colour)] for colour in COLOURS}
    harness = build_harness(processor, folder, THREE_PICTURES, pictures=pictures, limiter=limiter)
    harness.platform.files = {"white": picture("white")}
    return harness


async def stored_set(harness: WorkerHarness) -> Job:
    """A job whose pictures are on the disk and not posted: the process stopped before."""
    job_id = await harness.receive(imagine(3))
    for state in (JobState.RECEIVED, JobState.ACCEPTED):
        job = await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0)
        assert job is not None
        assert job.state is state
        await harness.worker._steps[state](job)
        await harness.store.release(job)
    return await harness.load(job_id)


def lose(folder: Path, blob: BlobId | str | None) -> None:
    assert blob is not None
    (folder / blob[:2] / blob[2:]).unlink()


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelname == "ERROR"]


async def test_a_lost_reference_ends_the_job_before_it_is_paid_for(
    processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its hold is released, and the member is told which image it is."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    harness = build(processor, tmp_path, limiter)
    before = limiter.slot(JobId("before"), 1, ADA)
    job_id = await harness.receive(EDIT)
    job = await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0)
    assert job is not None
    await harness.worker.advance(job)
    assert await harness.usage() == Usage(settled=0, held=1)
    (reference,) = await harness.store.references(job_id)
    lose(tmp_path, reference.value)
    before.release()

    await harness.worker.advance(await harness.load(job_id))

    ended = await harness.load(job_id)
    assert (ended.state, ended.notified, harness.upstream.asked) == (JobState.FAILED, True, [])
    assert await harness.usage() == Usage(settled=0, held=0)
    assert harness.platform.declined[0].text == "Image 1 is no longer stored. Attach it, or choose another one."
    assert logged(caplog) == ["reference lost"]


async def test_the_rest_of_a_set_is_posted(processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The receipt names the lost picture, and does not say that it was free."""
    harness = build(processor, tmp_path)
    job = await stored_set(harness)
    lose(tmp_path, (await harness.store.pictures(job.id))[1].blob)

    ended = await harness.advance_to_end(job.id)

    assert (ended.state, ended.attempts) == (JobState.DONE, 0)
    assert [shown.path.read_bytes() for shown in harness.platform.posted[job.id, 1].pictures] == [picture("red"), picture("blue")]
    receipt = harness.platform.last_result()
    assert "2 of 3 images" in receipt.text
    assert "not charged" not in receipt.text
    assert "Image 2: generated, but lost on the bot's disk." in (receipt.note or "")
    assert await harness.usage() == Usage(settled=3, held=0)
    assert logged(caplog) == ["picture lost"]


async def test_a_set_of_which_nothing_is_left_ends(
    processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At the first try, and without a button that would show nothing."""
    harness = build(processor, tmp_path)
    job = await stored_set(harness)
    for row in await harness.store.pictures(job.id):
        lose(tmp_path, row.blob)

    ended = await harness.advance_to_end(job.id)

    assert (ended.state, ended.attempts, harness.platform.posted) == (JobState.DONE, 0, {})
    shown = harness.platform.last_progress()
    assert shown.text.startswith("The result was generated, but its files are gone from the bot's disk.")
    assert [button.label for button in shown.buttons] == ["Again"]
    assert logged(caplog) == ["picture lost"] * 3
    assert await harness.store.undelivered(USER) is None


async def test_a_posted_set_is_shown_again_as_far_as_it_is_left(processor: ImageProcessor, tmp_path: Path) -> None:
    """A press of *Show result* shows what is there, and refuses where nothing is."""
    harness = build(processor, tmp_path)
    job = await harness.advance_to_end(await harness.receive(imagine(3)))
    rows = await harness.store.pictures(job.id)
    harness.platform.posted.clear()
    lose(tmp_path, rows[0].blob)
    await harness.result_messages.show_again(job, job.origin)
    assert len(harness.platform.posted[job.id, 1].pictures) == 2

    for row in rows[1:]:
        lose(tmp_path, row.blob)
    with pytest.raises(RefusedError) as raised:
        await harness.result_messages.show_again(job, job.origin)
    assert raised.value.refusal is RefusalCode.NOTHING_TO_SHOW


async def test_a_disk_that_is_away_has_lost_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """Where the whole folder is missing, posting is tried again later, and no row changes."""
    harness = build(processor, tmp_path / "blobs")
    job = await stored_set(harness)
    (tmp_path / "blobs").rename(tmp_path / "away")

    with pytest.raises(StoreError) as raised:
        await harness.advance_once(job.id)
    assert raised.value.store is StoreCode.BROKEN

    (tmp_path / "away").rename(tmp_path / "blobs")
    await harness.store.release(await harness.load(job.id))
    await harness.advance_to_end(job.id)
    assert len(harness.platform.posted[job.id, 1].pictures) == 3
