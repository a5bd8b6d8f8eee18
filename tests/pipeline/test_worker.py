"""A job's way from received to its end, with a scripted gateway and a platform that remembers."""

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
from bot.errors import DeliveryCode, DeliveryError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.ids import MessageId
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started
from bot.wallet.ledger import Usage
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.upstream import Script
from tests.fakes.worker import CUT, OVERLOADED, REFUSED, USER, build, imagine


async def test_a_set_is_made_settled_and_posted(processor: ImageProcessor, tmp_path: Path) -> None:
    """Two pictures asked, two come: two are the member's, untouched, in one message."""
    script: Script = [
        Started(),
        PictureReady(index=0, address="a"),
        PictureReady(index=1, address="b"),
        Completed(billed=2),
    ]
    harness = build(processor, tmp_path, script, pictures={"a": [picture("red")], "b": [picture("blue")]})

    job = await harness.advance(await harness.receive(imagine(2)))

    assert (job.state, job.billed) == (JobState.DONE, 2)
    posted = harness.platform.posted[job.id, 1]
    assert [shown.path.read_bytes() for shown in posted.pictures] == [picture("red"), picture("blue")]
    assert [shown.name for shown in posted.pictures] == [f"{job.id}-1.png", f"{job.id}-2.png"]
    assert await harness.usage() == Usage(settled=2, held=0)
    assert harness.store.spends[job.id].images == 2
    assert all(row.address is None for row in await harness.store.pictures(job.id))
    assert harness.platform.last_progress().text.partition(" s: ")[2].startswith("2 images with Seedream 4.5")


async def test_a_short_set_gives_the_rest_back(processor: ImageProcessor, tmp_path: Path) -> None:
    """A picture that the gateway withheld is named and costs the member nothing."""
    withheld = PictureMissing(index=1, error=UpstreamError(UpstreamKind.POLICY_OUTPUT, certain=True))
    script: Script = [Started(), PictureReady(index=0, address="a"), withheld, Completed(billed=1)]
    harness = build(processor, tmp_path, script, pictures={"a": [picture()]})

    job = await harness.advance(await harness.receive(imagine(2)))

    assert job.state is JobState.DONE
    assert await harness.usage() == Usage(settled=1, held=0)
    assert harness.platform.last_progress().text.partition(" s: ")[2].startswith("1 of 2 images")
    assert "Image 2: withheld by the content filter." in (harness.platform.last_progress().note or "")


async def test_more_than_asked_is_delivered_and_free(processor: ImageProcessor, tmp_path: Path) -> None:
    """What a gateway adds by itself is a present to the member and a cost to the operator."""
    script: Script = [PictureReady(index=0, address="a"), PictureReady(index=1, address="a"), Completed(billed=2)]
    harness = build(processor, tmp_path, script, pictures={"a": [picture()]})

    job = await harness.advance(await harness.receive(imagine(1)))

    assert len(harness.platform.posted[job.id, 1].pictures) == 2
    assert await harness.usage() == Usage(settled=1, held=0)
    assert harness.store.spends[job.id].images == 2


async def test_content_rules_end_refused_and_release(processor: ImageProcessor, tmp_path: Path) -> None:
    """A refusal by the gateway costs nothing and is said in words."""
    harness = build(processor, tmp_path, [REFUSED])

    job = await harness.advance(await harness.receive(imagine(2)))

    assert job.state is JobState.REFUSED
    assert await harness.usage() == Usage(settled=0, held=0)
    assert "The content filter rejected the prompt." in harness.platform.last_progress().text
    assert job.id not in harness.store.spends


async def test_a_busy_gateway_is_tried_again_later(processor: ImageProcessor, tmp_path: Path) -> None:
    """A certain, passing failure goes back to accepted with a time, and the hold stays."""
    harness = build(
        processor, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]}
    )
    job_id = await harness.receive(imagine())

    await harness.step(job_id)
    waiting = await harness.load(job_id)

    assert (waiting.state, waiting.attempts) == (JobState.ACCEPTED, 1)
    assert await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0) is None
    assert await harness.usage() == Usage(settled=0, held=1)
    harness.clock.advance(60.0)
    assert (await harness.advance(job_id)).state is JobState.DONE


async def test_a_gateway_that_stays_busy_ends_failed(processor: ImageProcessor, tmp_path: Path) -> None:
    """Four tries, then the member is told and has the hold back."""
    harness = build(processor, tmp_path, *([OVERLOADED] for _ in range(5)))

    job = await harness.advance(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked)) == (JobState.FAILED, 4)
    assert await harness.usage() == Usage(settled=0, held=0)


async def test_an_answer_that_never_came_is_uncertain_and_never_asked_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """The hold is released, the most it can have cost is booked as estimated, the member decides."""
    harness = build(processor, tmp_path, [CUT])

    job = await harness.advance(await harness.receive(imagine(3)))

    assert (job.state, len(harness.upstream.asked)) == (JobState.UNCERTAIN, 1)
    assert await harness.usage() == Usage(settled=0, held=0)
    assert (harness.store.spends[job.id].images, harness.store.spends[job.id].estimated) == (3, True)
    assert harness.platform.last_progress().buttons[0].label == "Try again (may cost again)"


async def test_a_cut_stream_delivers_what_came(processor: ImageProcessor, tmp_path: Path) -> None:
    """With any picture the job ends done, with a note."""
    harness = build(processor, tmp_path, [Started(), PictureReady(index=0, address="a"), CUT], pictures={"a": [picture()]})

    job = await harness.advance(await harness.receive(imagine(3)))

    assert (job.state, job.uncertain) == (JobState.DONE, True)
    assert await harness.usage() == Usage(settled=1, held=0)
    assert harness.store.spends[job.id].images == 3
    assert "The connection to ark broke before the set was complete." in (harness.platform.last_progress().note or "")


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.RUNNING])
async def test_found_in_the_paid_call_after_a_crash_nothing_is_asked_again(
    processor: ImageProcessor, tmp_path: Path, state: JobState
) -> None:
    """Another process finds the job where it may have been charged: it ends uncertain, without a call."""
    harness = build(processor, tmp_path, [OVERLOADED], [CUT])
    job_id = await harness.receive(imagine())
    await harness.step(job_id)
    harness.clock.advance(60.0)
    job = await harness.store.claim(job_id, owner="dead", now=harness.clock.now(), lease_s=30.0)
    assert job is not None
    job = await harness.store.move(job, Move(to=JobState.SUBMITTING), now=harness.clock.now())
    if state is JobState.RUNNING:
        await harness.store.move(job, Move(to=JobState.RUNNING), now=harness.clock.now())
    harness.clock.advance(60.0)

    ended = await harness.advance(job_id)

    assert (ended.state, len(harness.upstream.asked)) == (JobState.UNCERTAIN, 1)


async def test_a_download_that_fails_for_a_while_is_tried_again(processor: ImageProcessor, tmp_path: Path) -> None:
    """The gateway's address is asked again, the gateway is not."""
    hiccup = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build(processor, tmp_path, script, pictures={"a": [hiccup, hiccup, picture()]})

    job = await harness.advance(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked)) == (JobState.DONE, 1)


async def test_a_picture_that_cannot_be_fetched_is_the_operators_loss(processor: ImageProcessor, tmp_path: Path) -> None:
    """It was made and billed, but a member pays for what they receive."""
    lost = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=False)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build(processor, tmp_path, script, pictures={"a": [lost]})

    job = await harness.advance(await harness.receive(imagine()))

    assert job.state is JobState.FAILED
    assert await harness.usage() == Usage(settled=0, held=0)
    assert harness.store.spends[job.id].images == 1


async def test_a_used_up_quota_is_declined_before_any_call(processor: ImageProcessor, tmp_path: Path) -> None:
    """Nothing is asked of the gateway, and the words say what is left."""
    harness = build(processor, tmp_path)

    job = await harness.advance(await harness.receive(imagine(7)))

    assert (job.state, harness.upstream.asked) == (JobState.FAILED, [])
    assert harness.platform.declined[0].text == "You asked for 7 images but have 6 of today's 6 left. Try --count 6."


async def test_references_reach_the_gateway_in_order(processor: ImageProcessor, tmp_path: Path) -> None:
    """Bytes become data URLs, in the order in which the prompt counts them."""
    script: Script = [PictureReady(index=0, address="a"), Completed()]
    harness = build(processor, tmp_path, script, pictures={"a": [picture()]})
    harness.platform.files = {"one": picture("green"), "two": picture("blue")}
    references = tuple(Attachment(address=name, name=name) for name in ("one", "two"))

    await harness.advance(await harness.receive(Generate(verb="edit", prompt="merge", references=references)))

    request, sent = harness.upstream.asked[0]
    assert [reference.width for reference in request.references] == [64, 64]
    assert all(value.startswith("data:image/png;base64,") for value in sent)
    assert sent[0] != sent[1]


async def test_a_reference_that_is_gone_names_its_number(processor: ImageProcessor, tmp_path: Path) -> None:
    """The member learns which picture to attach again."""
    harness = build(processor, tmp_path)
    harness.platform.files = {"one": picture()}
    references = tuple(Attachment(address=name, name=name) for name in ("one", "two"))

    await harness.advance(await harness.receive(Generate(verb="edit", prompt="merge", references=references)))

    assert harness.platform.declined[0].text == "Image 2 can no longer be downloaded. Attach it again."


async def test_where_posting_is_forbidden_the_next_way_is_taken(processor: ImageProcessor, tmp_path: Path) -> None:
    """The pictures go by direct message, and the receipt says so."""
    harness = build(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    harness.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)]

    job = await harness.advance(await harness.receive(imagine()))

    assert (job.state, harness.platform.ways) == (JobState.DONE, [Way.DIRECT])
    assert "direct message" in harness.platform.last_progress().text


async def test_a_platform_that_does_not_answer_is_tried_again_the_same_way(processor: ImageProcessor, tmp_path: Path) -> None:
    """A hiccup must not put the set in two places."""
    harness = build(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    harness.platform.troubles = [DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False) for _ in range(10)]

    job = await harness.advance(await harness.receive(imagine()))

    assert (job.state, harness.platform.ways) == (JobState.DONE, [Way.CONVERSATION])
    assert await harness.usage() == Usage(settled=1, held=0)


async def test_when_no_way_works_the_pictures_wait_behind_a_button(processor: ImageProcessor, tmp_path: Path) -> None:
    """A failed delivery changes nothing about what is the member's."""
    harness = build(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    harness.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False) for _ in range(2)]

    job = await harness.advance(await harness.receive(imagine()))

    assert job.state is JobState.DONE
    assert [button.label for button in harness.platform.last_progress().buttons] == ["Show result"]
    assert await harness.usage() == Usage(settled=1, held=0)


async def test_a_large_set_takes_two_messages(processor: ImageProcessor, tmp_path: Path) -> None:
    """No picture is dropped where a platform takes fewer than the set has."""
    script: Script = [*(PictureReady(index=index, address="a") for index in range(5)), Completed()]
    harness = build(processor, tmp_path, script, pictures={"a": [picture()]})
    harness.platform.limits = replace(harness.platform.limits, pictures=3)

    job = await harness.advance(await harness.receive(imagine(5)))

    assert [len(harness.platform.posted[job.id, part].pictures) for part in (1, 2)] == [3, 2]


async def test_a_file_over_the_limit_is_fitted(processor: ImageProcessor, tmp_path: Path) -> None:
    """Only a picture over the platform's limit is re-encoded; ours stays as the gateway made it."""
    noise = Image.effect_noise((600, 600), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, format="PNG")
    harness = build(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [out.getvalue()]})
    harness.platform.limits = replace(harness.platform.limits, file_bytes=200_000)

    job = await harness.advance(await harness.receive(imagine()))

    shown = harness.platform.posted[job.id, 1].pictures[0]
    kept = (await harness.store.pictures(job.id))[0]
    assert shown.size_bytes <= 200_000
    assert kept.size_bytes == len(out.getvalue())


async def test_a_member_who_waited_long_is_called_back(processor: ImageProcessor, tmp_path: Path) -> None:
    """After twenty seconds the result mentions whoever asked."""
    harness = build(
        processor, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]}
    )

    job = await harness.advance(await harness.receive(imagine()))

    assert harness.platform.posted[job.id, 1].mention == USER


class BusyStore(MemoryStore):
    """Busy for a while in the middle of the paid call."""

    busy = 0

    async def move(self, job: Job, move: Move, *, now: float) -> Job:
        if move.to is JobState.RUNNING:
            self._hesitate()
        return await super().move(job, move, now=now)

    async def put_picture(self, job: Job, picture: PictureRow) -> None:
        self._hesitate()
        await super().put_picture(job, picture)

    def _hesitate(self) -> None:
        if self.busy:
            self.busy -= 1
            raise StoreError(StoreCode.BUSY)


async def test_a_busy_database_does_not_lose_what_was_paid_for(processor: ImageProcessor, tmp_path: Path) -> None:
    """From the paid call on, writes wait: nothing becomes uncertain for a locked database."""
    store = BusyStore()
    script: Script = [Started(), PictureReady(index=0, address="a"), PictureReady(index=1, address="a"), Completed(billed=2)]
    harness = build(processor, tmp_path, script, pictures={"a": [picture()]}, store=store)
    store.busy = 5

    job = await harness.advance(await harness.receive(imagine(2)))

    assert (job.state, job.uncertain, len(harness.platform.posted[job.id, 1].pictures)) == (JobState.DONE, False, 2)


async def test_a_damaged_picture_does_not_cost_the_others(processor: ImageProcessor, tmp_path: Path) -> None:
    """One of three sent inside the answer is no picture: two are delivered."""
    pictures = [PictureReady(index=index, data=picture() if index else b"garbage") for index in range(3)]
    harness = build(processor, tmp_path, [*pictures, Completed(billed=3)])

    job = await harness.advance(await harness.receive(imagine(3)))

    assert (job.state, len(harness.platform.posted[job.id, 1].pictures)) == (JobState.DONE, 2)
    assert harness.store.spends[job.id].images == 3


async def test_nothing_new_is_paid_for_after_a_stop_was_asked_for(processor: ImageProcessor, tmp_path: Path) -> None:
    """What has not begun to cost stays for the next process."""
    harness = build(processor, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    job_id = await harness.receive(imagine())
    harness.stopping.set()

    await harness.step(job_id)
    waiting = await harness.load(job_id)
    harness.stopping.clear()
    ended = await harness.advance(job_id)

    assert (waiting.state, ended.state, len(harness.upstream.asked)) == (JobState.RECEIVED, JobState.DONE, 1)


async def test_pictures_that_cannot_be_fetched_for_hours_are_waited_for(processor: ImageProcessor, tmp_path: Path) -> None:
    """The address lives a day: an hour without a network loses nothing, and the member reads what is going on."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    harness = build(processor, tmp_path, script, pictures={"a": [*([away] * 15), picture()]})

    job = await harness.advance(await harness.receive(imagine()))

    assert (job.state, len(harness.upstream.asked)) == (JobState.DONE, 1)
    assert any("cannot be downloaded yet" in reply.text for reply in harness.platform.progress[MessageId(f"progress-{job.id}")])


async def test_the_rest_of_a_set_is_not_waited_for_all_day(processor: ImageProcessor, tmp_path: Path) -> None:
    """Three of four are here: after some minutes they are posted without the fourth."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [*(PictureReady(index=index, address="b" if index == 2 else "a") for index in range(4)), Completed(billed=4)]
    harness = build(processor, tmp_path, script, pictures={"a": [picture()], "b": [away]})

    job = await harness.advance(await harness.receive(imagine(4)))

    assert (job.state, len(harness.platform.posted[job.id, 1].pictures)) == (JobState.DONE, 3)
    assert await harness.usage() == Usage(settled=3, held=0)


async def test_an_end_that_nobody_could_see_is_told_later(processor: ImageProcessor, tmp_path: Path) -> None:
    """The platform was away when the job ended: the end is told when it is back, by whichever process."""
    harness = build(processor, tmp_path, [CUT])
    job_id = await harness.receive(imagine())
    harness.platform.deaf = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
    await harness.step(job_id)
    untold = await harness.load(job_id)
    harness.platform.deaf = None
    harness.clock.advance(60.0)

    notified = await harness.advance(job_id)

    assert (untold.state, untold.notified, notified.notified) == (JobState.UNCERTAIN, False, True)
    assert harness.platform.last_progress().buttons[0].label == "Try again (may cost again)"


async def test_an_end_whose_message_is_gone_is_said_in_another(processor: ImageProcessor, tmp_path: Path) -> None:
    """Where the progress message cannot be written any more, the last word is a message of its own, and is remembered."""
    harness = build(processor, tmp_path, [REFUSED])
    job_id = await harness.receive(imagine())
    harness.platform.lost.add(MessageId(f"progress-{job_id}"))

    job = await harness.advance(job_id)

    assert job.progress_message == f"progress-{job_id}-2"
    assert ["content filter" in reply.text for reply in harness.platform.progress[job.progress_message]] == [True]


async def test_what_keeps_failing_in_an_unforeseen_way_is_given_up(processor: ImageProcessor, tmp_path: Path) -> None:
    """A reference that vanished from the disk does not hold the member's images for ever."""
    harness = build(processor, tmp_path, [OVERLOADED])
    harness.platform.files = {"one": picture()}
    command = Generate(verb="edit", prompt="merge", references=(Attachment(address="one", name="one"),))
    job_id = await harness.receive(command)
    await harness.step(job_id)
    await asyncio.to_thread(shutil.rmtree, tmp_path)

    while not (job := await harness.load(job_id)).notified:
        harness.clock.advance(600.0)
        with contextlib.suppress(StoreError):
            await harness.step(job_id)
            continue
        # What the engine does with a step that raised.
        job = await harness.load(job_id)
        await harness.store.postpone(job, not_before=0.0, now=harness.clock.now())
        await harness.store.free(job)

    assert job.state is JobState.FAILED
    assert await harness.usage() == Usage(settled=0, held=0)
    assert "went wrong inside the bot" in harness.platform.last_progress().text


async def test_a_member_who_can_be_told_nothing_is_not_billed_for_anything(processor: ImageProcessor, tmp_path: Path) -> None:
    """No message may be posted where it was asked and direct messages are closed: nothing is asked of the gateway."""
    harness = build(processor, tmp_path)
    harness.platform.deaf = DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)
    harness.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)]

    job = await harness.advance(await harness.receive(imagine()))

    assert (job.state, harness.upstream.asked) == (JobState.FAILED, [])
    assert await harness.usage() == Usage(settled=0, held=0)
