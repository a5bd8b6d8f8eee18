"""Sets that come short: what is missing can be asked for, and what was lost in doubt is given back as far as that goes."""

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
from bot.jobs.job import JobState
from bot.requests.checks import RequestRules
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started
from bot.wallet.ledger import Usage
from tests.fakes.handlers import repeat_handler
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import CUT, GATEWAY, WorkerHarness, build, imagine

RULES = RequestRules(profiles=(profile(GATEWAY),), defaults=Defaults(model="4.5"))
WITHHELD, REFUSED = UpstreamKind.POLICY_OUTPUT, UpstreamKind.COPYRIGHT
PICTURES: dict[str, list[bytes | UpstreamError]] = {"a": [picture()]}


def made(*numbers: int) -> Script:
    """These pictures of a set came, and the gateway says no more."""
    return [Started(), *(PictureReady(index=number, address="a") for number in numbers), Completed(billed=len(numbers))]


def withholding(kind: UpstreamKind) -> Script:
    """One picture of two came, and the gateway says why not the other."""
    return [*made(0)[:-1], PictureMissing(index=1, error=UpstreamError(kind, certain=True)), Completed(billed=1)]


def cut(*numbers: int) -> Script:
    """These pictures came before the line broke."""
    return [*made(*numbers)[:-1], CUT]


def buttons(harness: WorkerHarness, job: JobId) -> list[str]:
    return [button.label for button in harness.platform.posted[job, 1].buttons]


async def press(harness: WorkerHarness, button: Button) -> JobId:
    """Recorded as what the button asks for, for the one who asked first."""
    recorded: list[JobId] = []
    earlier = await harness.load(button.action.job)
    command = Repeat(job=earlier.id, missing=button.action.kind is ActionKind.MISSING)
    arrival = Arrival(events=(EventId("press"),), origin=earlier.origin, command=command)
    await repeat_handler(harness.store, harness.clock, RULES, recorded.append).handle(arrival, command)
    return recorded[0]


async def test_the_missing_ones_are_made_by_a_press(processor: ImageProcessor, tmp_path: Path) -> None:
    """Three of five came; the button makes the two, and the member has settled what they received."""
    harness = build(processor, tmp_path, made(0, 2, 3), made(0, 1), pictures=PICTURES)

    first = await harness.advance(await harness.receive(imagine(5)))
    again, missing = harness.platform.posted[first.id, 1].buttons
    second = await harness.advance(await press(harness, missing))

    assert (again.label, missing.label) == ("Again", "Generate the 2 missing images")
    assert [request.count for request, _ in harness.upstream.asked] == [5, 2]
    assert (second.state, buttons(harness, second.id)) == (JobState.DONE, ["Again"])
    assert await harness.usage() == Usage(settled=5, held=0)


SHORT = [
    pytest.param(made(0, 1), 2, ["Again"], id="all came"),
    pytest.param(made(0, 1, 2), 2, ["Again"], id="more came"),
    pytest.param(made(0), 2, ["Again", "Generate the missing image"], id="one missing"),
    pytest.param(withholding(WITHHELD), 2, ["Again", "Generate the missing image"], id="withheld by chance"),
    pytest.param(withholding(REFUSED), 2, ["Again"], id="withheld for good"),
    pytest.param(cut(0), 2, ["Again", "Generate the missing image (may cost again)"], id="cut"),
    pytest.param(cut(0, 1), 2, ["Again"], id="cut after the last"),
]


@pytest.mark.parametrize(("script", "count", "labels"), SHORT)
async def test_what_is_missing_has_a_button_of_its_own(
    processor: ImageProcessor, tmp_path: Path, script: Script, count: int, labels: list[str]
) -> None:
    """On the result, and where the set is shown again; not where asking as it is would bring nothing."""
    harness = build(processor, tmp_path, script, pictures=PICTURES)

    job = await harness.advance(await harness.receive(imagine(count)))
    first = buttons(harness, job.id)
    harness.platform.posted.clear()
    await harness.result_messages.show_again(job, job.origin)

    assert (first, buttons(harness, job.id)) == (labels, labels)


GIVEN_BACK = [
    pytest.param(None, 0, "Your quota is unchanged; trying", id="by default as many as are granted"),
    pytest.param(5, 0, "Your quota is unchanged; trying", id="within"),
    pytest.param(4, 1, "1 image counts as used, because today's limit for lost images is reached; trying", id="in part"),
    pytest.param(2, 3, "3 images count as used, because today's limit for lost images is reached; trying", id="beyond"),
]


@pytest.mark.parametrize(("limit", "counted", "words"), GIVEN_BACK)
async def test_lost_pictures_are_given_back_up_to_a_limit(
    processor: ImageProcessor, tmp_path: Path, limit: int | None, counted: int, words: str
) -> None:
    """A gateway that loses answers is no way to free pictures; the member is told what counts."""
    tier = QuotaTier(name="all", images_per_day=20, uncertain_images_per_day=limit)
    harness = build(processor, tmp_path, cut(), cut(), tier=tier)

    for count in (2, 3):
        job = await harness.advance(await harness.receive(imagine(count)))

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
async def test_the_rest_of_a_cut_set_is_given_back_up_to_a_limit(
    processor: ImageProcessor, tmp_path: Path, limit: int, settled: int, text: str, note: str
) -> None:
    """What came is the member's in any case."""
    tier = QuotaTier(name="all", images_per_day=20, uncertain_images_per_day=limit)
    harness = build(processor, tmp_path, cut(0), pictures=PICTURES, tier=tier)

    job = await harness.advance(await harness.receive(imagine(4)))
    notified = harness.platform.last_progress()

    assert (job.state, job.uncertain, await harness.usage()) == (JobState.DONE, True, Usage(settled=settled, held=0))
    assert notified.text.endswith(text)
    assert note in (notified.note or "")
    assert f"{20 - settled} images left today" in (notified.note or "")


async def test_what_is_certain_is_given_back_without_a_limit(processor: ImageProcessor, tmp_path: Path) -> None:
    """A gateway that makes fewer, or says that nothing was spent, costs a member nothing."""
    tier = QuotaTier(name="all", images_per_day=20, uncertain_images_per_day=0)
    harness = build(
        processor,
        tmp_path,
        made(0),
        [UpstreamError(REFUSED, certain=True, gateway="ark", model="4.5")],
        pictures=PICTURES,
        tier=tier,
    )

    for count in (4, 3):
        await harness.advance(await harness.receive(imagine(count)))

    assert await harness.usage() == Usage(settled=1, held=0)
