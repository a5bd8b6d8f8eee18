"""What is made of a hidden picture is hidden too, unless the member says otherwise, and never shown openly elsewhere."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.command import Attachment, DraftPictures, Generate, MessagePictures, Options, ReferenceSource, StoredPicture
from bot.ids import JobId, MessageId
from bot.images.processor import ImageProcessor
from bot.jobs.draft import Draft
from bot.jobs.job import Job, JobState
from bot.upstream.contract import Completed, PictureReady
from bot.upstream.limiter import GatewayLimiter
from tests.fakes.clock import FakeClock
from tests.fakes.pictures import picture
from tests.fakes.platform import CAPABILITIES, NAME
from tests.fakes.upstream import Script
from tests.fakes.worker import USER, FailingProgressPlatform, WorkerHarness, build_harness

ONE: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
OPEN = Attachment(address="red", name="red.png")
HIDDEN = Attachment(address="red", name="SPOILER_red.png", hidden=True)
ELSEWHERE = MessageId("elsewhere")


def build(processor: ImageProcessor, folder: Path, *, spoilers: bool = True) -> WorkerHarness:
    platform = FailingProgressPlatform(files={"red": picture("red")}, limits=replace(CAPABILITIES, spoilers=spoilers))
    return build_harness(
        processor,
        folder,
        *[ONE] * 4,
        pictures={"a": [picture("white")] * 4},
        platform=platform,
        limiter=GatewayLimiter(FakeClock(), at_once=9),
    )


async def make(harness: WorkerHarness, *references: ReferenceSource, options: Options | None = None) -> Job:
    command = Generate(
        verb="edit" if references else "imagine", prompt="at night", references=references, options=options or Options()
    )
    return await harness.advance_to_end(await harness.receive(command))


def hidden(harness: WorkerHarness, job: Job) -> bool:
    """Whether the job's picture was posted behind a click."""
    (shown,) = [reply for (known, _), reply in harness.platform.posted.items() if known == job.id]
    return all(one.spoiler for one in shown.pictures)


async def draft_of(harness: WorkerHarness, *files: Attachment, message: MessageId | None = None) -> DraftPictures:
    draft = Draft(id=JobId("draft0000000"), user=USER, references=files, message=message, platform=NAME)
    await harness.store.save_draft(draft, now=harness.clock.now())
    return DraftPictures(draft=draft.id)


async def test_an_edit_of_a_hidden_picture_is_hidden(processor: ImageProcessor, tmp_path: Path) -> None:
    """However the picture came: attached, in a message that was replied to, or by a message's menu."""
    harness = build(processor, tmp_path)
    ways: list[ReferenceSource] = [
        HIDDEN,
        MessagePictures(message=ELSEWHERE, attachments=(HIDDEN,)),
        await draft_of(harness, HIDDEN),
    ]

    made = [await make(harness, way) for way in ways]

    assert [(job.state, hidden(harness, job)) for job in made] == [(JobState.DONE, True)] * 3


async def test_an_edit_of_an_open_picture_is_open(processor: ImageProcessor, tmp_path: Path) -> None:
    harness = build(processor, tmp_path)

    assert not hidden(harness, await make(harness, OPEN))


async def test_it_goes_on_from_edit_to_edit(processor: ImageProcessor, tmp_path: Path) -> None:
    """A set that was made hidden, or inherited it, hides what is made of its pictures."""
    harness = build(processor, tmp_path)
    first = await make(harness, options=Options(spoiler=True))
    second = await make(harness, StoredPicture(job=first.id, number=1))

    third = await make(harness, StoredPicture(job=second.id, number=1), OPEN)

    assert [hidden(harness, job) for job in (first, second, third)] == [True] * 3
    assert second.command.options.spoiler is None


async def test_the_member_may_say_otherwise(processor: ImageProcessor, tmp_path: Path) -> None:
    """`--no-spoiler`, or the option of a command."""
    harness = build(processor, tmp_path)

    assert not hidden(harness, await make(harness, HIDDEN, options=Options(spoiler=False)))


@pytest.mark.parametrize("private", [True, False])
async def test_where_nothing_can_be_hidden_it_is_shown_to_the_member_alone(
    processor: ImageProcessor, tmp_path: Path, private: bool
) -> None:
    """Otherwise it is refused before anything is fetched."""
    harness = build(processor, tmp_path, spoilers=False)

    job = await make(harness, HIDDEN, options=Options(private=private or None))

    assert job.state is (JobState.DONE if private else JobState.FAILED)
    if not private:
        assert harness.platform.fetched == []
        assert harness.platform.declined[0].text == (
            "An image that you chose was hidden where it was posted, and nothing can be hidden here. "
            "Ask for a result that only you see. Try --private."
        )
