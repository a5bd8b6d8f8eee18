"""A job's way from received to its end, with a scripted gateway and a platform that remembers."""

import asyncio
import contextlib
import io
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bot.admission import Admission
from bot.announcer import Announcer
from bot.capabilities import Way
from bot.catalog.profiles import profile
from bot.command import Attachment, Generate, Options, Origin
from bot.config.settings import Defaults, GatewaySettings, QuotaTier, Secret
from bot.endings import Endings
from bot.errors import DeliveryCode, DeliveryError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.handover import Handover
from bot.ids import ConversationId, EventId, GatewayName, JobId, MessageId, UserId, WorkspaceId, new_job_id
from bot.images.studio import Studio
from bot.job import Job, JobState, Move, NewJob, PictureRow, Usage
from bot.posting import Posting
from bot.preparation import Preparation, Rules
from bot.presentation.reply import Reply
from bot.store.blobs import Blobs
from bot.upstream.health import Turns
from bot.upstream.outcome import Begun, Completed, PictureMissing, PictureReady
from bot.wording.words import Words
from bot.worker import Worker
from bot.workshop import GatewayPort, Workshop
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryJobStore
from tests.fakes.platform import NAME, FakePlatform
from tests.fakes.upstream import Script, ScriptedDownloads, ScriptedUpstream

USER = UserId("fake:1")
GATEWAY = GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("key"))
OVERLOADED = UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True, gateway="ark", model="4.5")
CUT = UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, gateway="ark", model="4.5")
REFUSED = UpstreamError(UpstreamKind.POLICY_TEXT, certain=True, gateway="ark", model="4.5")


def picture(colour: str = "red", *, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format="PNG")
    return out.getvalue()


class DeafPlatform(FakePlatform):
    """Shows no progress for a while."""

    deaf: DeliveryError | None = None

    async def show_progress(self, origin: Origin, reply: Reply, *, job: JobId, message: MessageId | None) -> MessageId:
        if self.deaf is not None:
            raise self.deaf
        return await super().show_progress(origin, reply, job=job, message=message)


@dataclass
class House:
    """A whole core over doubles at its edges."""

    store: MemoryJobStore
    clock: FakeClock
    platform: DeafPlatform
    upstream: ScriptedUpstream
    downloads: ScriptedDownloads
    admission: Admission
    worker: Worker
    stopping: asyncio.Event

    async def receive(self, command: Generate) -> JobId:
        origin = Origin(
            platform=NAME,
            workspace=WorkspaceId("w"),
            conversation=ConversationId("c"),
            user=USER,
            received_at=self.clock.now(),
        )
        job = NewJob(id=new_job_id(), events=(EventId(new_job_id()),), origin=origin, command=command)
        await self.store.receive(job, now=self.clock.now())
        return job.id

    async def advance(self, job_id: JobId) -> Job:
        """Claim and advance until the job ends, moving the clock over every pause."""
        for _ in range(400):
            await self.step(job_id)
            job = await self.load(job_id)
            if job.told:
                return job
            self.clock.advance(400.0)
        raise AssertionError(f"never ended: {job.state}")

    async def step(self, job_id: JobId) -> None:
        claimed = await self.store.claim(job_id, owner="test", now=self.clock.now(), lease_s=30.0)
        assert claimed is not None
        await self.worker.advance(claimed)
        await self.store.free(await self.load(job_id))

    async def load(self, job_id: JobId) -> Job:
        job = await self.store.load(job_id)
        assert job is not None
        return job

    async def usage(self) -> Usage:
        return await self.store.usage(USER, self.admission.window(self.clock.now()))


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with Studio() as studio:
        yield studio


def build(
    studio: Studio,
    folder: Path,
    *scripts: Script,
    pictures: dict[str, list[bytes | UpstreamError]] | None = None,
    store: MemoryJobStore | None = None,
    platform: DeafPlatform | None = None,
    upstream: ScriptedUpstream | None = None,
    gateway: GatewaySettings = GATEWAY,
    turns: Turns | None = None,
) -> House:
    store, clock, platform, words = store or MemoryJobStore(), FakeClock(), platform or DeafPlatform(), Words()
    stopping, turns = asyncio.Event(), turns or Turns(clock, at_once=1)
    platforms, blobs = {NAME: platform}, Blobs(folder)
    upstream, downloads = upstream or ScriptedUpstream(list(scripts)), ScriptedDownloads(pictures or {})
    admission = Admission((QuotaTier(name="all", images_per_day=6),), ZoneInfo("UTC"))
    rules = Rules(profiles=(profile(gateway),), defaults=Defaults(model="4.5"))
    workshop = Workshop(
        store=store,
        blobs=blobs,
        studio=studio,
        clock=clock,
        gateways={GatewayName(gateway.name): GatewayPort(upstream=upstream, downloads=downloads, turns=turns)},
        handover=Handover(blobs, clock),
        preparation=Preparation(store=store, blobs=blobs, studio=studio, platforms=platforms, rules=rules),
        admission=admission,
        announcer=Announcer(platforms, store, words, clock),
        endings=Endings(store, admission),
        posting=Posting(store=store, blobs=blobs, studio=studio, platforms=platforms, words=words, clock=clock),
        downloads_at_once=asyncio.Semaphore(4),
        stopping=stopping.is_set,
    )
    return House(store, clock, platform, upstream, downloads, admission, Worker(workshop), stopping)


def imagine(count: int = 1) -> Generate:
    return Generate(verb="imagine", prompt="a fox", options=Options(count=count))


async def test_a_set_is_made_settled_and_posted(studio: Studio, tmp_path: Path) -> None:
    """Two pictures asked, two come: two are the member's, untouched, in one message."""
    script: Script = [
        Begun(),
        PictureReady(index=0, address="a"),
        PictureReady(index=1, address="b"),
        Completed(billed=2),
    ]
    house = build(studio, tmp_path, script, pictures={"a": [picture("red")], "b": [picture("blue")]})

    job = await house.advance(await house.receive(imagine(2)))

    assert (job.state, job.billed) == (JobState.DONE, 2)
    posted = house.platform.posted[job.id, 1]
    assert [shown.path.read_bytes() for shown in posted.pictures] == [picture("red"), picture("blue")]
    assert [shown.name for shown in posted.pictures] == [f"{job.id}-1.png", f"{job.id}-2.png"]
    assert await house.usage() == Usage(settled=2, held=0)
    assert house.store.spends[job.id].images == 2
    assert all(row.address is None for row in await house.store.pictures(job.id))
    assert house.platform.last_progress().text.startswith("2 pictures from 4.5")


async def test_a_short_set_gives_the_rest_back(studio: Studio, tmp_path: Path) -> None:
    """A picture that the gateway withheld is named and costs the member nothing."""
    withheld = PictureMissing(index=1, error=UpstreamError(UpstreamKind.POLICY_OUTPUT, certain=True))
    script: Script = [Begun(), PictureReady(index=0, address="a"), withheld, Completed(billed=1)]
    house = build(studio, tmp_path, script, pictures={"a": [picture()]})

    job = await house.advance(await house.receive(imagine(2)))

    assert job.state is JobState.DONE
    assert await house.usage() == Usage(settled=1, held=0)
    assert house.platform.last_progress().text.startswith("1 of 2 pictures")
    assert "Picture 2: withheld by the content rules." in (house.platform.last_progress().note or "")


async def test_more_than_asked_is_delivered_and_free(studio: Studio, tmp_path: Path) -> None:
    """What a gateway adds by itself is a present to the member and a cost to the operator."""
    script: Script = [PictureReady(index=0, address="a"), PictureReady(index=1, address="a"), Completed(billed=2)]
    house = build(studio, tmp_path, script, pictures={"a": [picture()]})

    job = await house.advance(await house.receive(imagine(1)))

    assert len(house.platform.posted[job.id, 1].pictures) == 2
    assert await house.usage() == Usage(settled=1, held=0)
    assert house.store.spends[job.id].images == 2


async def test_content_rules_end_refused_and_release(studio: Studio, tmp_path: Path) -> None:
    """A refusal by the gateway costs nothing and is said in words."""
    house = build(studio, tmp_path, [REFUSED])

    job = await house.advance(await house.receive(imagine(2)))

    assert job.state is JobState.REFUSED
    assert await house.usage() == Usage(settled=0, held=0)
    assert "refused by the content rules" in house.platform.last_progress().text
    assert job.id not in house.store.spends


async def test_a_busy_gateway_is_tried_again_later(studio: Studio, tmp_path: Path) -> None:
    """A certain, passing failure goes back to accepted with a time, and the hold stays."""
    house = build(studio, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    job_id = await house.receive(imagine())

    await house.step(job_id)
    waiting = await house.load(job_id)

    assert (waiting.state, waiting.attempts) == (JobState.ACCEPTED, 1)
    assert await house.store.claim(job_id, owner="test", now=house.clock.now(), lease_s=30.0) is None
    assert await house.usage() == Usage(settled=0, held=1)
    house.clock.advance(60.0)
    assert (await house.advance(job_id)).state is JobState.DONE


async def test_a_gateway_that_stays_busy_ends_failed(studio: Studio, tmp_path: Path) -> None:
    """Four tries, then the member is told and has the hold back."""
    house = build(studio, tmp_path, *([OVERLOADED] for _ in range(5)))

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, len(house.upstream.asked)) == (JobState.FAILED, 4)
    assert await house.usage() == Usage(settled=0, held=0)


async def test_an_answer_that_never_came_is_uncertain_and_never_asked_again(studio: Studio, tmp_path: Path) -> None:
    """The hold is released, the most it can have cost is booked as estimated, the member decides."""
    house = build(studio, tmp_path, [CUT])

    job = await house.advance(await house.receive(imagine(3)))

    assert (job.state, len(house.upstream.asked)) == (JobState.UNCERTAIN, 1)
    assert await house.usage() == Usage(settled=0, held=0)
    assert (house.store.spends[job.id].images, house.store.spends[job.id].estimated) == (3, True)
    assert house.platform.last_progress().buttons[0].label == "Ask again (may cost again)"


async def test_a_cut_stream_delivers_what_came(studio: Studio, tmp_path: Path) -> None:
    """With any picture the job ends done, with a note."""
    house = build(studio, tmp_path, [Begun(), PictureReady(index=0, address="a"), CUT], pictures={"a": [picture()]})

    job = await house.advance(await house.receive(imagine(3)))

    assert (job.state, job.uncertain) == (JobState.DONE, True)
    assert await house.usage() == Usage(settled=1, held=0)
    assert house.store.spends[job.id].images == 3
    assert "cut off before it said it was finished" in (house.platform.last_progress().note or "")


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.RUNNING])
async def test_found_in_the_paid_call_after_a_crash_nothing_is_asked_again(
    studio: Studio, tmp_path: Path, state: JobState
) -> None:
    """Another process finds the job where it may have been charged: it ends uncertain, without a call."""
    house = build(studio, tmp_path, [OVERLOADED], [CUT])
    job_id = await house.receive(imagine())
    await house.step(job_id)
    house.clock.advance(60.0)
    job = await house.store.claim(job_id, owner="dead", now=house.clock.now(), lease_s=30.0)
    assert job is not None
    job = await house.store.move(job, Move(to=JobState.SUBMITTING), now=house.clock.now())
    if state is JobState.RUNNING:
        await house.store.move(job, Move(to=JobState.RUNNING), now=house.clock.now())
    house.clock.advance(60.0)

    ended = await house.advance(job_id)

    assert (ended.state, len(house.upstream.asked)) == (JobState.UNCERTAIN, 1)


async def test_a_download_that_fails_for_a_while_is_tried_again(studio: Studio, tmp_path: Path) -> None:
    """The gateway's address is asked again, the gateway is not."""
    hiccup = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    house = build(studio, tmp_path, script, pictures={"a": [hiccup, hiccup, picture()]})

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, len(house.upstream.asked)) == (JobState.DONE, 1)


async def test_a_picture_that_cannot_be_fetched_is_the_operators_loss(studio: Studio, tmp_path: Path) -> None:
    """It was made and billed, but a member pays for what they receive."""
    lost = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=False)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    house = build(studio, tmp_path, script, pictures={"a": [lost]})

    job = await house.advance(await house.receive(imagine()))

    assert job.state is JobState.FAILED
    assert await house.usage() == Usage(settled=0, held=0)
    assert house.store.spends[job.id].images == 1


async def test_a_used_up_quota_is_declined_before_any_call(studio: Studio, tmp_path: Path) -> None:
    """Nothing is asked of the gateway, and the words say what is left."""
    house = build(studio, tmp_path)

    job = await house.advance(await house.receive(imagine(7)))

    assert (job.state, house.upstream.asked) == (JobState.FAILED, [])
    assert house.platform.declined[0].text == "You asked for 7, and 6 of today's 6 pictures are left. Try --count 6."


async def test_references_reach_the_gateway_in_order(studio: Studio, tmp_path: Path) -> None:
    """Bytes become data URLs, in the order in which the prompt counts them."""
    script: Script = [PictureReady(index=0, address="a"), Completed()]
    house = build(studio, tmp_path, script, pictures={"a": [picture()]})
    house.platform.files = {"one": picture("green"), "two": picture("blue")}
    references = tuple(Attachment(address=name, name=name) for name in ("one", "two"))

    await house.advance(await house.receive(Generate(verb="edit", prompt="merge", references=references)))

    request, sent = house.upstream.asked[0]
    assert [reference.width for reference in request.references] == [64, 64]
    assert all(value.startswith("data:image/png;base64,") for value in sent)
    assert sent[0] != sent[1]


async def test_a_reference_that_is_gone_names_its_number(studio: Studio, tmp_path: Path) -> None:
    """The member learns which picture to attach again."""
    house = build(studio, tmp_path)
    house.platform.files = {"one": picture()}
    references = tuple(Attachment(address=name, name=name) for name in ("one", "two"))

    await house.advance(await house.receive(Generate(verb="edit", prompt="merge", references=references)))

    assert house.platform.declined[0].text == "Image 2 can no longer be fetched. Attach it again."


async def test_where_posting_is_forbidden_the_next_way_is_taken(studio: Studio, tmp_path: Path) -> None:
    """The pictures go by direct message, and the receipt says so."""
    house = build(studio, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    house.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)]

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, house.platform.ways) == (JobState.DONE, [Way.DIRECT])
    assert "direct message" in house.platform.last_progress().text


async def test_a_platform_that_does_not_answer_is_tried_again_the_same_way(studio: Studio, tmp_path: Path) -> None:
    """A hiccup must not put the set in two places."""
    house = build(studio, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    house.platform.troubles = [DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False) for _ in range(10)]

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, house.platform.ways) == (JobState.DONE, [Way.CONVERSATION])
    assert await house.usage() == Usage(settled=1, held=0)


async def test_when_no_way_works_the_pictures_wait_behind_a_button(studio: Studio, tmp_path: Path) -> None:
    """A failed delivery changes nothing about what is the member's."""
    house = build(studio, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    house.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False) for _ in range(2)]

    job = await house.advance(await house.receive(imagine()))

    assert job.state is JobState.DONE
    assert [button.label for button in house.platform.last_progress().buttons] == ["Show result"]
    assert await house.usage() == Usage(settled=1, held=0)


async def test_a_large_set_takes_two_messages(studio: Studio, tmp_path: Path) -> None:
    """No picture is dropped where a platform takes fewer than the set has."""
    script: Script = [*(PictureReady(index=index, address="a") for index in range(5)), Completed()]
    house = build(studio, tmp_path, script, pictures={"a": [picture()]})
    house.platform.limits = replace(house.platform.limits, pictures=3)

    job = await house.advance(await house.receive(imagine(5)))

    assert [len(house.platform.posted[job.id, part].pictures) for part in (1, 2)] == [3, 2]


async def test_a_file_over_the_limit_is_fitted(studio: Studio, tmp_path: Path) -> None:
    """Only a picture over the platform's limit is re-encoded; ours stays as the gateway made it."""
    noise = Image.effect_noise((600, 600), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, format="PNG")
    house = build(studio, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [out.getvalue()]})
    house.platform.limits = replace(house.platform.limits, file_bytes=200_000)

    job = await house.advance(await house.receive(imagine()))

    shown = house.platform.posted[job.id, 1].pictures[0]
    kept = (await house.store.pictures(job.id))[0]
    assert shown.size_bytes <= 200_000
    assert kept.size_bytes == len(out.getvalue())


async def test_a_member_who_waited_long_is_called_back(studio: Studio, tmp_path: Path) -> None:
    """After twenty seconds the result mentions whoever asked."""
    house = build(studio, tmp_path, [OVERLOADED], [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})

    job = await house.advance(await house.receive(imagine()))

    assert house.platform.posted[job.id, 1].mention == USER


class BusyStore(MemoryJobStore):
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


async def test_a_busy_database_does_not_lose_what_was_paid_for(studio: Studio, tmp_path: Path) -> None:
    """From the paid call on, writes wait: nothing becomes uncertain for a locked database."""
    store = BusyStore()
    script: Script = [Begun(), PictureReady(index=0, address="a"), PictureReady(index=1, address="a"), Completed(billed=2)]
    house = build(studio, tmp_path, script, pictures={"a": [picture()]}, store=store)
    store.busy = 5

    job = await house.advance(await house.receive(imagine(2)))

    assert (job.state, job.uncertain, len(house.platform.posted[job.id, 1].pictures)) == (JobState.DONE, False, 2)


async def test_a_damaged_picture_does_not_cost_the_others(studio: Studio, tmp_path: Path) -> None:
    """One of three sent inside the answer is no picture: two are delivered."""
    pictures = [PictureReady(index=index, data=picture() if index else b"garbage") for index in range(3)]
    house = build(studio, tmp_path, [*pictures, Completed(billed=3)])

    job = await house.advance(await house.receive(imagine(3)))

    assert (job.state, len(house.platform.posted[job.id, 1].pictures)) == (JobState.DONE, 2)
    assert house.store.spends[job.id].images == 3


async def test_nothing_new_is_paid_for_after_a_stop_was_asked_for(studio: Studio, tmp_path: Path) -> None:
    """What has not begun to cost stays for the next process."""
    house = build(studio, tmp_path, [PictureReady(index=0, address="a"), Completed()], pictures={"a": [picture()]})
    job_id = await house.receive(imagine())
    house.stopping.set()

    await house.step(job_id)
    waiting = await house.load(job_id)
    house.stopping.clear()
    ended = await house.advance(job_id)

    assert (waiting.state, ended.state, len(house.upstream.asked)) == (JobState.RECEIVED, JobState.DONE, 1)


async def test_pictures_that_cannot_be_fetched_for_hours_are_waited_for(studio: Studio, tmp_path: Path) -> None:
    """The address lives a day: an hour without a network loses nothing, and the member reads what is going on."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [PictureReady(index=0, address="a"), Completed(billed=1)]
    house = build(studio, tmp_path, script, pictures={"a": [*([away] * 15), picture()]})

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, len(house.upstream.asked)) == (JobState.DONE, 1)
    assert any("cannot be fetched just now" in reply.text for reply in house.platform.progress[MessageId(f"progress-{job.id}")])


async def test_the_rest_of_a_set_is_not_waited_for_all_day(studio: Studio, tmp_path: Path) -> None:
    """Three of four are here: after some minutes they are posted without the fourth."""
    away = UpstreamError(UpstreamKind.DOWNLOAD, certain=False, retryable=True)
    script: Script = [*(PictureReady(index=index, address="b" if index == 2 else "a") for index in range(4)), Completed(billed=4)]
    house = build(studio, tmp_path, script, pictures={"a": [picture()], "b": [away]})

    job = await house.advance(await house.receive(imagine(4)))

    assert (job.state, len(house.platform.posted[job.id, 1].pictures)) == (JobState.DONE, 3)
    assert await house.usage() == Usage(settled=3, held=0)


async def test_an_end_that_nobody_could_see_is_told_later(studio: Studio, tmp_path: Path) -> None:
    """The platform was away when the job ended: the end is told when it is back, by whichever process."""
    house = build(studio, tmp_path, [CUT])
    job_id = await house.receive(imagine())
    house.platform.deaf = DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)
    await house.step(job_id)
    untold = await house.load(job_id)
    house.platform.deaf = None
    house.clock.advance(60.0)

    told = await house.advance(job_id)

    assert (untold.state, untold.told, told.told) == (JobState.UNCERTAIN, False, True)
    assert house.platform.last_progress().buttons[0].label == "Ask again (may cost again)"


async def test_an_end_whose_message_is_gone_is_said_directly(studio: Studio, tmp_path: Path) -> None:
    """Where the progress message cannot be written any more, the member is told by direct message."""
    house = build(studio, tmp_path, [REFUSED])
    house.platform.deaf = DeliveryError(DeliveryCode.EXPIRED, retryable=False)

    job = await house.advance(await house.receive(imagine()))

    assert house.platform.ways == [Way.DIRECT, Way.DIRECT]
    assert "content rules" in house.platform.posted[job.id, 0].text


async def test_what_keeps_failing_in_an_unforeseen_way_is_given_up(studio: Studio, tmp_path: Path) -> None:
    """A reference that vanished from the disk does not hold the member's images for ever."""
    house = build(studio, tmp_path, [OVERLOADED])
    house.platform.files = {"one": picture()}
    command = Generate(verb="edit", prompt="merge", references=(Attachment(address="one", name="one"),))
    job_id = await house.receive(command)
    await house.step(job_id)
    await asyncio.to_thread(shutil.rmtree, tmp_path)

    while not (job := await house.load(job_id)).told:
        house.clock.advance(600.0)
        with contextlib.suppress(StoreError):
            await house.step(job_id)
            continue
        # What the engine does with a step that raised.
        job = await house.load(job_id)
        await house.store.postpone(job, not_before=0.0, now=house.clock.now())
        await house.store.free(job)

    assert job.state is JobState.FAILED
    assert await house.usage() == Usage(settled=0, held=0)
    assert "broke inside the bot" in house.platform.last_progress().text


async def test_a_member_who_can_be_told_nothing_is_not_billed_for_anything(studio: Studio, tmp_path: Path) -> None:
    """No message may be posted where it was asked and direct messages are closed: nothing is asked of the gateway."""
    house = build(studio, tmp_path)
    house.platform.deaf = DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)
    house.platform.troubles = [DeliveryError(DeliveryCode.FORBIDDEN, retryable=False)]

    job = await house.advance(await house.receive(imagine()))

    assert (job.state, house.upstream.asked) == (JobState.FAILED, [])
    assert await house.usage() == Usage(settled=0, held=0)
