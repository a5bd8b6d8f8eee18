"""Answers that cannot be read, and answers with more than was asked for: what is kept, what is charged, and what is said."""

from pathlib import Path

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.images.processor import ImageProcessor
from bot.jobs.job import JobState
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started
from bot.wallet.ledger import Usage
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import build_harness, imagine

K = UpstreamKind
UNREAD = PictureMissing(index=0, error=UpstreamError(K.UNKNOWN, certain=False))
FREE = PictureMissing(index=0, error=UpstreamError(K.POLICY_OUTPUT, certain=True))
ALL: dict[str, list[bytes | UpstreamError]] = {"a": [picture()]}


def failure(kind: UpstreamKind, *, certain: bool = False, **parameters: int) -> UpstreamError:
    error = UpstreamError(kind, certain=certain)
    error.parameters.update(parameters)
    return error


@pytest.mark.parametrize(
    ("script", "state", "spent"),
    [
        ([Started(), UNREAD, Completed()], JobState.UNCERTAIN, (2, True)),
        ([Started(), UNREAD, Completed(billed=1)], JobState.UNCERTAIN, (1, False)),
        ([Started(), UNREAD, Completed(billed=0)], JobState.FAILED, None),
        ([Started(), FREE, Completed()], JobState.REFUSED, None),
        ([Started(), PictureReady(index=0, address="a"), UNREAD, Completed()], JobState.DONE, (2, True)),
    ],
)
async def test_a_picture_that_cannot_be_read(
    processor: ImageProcessor, tmp_path: Path, script: Script, state: JobState, spent: tuple[int, bool] | None
) -> None:
    """It may have been charged, unless the gateway says that nothing was; the member pays for what arrived."""
    harness = build_harness(processor, tmp_path, script, pictures=ALL)

    job = await harness.advance_to_end(await harness.receive(imagine(2)))

    spend = harness.store.spends.get(job.id)
    assert (job.state, None if spend is None else (spend.images, spend.estimated), len(harness.upstream.asked)) == (
        state,
        spent,
        1,
    )
    assert await harness.usage() == Usage(settled=int(state is JobState.DONE), held=0)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (failure(K.UPSTREAM, status=500), "ark answered with a server error (HTTP 500)."),
        (failure(K.UPSTREAM), "ark reported an internal error."),
        (failure(K.TIMEOUT), "ark took too long."),
        (failure(K.TIMEOUT, status=504), "ark took too long (HTTP 504)."),
        (failure(K.AMBIGUOUS), "The connection to ark ended before its answer was complete."),
        (failure(K.UNKNOWN), "ark sent an answer that I could not read."),
        (failure(K.EMPTY), "ark finished without sending an image."),
        (failure(K.TASK_LOST), "ark no longer knows the task."),
        (failure(K.AUTH), "ark rejected the bot's key."),
    ],
)
async def test_what_was_seen_is_said(processor: ImageProcessor, tmp_path: Path, seen: UpstreamError, words: str) -> None:
    """Whether no picture arrived or some did, and from the job's row alone, after a restart too."""
    scripts: list[tuple[Script, str]] = [([seen], "text"), ([PictureReady(index=0, address="a"), seen], "note")]
    for script, place in scripts:
        harness = build_harness(processor, tmp_path, script, pictures=ALL)

        await harness.advance_to_end(await harness.receive(imagine(2)))

        shown = harness.platform.last_progress() if place == "text" else harness.platform.last_result()
        assert words in (getattr(shown, place) or "")


async def test_pictures_beyond_the_most_are_billed_and_not_kept(processor: ImageProcessor, tmp_path: Path) -> None:
    """Two unasked ones are delivered free; the gateway's other 397 count as the operator's spend."""
    ready = [PictureReady(index=number, address="a") for number in range(3)]
    harness = build_harness(processor, tmp_path, [Started(), *ready, Completed(surplus=397)], pictures=ALL)

    job = await harness.advance_to_end(await harness.receive(imagine(1)))

    assert (job.state, job.call(1).billed, harness.store.spends[job.id].images) == (JobState.DONE, 400, 400)
    assert len(harness.platform.posted[job.id, 1].pictures) == 3
    assert await harness.usage() == Usage(settled=1, held=0)
