"""The worker moves jobs from received to their end, with a scripted gateway and a platform that records messages."""

import asyncio
import contextlib
import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.chat.capabilities import Way
from bot.commands.command import Attachment, Generate
from bot.errors import PASSING, DeliveryCode, DeliveryError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.ids import MessageId
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState
from bot.jobs.facts import doubt_of
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started, StoredFile
from bot.wallet.ledger import Usage
from tests.fakes.jobs import PATH_TO, take_steps
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import AMBIGUOUS, OVERLOADED, REFUSED, USER, build_harness, imagine


async def test_a_complete_set_is_settled_and_posted(processor: ImageProcessor, tmp_path: Path) -> None:
    """Two pictures that were asked for and made are settled, booked, and posted unchanged in one message."""
    script: Script = [
        Started(),
        PictureReady(index=0, address="a"),
        PictureReady(index=1, address="b"),
        Completed(billed=2),
    ]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture("red")], "b": [picture("blue")]})

    job = await harness.advance_to_end(await harness.receive(imagine(2)))

    assert (job.state, job.call(1).billed) == (JobState.DONE, 2)
    posted = harness.platform.posted[job.id, 1]
    assert [shown.path.read_bytes() for shown in posted.pictures] == [picture("red"), picture("blue")]
    assert [shown.name for shown in posted.pictures] == [f"a-fox-{job.id}-1.png", f"a-fox-{job.id}-2.png"]
    assert await harness.usage() == Usage(settled=2, held=0)
    assert harness.store.spends[job.id].images == 2
    assert all(row.address is None for row in await harness.store.pictures(job.id))
    assert harness.platform.last_result().text.partition(" s: ")[2].startswith("2 images with Seedream 4.5")


async def test_an_incomplete_set_releases_the_rest(processor: ImageProcessor, tmp_path: Path) -> None:
    """A picture that the gateway withheld is named in the message, and its image is released."""
    withheld = PictureMissing(index=1, error=UpstreamError(UpstreamKind.POLICY_OUTPUT, certain=True))
    script: Script = [Started(), PictureReady(index=0, address="a"), withheld, Completed(billed=1)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]})

    job = await harness.advance_to_end(await harness.receive(imagine(2)))

    assert job.state is JobState.DONE
    assert await harness.usage() == Usage(settled=1, held=0)
    assert harness.platform.last_result().text.partition(" s: ")[2].startswith("1 of 2 images")
    assert "Image 2: withheld by the content filter." in (harness.platform.last_result().note or "")


async def test_additional_pictures_are_delivered_free(processor: ImageProcessor, tmp_path: Path) -> None:
    """A picture beyond those asked for is delivered, costs the member nothing, and is booked for the operator."""
    script: Script = [PictureReady(index=0, address="a"), PictureReady(index=1, address="a"), Completed(billed=2)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]})

    job = await harness.advance_to_end(await harness.receive(imagine(1)))

    assert len(harness.platform.posted[job.id, 1].pictures) == 2
    assert await harness.usage() == Usage(settled=1, held=0)
    assert harness.store.spends[job.id].images == 2


async def test_a_content_refusal_releases_the_hold(processor: ImageProcessor, tmp_path: Path) -> None:
    """A job that the gateway's content rules refuse ends REFUSED, at no cost and with its reason."""
    harness = build_harness(processor, tmp_path, [REFUSED])

    job = await harness.advance_to_end(await harness.receive(imagine(2)))

    assert job.state is JobState.REFUSED
    assert await harness.usage() == Usage(settled=0, held=0)
    assert "The content filter rejected the prompt." in harness.platform.last_progress().text
    assert job.id not in harness.store.spends


async def test_a_busy_gateway_is_retried_later(processor: ImageProcessor, tmp_path: Path) -> None:
    """After a certain and retryable failure the job waits in ACCEPTED until it is due, and keeps its hold."""
    harness = build_harness(
        processor, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]}
    )
    job_id = await harness.receive(imagine())

    await harness.advance_once(job_id)
    waiting = await harness.load(job_id)

    assert (waiting.state, waiting.call(1).attempts) == (JobState.ACCEPTED, 1)
    assert await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0) is None
    assert await harness.usage() == Usage(settled=0, held=1)
    harness.clock.advance(60.0)
    assert (await harness.advance_to_end(job_id)).state is JobState.DONE


async def test_a_gateway_that_stays_busy_fails_the_job(processor: ImageProcessor, tmp_path: Path) -> None:
    """After four attempts the job fails and its hold is released."""
    harness = build_harness(processor, tmp_path, *([OVERLOADED] for _ in range(5)))

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked)) == (JobState.FAILED, 4)
    assert await harness.usage() == Usage(settled=0, held=0)


async def test_a_call_without_an_answer_is_uncertain_and_not_repeated(processor: ImageProcessor, tmp_path: Path) -> None:
    """The hold is released, the upper bound of the cost is booked as estimated, and a button offers a repeat."""
    harness = build_harness(processor, tmp_path, [AMBIGUOUS])

    job = await harness.advance_to_end(await harness.receive(imagine(3)))

    assert (job.state, len(harness.upstream.asked)) == (JobState.UNCERTAIN, 1)
    assert await harness.usage() == Usage(settled=0, held=0)
    assert (harness.store.spends[job.id].images, harness.store.spends[job.id].estimated) == (3, True)
    assert harness.platform.last_progress().buttons[0].label == "Try again (may cost again)"


async def test_an_interrupted_answer_delivers_what_arrived(processor: ImageProcessor, tmp_path: Path) -> None:
    """If any picture arrived before the answer was interrupted, the job ends DONE, with a note."""
    harness = build_harness(
        processor, tmp_path, [Started(), PictureReady(index=0, address="a"), AMBIGUOUS], pictures={"a": [picture()]}
    )

    job = await harness.advance_to_end(await harness.receive(imagine(3)))

    assert (job.state, doubt_of(job) is not None) == (JobState.DONE, True)
    assert await harness.usage() == Usage(settled=1, held=0)
    assert harness.store.spends[job.id].images == 3
    assert "The connection to ark ended before its answer was complete." in (harness.platform.last_result().note or "")


@pytest.mark.parametrize("state", [CallState.SUBMITTING, CallState.RUNNING])
async def test_a_job_in_the_paid_call_is_not_submitted_again_after_a_crash(
    processor: ImageProcessor, tmp_path: Path, state: CallState
) -> None:
    """A job that may have been charged before a crash ends UNCERTAIN, without another call."""
    harness = build_harness(processor, tmp_path, [OVERLOADED], [AMBIGUOUS])
    job_id = await harness.receive(imagine())
    await harness.advance_once(job_id)
    harness.clock.advance(60.0)
    job = await harness.store.claim(job_id, owner="dead", now=harness.clock.now(), lease_s=30.0)
    assert job is not None
    await take_steps(harness.store, job, *PATH_TO[state], now=harness.clock.now())
    harness.clock.advance(60.0)

    ended = await harness.advance_to_end(job_id)

    assert (ended.state, len(harness.upstream.asked)) == (JobState.UNCERTAIN, 1)


async def test_a_failed_download_is_retried(processor: ImageProcessor, tmp_path: Path) -> None:
    """A failed download is retried without another call to the gateway."""
    unavailable = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [unavailable, unavailable, picture()]})

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked)) == (JobState.DONE, 1)


async def test_a_picture_that_cannot_be_fetched_is_booked_for_the_operator(processor: ImageProcessor, tmp_path: Path) -> None:
    """A picture that was made but cannot be fetched is booked for the operator and not settled for the member."""
    lost = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=False)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [lost]})

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert job.state is JobState.FAILED
    assert await harness.usage() == Usage(settled=0, held=0)
    assert harness.store.spends[job.id].images == 1


async def test_a_used_up_quota_is_declined_before_any_call(processor: ImageProcessor, tmp_path: Path) -> None:
    """A request above the quota is declined without a call, and the message says how many images are left."""
    harness = build_harness(processor, tmp_path)

    job = await harness.advance_to_end(await harness.receive(imagine(7)))

    assert (job.state, harness.upstream.asked) == (JobState.FAILED, [])
    assert harness.platform.declined[0].text.startswith("You asked for 7 images but have 6 of today's 6 left. Try --count 6;")


async def test_references_reach_the_gateway_in_order(processor: ImageProcessor, tmp_path: Path) -> None:
    """References are sent from our disk, in the order of the command."""
    script: Script = [PictureReady(index=0, address="a"), Completed()]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]})
    harness.platform.files = {"one": picture("green"), "two": picture("blue")}
    references = tuple(Attachment(address=name, name=name) for name in ("one", "two"))

    await harness.advance_to_end(await harness.receive(Generate(verb="edit", prompt="merge", references=references)))

    request, sent = harness.upstream.asked[0]
    assert [reference.width for reference in request.references] == [64, 64]
    assert [value.media_type for value in sent if isinstance(value, StoredFile)] == ["image/png"] * 2
    assert sent[0] != sent[1]


async def test_a_missing_reference_is_named_by_its_number(processor: ImageProcessor, tmp_path: Path) -> None:
    """If a reference can no longer be fetched, the job is declined with its number."""
    harness = build_harness(processor, tmp_path)
    harness.platform.files = {"one": picture()}
    references = tuple(Attachment(address=name, name=name) for name in ("one", "two"))

    await harness.advance_to_end(await harness.receive(Generate(verb="edit", prompt="merge", references=references)))

    assert harness.platform.declined[0].text == "Image 2 can no longer be downloaded. Attach it again."


async def test_if_posting_is_forbidden_the_next_way_is_used(processor: ImageProcessor, tmp_path: Path) -> None:
    """If the conversation forbids posting, the pictures are sent by direct message, and the final event says so."""
    harness = build_harness(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    harness.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)]

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, harness.platform.ways) == (JobState.DONE, [Way.DIRECT])
    assert "direct message" in harness.platform.last_progress().text


async def test_an_unavailable_platform_is_retried_by_the_same_way(processor: ImageProcessor, tmp_path: Path) -> None:
    """A temporary failure is retried by the same way, so that the set is not posted in two places."""
    harness = build_harness(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    harness.platform.troubles = [DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False) for _ in range(10)]

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, harness.platform.ways) == (JobState.DONE, [Way.CONVERSATION])
    assert await harness.usage() == Usage(settled=1, held=0)


async def test_if_no_way_works_a_button_shows_the_pictures(processor: ImageProcessor, tmp_path: Path) -> None:
    """If no way of delivery works, the set is settled all the same and a button shows it."""
    harness = build_harness(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    harness.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False) for _ in range(2)]

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert job.state is JobState.DONE
    assert [button.label for button in harness.platform.last_progress().buttons] == ["Show result"]
    assert await harness.usage() == Usage(settled=1, held=0)


async def test_a_large_set_takes_two_messages(processor: ImageProcessor, tmp_path: Path) -> None:
    """A set with more pictures than a message can hold is posted in several messages."""
    script: Script = [*(PictureReady(index=index, address="a") for index in range(5)), Completed()]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]})
    harness.platform.limits = replace(harness.platform.limits, pictures=3)

    job = await harness.advance_to_end(await harness.receive(imagine(5)))

    assert [len(harness.platform.posted[job.id, part].pictures) for part in (1, 2)] == [3, 2]


async def test_a_file_above_the_limit_is_re_encoded(processor: ImageProcessor, tmp_path: Path) -> None:
    """A picture above the platform's limit is re-encoded for posting, and the stored file is unchanged."""
    noise = Image.effect_noise((600, 600), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, format="PNG")
    harness = build_harness(
        processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [out.getvalue()]}
    )
    harness.platform.limits = replace(harness.platform.limits, file_bytes=200_000)

    job = await harness.advance_to_end(await harness.receive(imagine()))

    shown = harness.platform.posted[job.id, 1].pictures[0]
    kept = (await harness.store.pictures(job.id))[0]
    assert shown.size_bytes <= 200_000
    assert kept.size_bytes == len(out.getvalue())


async def test_a_member_who_waited_long_is_mentioned(processor: ImageProcessor, tmp_path: Path) -> None:
    """After twenty seconds the result mentions the member who asked."""
    harness = build_harness(
        processor, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]}
    )

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert harness.platform.posted[job.id, 1].mention == USER


class BusyStore(MemoryStore):
    """Raises `error` `busy` times during the paid call."""

    busy = 0
    error = StoreCode.BUSY

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        if move.to is JobState.RUNNING:
            self._raise_if_busy()
        return await super().move(job, move, now=now)

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        self._raise_if_busy()
        await super().put_picture(job, picture)

    def _raise_if_busy(self) -> None:
        if self.busy:
            self.busy -= 1
            raise StoreError(self.error)


@pytest.mark.parametrize("error", sorted(PASSING))
async def test_no_passing_error_loses_paid_pictures(processor: ImageProcessor, tmp_path: Path, error: StoreCode) -> None:
    """From the paid call on, writes wait for a busy database and a failing disk, so that the job does not become uncertain."""
    store = BusyStore()
    store.error = error
    script: Script = [Started(), PictureReady(index=0, address="a"), PictureReady(index=1, address="a"), Completed(billed=2)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()]}, store=store)
    store.busy = 5

    job = await harness.advance_to_end(await harness.receive(imagine(2)))

    assert (job.state, doubt_of(job) is not None, len(harness.platform.posted[job.id, 1].pictures)) == (JobState.DONE, False, 2)


async def test_a_damaged_picture_does_not_affect_the_others(processor: ImageProcessor, tmp_path: Path) -> None:
    """If one of three pictures in an answer is damaged, the other two are delivered."""
    pictures = [PictureReady(index=index, data=picture() if index else b"garbage") for index in range(3)]
    harness = build_harness(processor, tmp_path, [*pictures, Completed(billed=3)])

    job = await harness.advance_to_end(await harness.receive(imagine(3)))

    assert (job.state, len(harness.platform.posted[job.id, 1].pictures)) == (JobState.DONE, 2)
    assert harness.store.spends[job.id].images == 3


async def test_no_paid_call_is_made_while_stopping(processor: ImageProcessor, tmp_path: Path) -> None:
    """While the process stops, a job that was not paid for is left to the next process."""
    harness = build_harness(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    job_id = await harness.receive(imagine())
    harness.stopping.set()

    await harness.advance_once(job_id)
    waiting = await harness.load(job_id)
    harness.stopping.clear()
    ended = await harness.advance_to_end(job_id)

    assert (waiting.state, ended.state, len(harness.upstream.asked)) == (JobState.RECEIVED, JobState.DONE, 1)


async def test_downloads_are_retried_for_hours(processor: ImageProcessor, tmp_path: Path) -> None:
    """Pictures that cannot be fetched for an hour are delivered later, and the member is shown the delay."""
    unavailable = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [*([unavailable] * 15), picture()]})

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked)) == (JobState.DONE, 1)
    assert any("cannot be downloaded yet" in reply.text for reply in harness.platform.progress[MessageId(f"progress-{job.id}")])


async def test_the_rest_of_a_set_is_awaited_for_minutes_only(processor: ImageProcessor, tmp_path: Path) -> None:
    """If three of four pictures have arrived, they are posted after some minutes without the fourth."""
    unavailable = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [*(PictureReady(index=index, address="b" if index == 2 else "a") for index in range(4)), Completed(billed=4)]
    harness = build_harness(processor, tmp_path, script, pictures={"a": [picture()], "b": [unavailable]})

    job = await harness.advance_to_end(await harness.receive(imagine(4)))

    assert (job.state, len(harness.platform.posted[job.id, 1].pictures)) == (JobState.DONE, 3)
    assert await harness.usage() == Usage(settled=3, held=0)


async def test_a_final_event_that_was_not_shown_is_retried(processor: ImageProcessor, tmp_path: Path) -> None:
    """If the platform is unavailable when the job ends, the final event is shown later."""
    harness = build_harness(processor, tmp_path, [AMBIGUOUS])
    job_id = await harness.receive(imagine())
    harness.platform.progress_error = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
    await harness.advance_once(job_id)
    unnotified = await harness.load(job_id)
    harness.platform.progress_error = None
    harness.clock.advance(60.0)

    notified = await harness.advance_to_end(job_id)

    assert (unnotified.state, unnotified.notified, notified.notified) == (JobState.UNCERTAIN, False, True)
    assert harness.platform.last_progress().buttons[0].label == "Try again (may cost again)"


async def test_a_final_event_gets_a_new_message_if_the_old_one_is_lost(processor: ImageProcessor, tmp_path: Path) -> None:
    """If the progress message can no longer be edited, the final event is a new message, whose id is stored."""
    harness = build_harness(processor, tmp_path, [REFUSED])
    job_id = await harness.receive(imagine())
    harness.platform.lost.add(MessageId(f"progress-{job_id}"))

    job = await harness.advance_to_end(job_id)

    assert job.progress_message == f"progress-{job_id}-2"
    assert ["content filter" in reply.text for reply in harness.platform.progress[job.progress_message]] == [True]


async def test_a_job_with_repeated_unexpected_errors_is_abandoned(processor: ImageProcessor, tmp_path: Path) -> None:
    """A job whose reference is missing on the disk fails after several attempts, and its hold is released."""
    harness = build_harness(processor, tmp_path, [OVERLOADED])
    harness.platform.files = {"one": picture()}
    command = Generate(verb="edit", prompt="merge", references=(Attachment(address="one", name="one"),))
    job_id = await harness.receive(command)
    await harness.advance_once(job_id)
    await asyncio.to_thread(shutil.rmtree, tmp_path)

    while not (job := await harness.load(job_id)).notified:
        harness.clock.advance(600.0)
        with contextlib.suppress(StoreError):
            await harness.advance_once(job_id)
            continue
        # This is what the engine does after a step that raised.
        job = await harness.load(job_id)
        await harness.store.postpone(job, not_before=0.0, now=harness.clock.now())
        await harness.store.release(job)

    assert job.state is JobState.FAILED
    assert await harness.usage() == Usage(settled=0, held=0)
    assert "went wrong inside the bot" in harness.platform.last_progress().text


async def test_an_unreachable_member_costs_nothing(processor: ImageProcessor, tmp_path: Path) -> None:
    """If no message can be posted in the conversation or directly, the job fails without a call to the gateway."""
    harness = build_harness(processor, tmp_path)
    harness.platform.progress_error = DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)
    harness.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)]

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert (job.state, harness.upstream.asked) == (JobState.FAILED, [])
    assert await harness.usage() == Usage(settled=0, held=0)
