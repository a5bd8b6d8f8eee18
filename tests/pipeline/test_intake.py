"""References: what is asked before they are fetched, whose turn it is, and what stays on the disk."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.command import Attachment, DraftPictures, Generate, Options, StoredPicture
from bot.config.settings import BudgetSettings, QuotaTier
from bot.errors import DeliveryCode, DeliveryError
from bot.ids import JobId, UserId
from bot.images.processor import ImageProcessor
from bot.jobs.draft import Draft
from bot.jobs.job import Job, JobState
from bot.jobs.ports import Slot
from bot.upstream.contract import Completed, PictureReady
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.ledger import Usage
from tests.fakes.clock import FakeClock
from tests.fakes.engine import wait_until
from tests.fakes.pictures import picture
from tests.fakes.platform import CAPABILITIES, NAME
from tests.fakes.upstream import Script
from tests.fakes.worker import USER, FailingProgressPlatform, WorkerHarness, build_harness, imagine

OTHER = UserId("fake:2")
ONE_PICTURE: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
FOUR_PICTURES: Script = [*(PictureReady(index=index, address="a") for index in range(4)), Completed(billed=4)]
NAMES = ("red", "green", "blue")
MANY = 12
"""Refused files with more pixels than a minute allows."""
TAKEN = "Got your request. I check the image first, and then start."
TAKEN_SET = "Got your request. I check the 3 images first, and then start."
"""Still true beside the result: nobody can edit an ephemeral message later."""


class StandingClock(FakeClock):
    """Moves only by hand: who sleeps, sleeps on."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class GatedPlatform(FailingProgressPlatform):
    """Delivers a member's file only once `gate` is set."""

    def __init__(self) -> None:
        super().__init__(files={name: picture(name) for name in NAMES})
        self.gate = asyncio.Event()

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        content = await super().fetch(attachment, most_bytes=most_bytes)
        await self.gate.wait()
        return content


class UnavailablePlatform(FailingProgressPlatform):
    """Delivers no file at the moment."""

    async def fetch(self, attachment: Attachment, *, most_bytes: int) -> bytes:
        raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)


def edit(*names: str, count: int = 1) -> Generate:
    references = tuple(Attachment(address=name, name=name) for name in names)
    return Generate(verb="edit", prompt="merge", options=Options(count=count), references=references)


def build(
    processor: ImageProcessor,
    folder: Path,
    *,
    script: Script = ONE_PICTURE,
    platform: FailingProgressPlatform | None = None,
    clock: FakeClock | None = None,
) -> WorkerHarness:
    return build_harness(
        processor,
        folder,
        *[script] * 3,
        clock=clock,
        pictures={"a": [picture("white")]},
        platform=platform or FailingProgressPlatform(files={name: picture(name) for name in NAMES}),
        limiter=GatewayLimiter(FakeClock(), at_once=9),
    )


async def claim(harness: WorkerHarness, job: JobId) -> Job:
    claimed = await harness.store.claim(job, owner="test", now=harness.clock.now(), lease_s=30.0)
    assert claimed is not None
    return claimed


def start(harness: WorkerHarness, job: Job) -> "asyncio.Task[Slot | None]":
    async def advance() -> Slot | None:
        return await harness.worker.advance(job)

    return asyncio.create_task(advance())


def kept_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


async def test_who_has_too_little_left_has_nothing_fetched(processor: ImageProcessor, tmp_path: Path) -> None:
    """The quota is asked first: for a refused job nothing is fetched and nothing shown but the refusal."""
    harness = build(processor, tmp_path)

    job = await harness.advance_to_end(await harness.receive(edit(*NAMES, count=7)))

    assert (job.state, harness.platform.fetched, harness.platform.progress) == (JobState.FAILED, [], {})
    assert harness.platform.declined[0].text.startswith("You asked for 7 images but have 6 of today's 6 left.")


async def test_the_quota_is_asked_again_when_the_turn_has_come(processor: ImageProcessor, tmp_path: Path) -> None:
    """Of a member's jobs that wait for each other, those for which nothing is left any more have nothing fetched."""
    platform = GatedPlatform()
    harness = build(processor, tmp_path, script=FOUR_PICTURES, platform=platform)
    first, second = [await harness.receive(edit(name, count=4)) for name in ("red", "green")]
    working = start(harness, await claim(harness, first))
    await wait_until(lambda: platform.fetched == ["red"])
    slot = await harness.worker.advance(await claim(harness, second))
    assert slot is not None
    granted: list[JobId] = []
    slot.when_granted(granted.append)
    assert granted == []

    platform.gate.set()
    await working
    assert granted == [second]
    assert await harness.worker.advance(await harness.load(second)) is None

    assert platform.fetched == ["red"]
    assert platform.declined[0].text.startswith("You asked for 4 images but have 2 of today's 6 left.")


async def test_jobs_without_references_wait_for_none(processor: ImageProcessor, tmp_path: Path) -> None:
    """While references of every member are being fetched, the same members' other jobs are served."""
    platform = GatedPlatform()
    harness = build(processor, tmp_path, platform=platform)
    members = [UserId(f"fake:{number}") for number in range(20)]
    busy = [start(harness, await claim(harness, await harness.receive(edit("red"), user=member))) for member in members]
    await wait_until(lambda: len(platform.fetched) == 8)

    ended = [await harness.advance_to_end(await harness.receive(imagine(), user=member)) for member in members[:3]]

    assert [job.state for job in ended] == [JobState.DONE] * 3
    assert len(platform.fetched) == 8
    for task in busy:
        task.cancel()
    await asyncio.wait(busy)


async def test_members_take_turns_reference_by_reference(processor: ImageProcessor, tmp_path: Path) -> None:
    """One reference of each member at a time: a second member's comes before the first member's third."""
    platform = GatedPlatform()
    harness = build(processor, tmp_path, platform=platform)
    first = start(harness, await claim(harness, await harness.receive(edit(*NAMES))))
    await wait_until(lambda: platform.fetched == ["red"])
    slot = await harness.worker.advance(await claim(harness, await harness.receive(edit("blue"))))
    second = start(harness, await claim(harness, await harness.receive(edit("green"), user=OTHER)))
    await wait_until(lambda: platform.fetched == ["red", "green"])

    platform.gate.set()
    await asyncio.gather(first, second)

    assert slot is not None
    assert slot.granted
    assert platform.fetched == ["red", "green", "green", "blue"]


@pytest.mark.parametrize("private", [False, True], ids=["among others", "alone"])
async def test_a_queued_job_is_shown_once(processor: ImageProcessor, tmp_path: Path, *, private: bool) -> None:
    """Its first words stand while it waits, for the member alone, and are not written again when its turn has come."""
    platform = GatedPlatform()
    platform.limits = replace(CAPABILITIES, private=private)
    harness = build(processor, tmp_path, platform=platform)
    working = start(harness, await claim(harness, await harness.receive(edit("red"))))
    await wait_until(lambda: platform.fetched == ["red"])
    queued = await harness.receive(edit("green"))
    await harness.worker.advance(await claim(harness, queued))
    places = [replies for message, replies in platform.progress.items() if message.endswith(queued)]
    shown = places[0] if private else platform.taken[-1:]
    said_first = "Checking the image…" if private else TAKEN
    assert [reply.text for reply in shown] == [said_first]
    assert len(places) == private

    platform.gate.set()
    await working
    await harness.worker.advance(await harness.load(queued))

    # The other job's is one, too.
    said = shown if private else platform.taken[1:]
    assert [reply.text for reply in said].count(said_first) == 1
    assert (await harness.load(queued)).state is JobState.DONE


async def test_too_many_references_are_counted_before_they_are_fetched(processor: ImageProcessor, tmp_path: Path) -> None:
    """A form's own pictures and those it was opened with are known without their bytes."""
    harness = build(processor, tmp_path)
    many = tuple(Attachment(address="red", name="red") for _ in range(10))
    draft = Draft(id=JobId("draft0000000"), user=USER, references=many, message=None, platform=NAME)
    await harness.store.save_draft(draft, now=harness.clock.now())
    command = Generate(verb="edit", prompt="merge", references=(DraftPictures(draft=draft.id), *many))

    job = await harness.advance_to_end(await harness.receive(command))

    assert (job.state, harness.platform.fetched) == (JobState.FAILED, [])
    assert "20 reference images are too many" in harness.platform.declined[0].text


@pytest.mark.parametrize("limit", ["quota", "budget"])
async def test_layers_that_are_too_many_cost_no_download(limit: str, processor: ImageProcessor, tmp_path: Path) -> None:
    """There can be 17: whoever has fewer left, of either kind, is refused before the picture is fetched."""
    plenty = QuotaTier(name="plenty", images_per_day=16 if limit == "quota" else 100)
    budgets = (BudgetSettings(pictures=16, per="day"),)
    harness = build_harness(processor, tmp_path, tier=plenty, budgets=budgets if limit == "budget" else ())
    asked = replace(edit("red"), options=Options(layers=True, model="5.0-pro"))

    job = await harness.advance_to_end(await harness.receive(asked))

    assert (job.state, harness.platform.fetched) == (JobState.FAILED, [])


async def test_nothing_of_a_refused_job_stays_on_the_disk(processor: ImageProcessor, tmp_path: Path) -> None:
    """References that were stored before another one was refused are deleted at once."""
    harness = build(processor, tmp_path)
    harness.platform.files["blue"] = b"no picture"

    job = await harness.advance_to_end(await harness.receive(edit(*NAMES)))

    assert (job.state, harness.platform.fetched) == (JobState.FAILED, list(NAMES))
    assert kept_files(tmp_path) == 0


async def test_a_member_out_of_reach_costs_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """The first message among others is that of the accepted job: where it cannot be posted, no call is made."""
    harness = build(processor, tmp_path)
    harness.platform.progress_error = DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)

    job = await harness.advance_to_end(await harness.receive(edit("red")))

    assert (job.state, harness.upstream.asked) == (JobState.FAILED, [])
    assert "nowhere to post" in harness.platform.declined[0].text
    assert await harness.usage() == Usage(settled=0, held=0)


async def test_a_job_that_a_process_left_before_it_was_shown(processor: ImageProcessor, tmp_path: Path) -> None:
    """The next process proves that the member can be reached before it makes the call; until then nothing was shown."""
    platform = GatedPlatform()
    harness = build(processor, tmp_path, platform=platform)
    job_id = await harness.receive(edit("red"))
    working = start(harness, await claim(harness, job_id))
    await wait_until(lambda: platform.fetched == ["red"])
    harness.stopping.set()
    platform.gate.set()
    await working
    assert ((await harness.load(job_id)).state, platform.progress) == (JobState.ACCEPTED, {})

    harness.stopping.clear()
    platform.progress_error = DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)
    await harness.store.release(await harness.load(job_id))
    job = await harness.advance_to_end(job_id)

    assert (job.state, harness.upstream.asked) == (JobState.FAILED, [])


async def test_a_refused_job_shows_others_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """While its references are checked the member alone is told so; then the refusal takes nothing back."""
    platform = GatedPlatform()
    platform.files["blue"] = b"no picture"
    harness = build(processor, tmp_path, platform=platform)
    working = start(harness, await claim(harness, await harness.receive(edit(*NAMES))))
    await wait_until(lambda: bool(platform.taken))
    platform.gate.set()
    await working

    assert (platform.progress, [(reply.text, reply.note) for reply in platform.taken]) == ({}, [(TAKEN_SET, None)])
    assert len(platform.declined) == 1


async def test_nothing_of_a_job_that_came_too_late_stays_on_the_disk(processor: ImageProcessor, tmp_path: Path) -> None:
    """The same where the quota is used up while the references are fetched."""
    platform = GatedPlatform()
    harness = build(processor, tmp_path, script=FOUR_PICTURES, platform=platform)
    working = start(harness, await claim(harness, await harness.receive(edit("red", "green", count=4))))
    await wait_until(lambda: platform.fetched == ["red"])
    await harness.advance_to_end(await harness.receive(imagine(4)))

    platform.gate.set()
    await working

    assert platform.fetched == ["red", "green"]
    assert platform.declined[0].text.startswith("You asked for 4 images but have 2 of today's 6 left.")
    assert kept_files(tmp_path) == 1


async def test_references_of_an_accepted_job_stay(processor: ImageProcessor, tmp_path: Path) -> None:
    """A later job with the same file that is refused does not take it away."""
    harness = build(processor, tmp_path)
    await harness.advance_to_end(await harness.receive(edit("red")))
    assert kept_files(tmp_path) == 2
    harness.platform.files["blue"] = b"no picture"

    await harness.advance_to_end(await harness.receive(edit("red", "green", "blue")))

    assert kept_files(tmp_path) == 2


async def test_a_file_that_another_job_takes_in_stays(processor: ImageProcessor, tmp_path: Path) -> None:
    """Two members send the same file at once; the one job is refused, and the other has its reference."""
    platform = GatedPlatform()
    platform.files["blue"] = b"no picture"
    harness = build(processor, tmp_path, platform=platform)
    good, bad = await harness.receive(edit("red")), await harness.receive(edit("red", "blue"), user=OTHER)
    tasks = [start(harness, await claim(harness, job)) for job in (good, bad)]
    await wait_until(lambda: len(platform.fetched) == 2)
    platform.gate.set()
    await asyncio.gather(*tasks)

    assert [(await harness.load(job)).state for job in (good, bad)] == [JobState.DONE, JobState.FAILED]
    assert kept_files(tmp_path) == 2


async def test_a_first_message_that_failed_is_tried_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """It is not taken for one that was shown: a member who is out of reach after all is not worked for."""
    platform = UnavailablePlatform()
    platform.limits = replace(CAPABILITIES, private=True)
    harness = build(processor, tmp_path, platform=platform)
    platform.progress_error = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
    job_id = await harness.receive(edit("red"))
    await harness.advance_once(job_id)
    assert (await harness.load(job_id)).state is JobState.RECEIVED
    harness.clock.advance(400.0)
    platform.progress_error = DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)

    await harness.advance_once(job_id)

    assert (await harness.load(job_id)).state is JobState.FAILED
    assert "nowhere to post" in platform.declined[0].text


async def test_a_stop_ends_the_intake_between_two_references(processor: ImageProcessor, tmp_path: Path) -> None:
    """The next process begins again; nothing is left behind."""
    platform = GatedPlatform()
    harness = build(processor, tmp_path, platform=platform)
    job_id = await harness.receive(edit(*NAMES))
    working = start(harness, await claim(harness, job_id))
    await wait_until(lambda: platform.fetched == ["red"])
    harness.stopping.set()
    platform.gate.set()

    assert await working is None

    assert ((await harness.load(job_id)).state, platform.fetched, kept_files(tmp_path)) == (JobState.RECEIVED, ["red"], 0)


async def test_a_member_who_had_much_decoded_waits_alone(processor: ImageProcessor, tmp_path: Path) -> None:
    """Refused files count as well: after many of them the member's next job waits, and another's does not."""
    harness = build(processor, tmp_path, clock=StandingClock())
    harness.platform.files["red"] = b"no picture"
    for _ in range(MANY):
        await harness.advance_to_end(await harness.receive(edit("red")))

    waiting = await harness.worker.advance(await claim(harness, await harness.receive(edit("green"))))
    other = await harness.worker.advance(await claim(harness, await harness.receive(edit("blue"), user=OTHER)))

    assert waiting is not None
    assert other is None
    assert harness.platform.fetched == ["red"] * MANY + ["blue"]


@pytest.mark.parametrize("mine", [True, False])
async def test_a_picture_that_is_gone_from_the_disk_is_named(
    processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture, *, mine: bool
) -> None:
    """`--ref` to a lost picture is refused in words at the first try, and logged once."""
    harness = build(processor, tmp_path)
    made = await harness.advance_to_end(await harness.receive(imagine()))
    (row,) = await harness.store.pictures(made.id)
    assert row.blob is not None
    (tmp_path / row.blob[:2] / row.blob[2:]).unlink()
    command = replace(edit(), references=(StoredPicture(job=made.id, number=1),))

    job = await harness.advance_to_end(await harness.receive(command, user=USER if mine else OTHER))

    assert (job.state, job.attempts) == (JobState.FAILED, 0)
    assert harness.platform.declined[0].text == "Image 1 is no longer stored. Attach it, or choose another one."
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["reference lost"]
