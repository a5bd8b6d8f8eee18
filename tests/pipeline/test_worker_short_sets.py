"""Incomplete sets: missing pictures can be requested again, and uncertain images are released up to a limit."""

from pathlib import Path

import pytest

from bot.catalog.profiles import profile
from bot.chat.reply import Button
from bot.commands.action import ActionKind
from bot.commands.command import Arrival, Repeat
from bot.config.settings import Defaults, QuotaTier
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import EventId, JobId
from bot.images.processor import ImageProcessor
from bot.jobs.facts import doubt_of
from bot.jobs.job import JobState
from bot.requests.checks import RequestRules
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started
from bot.wallet.ledger import Usage
from tests.fakes.handlers import repeat_handler
from tests.fakes.pictures import picture
from tests.fakes.platform import NAME
from tests.fakes.upstream import Script
from tests.fakes.worker import AMBIGUOUS, GATEWAY, WorkerHarness, build_harness, imagine

RULES = RequestRules(profiles=(profile(GATEWAY, default_model="4.5"),), defaults=Defaults())
WITHHELD, REFUSED = UpstreamKind.POLICY_OUTPUT, UpstreamKind.COPYRIGHT
PICTURES: dict[str, list[bytes | UpstreamError]] = {"a": [picture()]}


def deliver(*numbers: int) -> Script:
    """The gateway delivers these pictures of a set and finishes."""
    return [Started(), *(PictureReady(index=number, address="a") for number in numbers), Completed(billed=len(numbers))]


def withhold(kind: UpstreamKind) -> Script:
    """The gateway delivers one picture of two, and a reason instead of the other."""
    return [*deliver(0)[:-1], PictureMissing(index=1, error=UpstreamError(kind, certain=True)), Completed(billed=1)]


def interrupt(*numbers: int) -> Script:
    """The gateway delivers these pictures, and then the connection breaks."""
    return [*deliver(*numbers)[:-1], AMBIGUOUS]


def buttons(harness: WorkerHarness, job: JobId) -> list[str]:
    return [button.label for button in harness.platform.posted[job, 1].buttons]


async def press(harness: WorkerHarness, button: Button) -> JobId:
    """Press the button as the member who asked; returns the new job."""
    recorded: list[JobId] = []
    earlier = await harness.load(button.action.job)
    command = Repeat(job=earlier.id, missing=button.action.kind is ActionKind.MISSING)
    arrival = Arrival(events=(EventId("press"),), origin=earlier.origin, command=command)
    handler = repeat_handler(
        harness.store, harness.clock, RULES, recorded.append, {NAME: harness.platform}, admission=harness.admission
    )
    await handler.handle(arrival, command)
    return recorded[0]


async def test_a_button_requests_the_missing_pictures(processor: ImageProcessor, tmp_path: Path) -> None:
    """After three of five pictures, the button requests two more, and only delivered images are settled."""
    harness = build_harness(processor, tmp_path, deliver(0, 2, 3), deliver(0, 1), pictures=PICTURES)

    first = await harness.advance_to_end(await harness.receive(imagine(5)))
    again, missing = harness.platform.posted[first.id, 1].buttons
    second = await harness.advance_to_end(await press(harness, missing))

    assert (again.label, missing.label) == ("Again", "Generate the 2 missing images")
    assert [request.count for request, _ in harness.upstream.asked] == [5, 2]
    assert (second.state, buttons(harness, second.id)) == (JobState.DONE, ["Again"])
    assert await harness.usage() == Usage(settled=5, held=0)


SHORT = [
    pytest.param(deliver(0, 1), 2, ["Again"], id="complete"),
    pytest.param(deliver(0, 1, 2), 2, ["Again"], id="more than asked for"),
    pytest.param(deliver(0), 2, ["Again", "Generate the missing image"], id="one missing"),
    pytest.param(withhold(WITHHELD), 2, ["Again", "Generate the missing image"], id="withheld by chance"),
    pytest.param(withhold(REFUSED), 2, ["Again"], id="withheld for good"),
    pytest.param(interrupt(0), 2, ["Again", "Generate the missing image (may cost again)"], id="interrupted"),
    pytest.param(interrupt(0, 1), 2, ["Again"], id="interrupted after the last"),
]


@pytest.mark.parametrize(("script", "count", "labels"), SHORT)
async def test_an_incomplete_set_has_a_button_for_the_missing_pictures(
    processor: ImageProcessor, tmp_path: Path, script: Script, count: int, labels: list[str]
) -> None:
    """The button is on the result and on its repost, unless a repeated request would be refused again."""
    harness = build_harness(processor, tmp_path, script, pictures=PICTURES)

    job = await harness.advance_to_end(await harness.receive(imagine(count)))
    first = buttons(harness, job.id)
    harness.platform.posted.clear()
    await harness.result_messages.show_again(job, job.origin)

    assert (first, buttons(harness, job.id)) == (labels, labels)


UNCERTAIN_LIMITS = [
    pytest.param(None, 0, "Your quota is unchanged; trying", id="by default the whole grant"),
    pytest.param(5, 0, "Your quota is unchanged; trying", id="within the limit"),
    pytest.param(4, 1, "1 image counts as used, because today's limit for lost images is reached; trying", id="partly within"),
    pytest.param(2, 3, "3 images count as used, because today's limit for lost images is reached; trying", id="above the limit"),
]


@pytest.mark.parametrize(("limit", "counted", "words"), UNCERTAIN_LIMITS)
async def test_uncertain_images_are_released_up_to_a_limit(
    processor: ImageProcessor, tmp_path: Path, limit: int | None, counted: int, words: str
) -> None:
    """Images of uncertain jobs are released up to the limit, and the message says how many count as used."""
    tier = QuotaTier(name="all", images_per_day=20, uncertain_images_per_day=limit)
    harness = build_harness(processor, tmp_path, interrupt(), interrupt(), tier=tier)

    for count in (2, 3):
        job = await harness.advance_to_end(await harness.receive(imagine(count)))

    assert job.state is JobState.UNCERTAIN
    assert words in harness.platform.last_progress().text
    assert await harness.usage() == Usage(settled=counted, held=0)


@pytest.mark.parametrize(
    ("limit", "settled", "text", "note"),
    [
        (3, 1, "You are not charged for missing images.", "missing images are not charged to you."),
        (2, 2, "1 of 4 images with Seedream 4.5.", "one missing image still counts"),
        (0, 4, "1 of 4 images with Seedream 4.5.", "3 missing images still count"),
    ],
)
async def test_the_rest_of_an_interrupted_set_is_released_up_to_a_limit(
    processor: ImageProcessor, tmp_path: Path, limit: int, settled: int, text: str, note: str
) -> None:
    """Delivered images are settled, and the rest of an interrupted set is released up to the limit."""
    tier = QuotaTier(name="all", images_per_day=20, uncertain_images_per_day=limit)
    harness = build_harness(processor, tmp_path, interrupt(0), pictures=PICTURES, tier=tier)

    job = await harness.advance_to_end(await harness.receive(imagine(4)))
    final = harness.platform.last_result()

    assert (job.state, doubt_of(job) is not None, await harness.usage()) == (JobState.DONE, True, Usage(settled=settled, held=0))
    assert final.text.endswith(text)
    assert note in (final.note or "")
    assert f"{20 - settled} images left today" in (final.note or "")


async def test_certain_images_are_released_without_a_limit(processor: ImageProcessor, tmp_path: Path) -> None:
    """Images that were certainly not charged are released in spite of the limit."""
    tier = QuotaTier(name="all", images_per_day=20, uncertain_images_per_day=0)
    harness = build_harness(
        processor,
        tmp_path,
        deliver(0),
        [UpstreamError(REFUSED, certain=True, gateway="ark", model="4.5")],
        pictures=PICTURES,
        tier=tier,
    )

    for count in (4, 3):
        await harness.advance_to_end(await harness.receive(imagine(count)))

    assert await harness.usage() == Usage(settled=1, held=0)
