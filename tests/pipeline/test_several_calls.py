"""A job with several calls: they run side by side, what one comes to changes nothing for the others, and the job ends once."""

import asyncio
import itertools
from functools import partial
from pathlib import Path

import pytest

from bot.catalog.price import PriceSchedule, PriceStep
from bot.commands.command import Attachment, Generate, Options
from bot.config.settings import GatewaySettings, QuotaTier, Secret
from bot.engine.leases import LeaseEngine
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import JobId, TaskId
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState
from bot.jobs.job import Job, JobState
from bot.jobs.ports import Slot
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.ledger import Usage
from tests.fakes.clock import FakeClock
from tests.fakes.engine import LONG_POLL_S, wait_until
from tests.fakes.jobs import ADA
from tests.fakes.pictures import picture
from tests.fakes.several_calls import COLOURS, SplittingStore, StandingClock, UnhurriedGateway, build_split
from tests.fakes.upstream import Script
from tests.fakes.worker import AMBIGUOUS, OVERLOADED, REFUSED, WorkerHarness, imagine

BALANCE = UpstreamError(UpstreamKind.BALANCE, certain=True, gateway="ark", model="4.5")
C = CallState


class Killed(BaseException):
    """A process that ends: no code after it runs."""


def paints(colour: str, *, billed: int | None = 1) -> Script:
    return [Started(), PictureReady(index=0, address=colour), Completed(billed=billed)]


FATES: dict[str, tuple[Script, CallState, int]] = {
    "picture": (paints("red"), C.ANSWERED, 1),
    "refused": ([REFUSED], C.REFUSED, 0),
    "failed": ([BALANCE], C.FAILED, 0),
    "uncertain": ([AMBIGUOUS], C.UNCERTAIN, 1),
}
"""What the gateway answers, the end of the call, and the pictures booked for it."""


def expected_end(fates: tuple[str, ...]) -> JobState:
    for fate, end in (
        ("picture", JobState.DONE),
        ("uncertain", JobState.UNCERTAIN),
        ("refused", JobState.REFUSED),
        ("failed", JobState.FAILED),
    ):
        if fate in fates:
            return end
    raise AssertionError(fates)


@pytest.mark.parametrize("fates", list(itertools.product(FATES, repeat=3)), ids="-".join)
async def test_every_fate_of_three_calls(processor: ImageProcessor, tmp_path: Path, fates: tuple[str, ...]) -> None:
    """Each call ends by its own answer and is booked for itself; the member settles what arrived, and sees why the rest did not."""
    gateway = UnhurriedGateway([FATES[fate][0] for fate in fates])
    harness, _ = build_split(processor, tmp_path, gateway)

    job = await harness.advance_to_end(await harness.receive(imagine(3)))

    made = [number for number, fate in enumerate(fates) if fate == "picture"]
    assert (job.state, [call.state for call in job.calls]) == (expected_end(fates), [FATES[fate][1] for fate in fates])
    assert ([request.count for request, _ in gateway.asked], gateway.resumed) == ([1, 1, 1], [])
    rows = await harness.store.pictures(job.id)
    assert [(row.index, row.call) for row in rows if row.state == "stored"] == [(number, number + 1) for number in made]
    booked = {number: spend.images for (_, number), spend in harness.store.call_spends.items()}
    assert booked == {number: FATES[fate][2] for number, fate in enumerate(fates, 1) if FATES[fate][2]}
    assert await harness.usage() == Usage(settled=len(made), held=0)
    if made:
        result = harness.platform.last_result()
        assert f"{len(made)} of 3 images" in result.text or len(made) == 3
        for number, fate in enumerate(fates, 1):
            assert (f"Image {number}: " in (result.note or "")) == (fate != "picture")


async def start(harness: WorkerHarness, count: int) -> tuple[JobId, "asyncio.Task[Slot | None]"]:
    job_id = await harness.receive(imagine(count))
    claimed = await harness.store.claim(job_id, owner="test", now=harness.clock.now(), lease_s=30.0)
    assert claimed is not None
    return job_id, asyncio.create_task(harness.worker.advance(claimed))


def is_shown(harness: WorkerHarness, words: str) -> bool:
    return any(words in reply.text for replies in harness.platform.progress.values() for reply in replies)


def calls_of(job: Job) -> list[CallState]:
    return [call.state for call in job.calls]


async def test_pictures_arrive_out_of_order(processor: ImageProcessor, tmp_path: Path) -> None:
    """The calls are at the gateway together; each picture has its place from the start, and the member sees how many are ready."""
    gateway = UnhurriedGateway([paints(colour) for colour in COLOURS], held=True)
    harness, _ = build_split(processor, tmp_path, gateway)
    job_id, advancing = await start(harness, 4)
    await wait_until(lambda: len(gateway.asked) == 4)

    for answered, number in enumerate((2, 0, 3), 1):
        gateway.gates[number].set()
        words = f"{answered} of 4 images ready"
        await wait_until(partial(is_shown, harness, words))
    gateway.gates[1].set()
    await advancing

    job = await harness.load(job_id)
    assert (job.state, calls_of(job)) == (JobState.DONE, [C.ANSWERED] * 4)
    posted = harness.platform.posted[job_id, 1].pictures
    assert [shown_file.path.read_bytes() for shown_file in posted] == [picture(colour) for colour in COLOURS]
    assert [shown_file.name for shown_file in posted] == [f"a-fox-{job_id}-{number}.png" for number in (1, 2, 3, 4)]


async def test_calls_share_the_slots_of_their_gateway(processor: ImageProcessor, tmp_path: Path) -> None:
    """No more are at the gateway than it takes at once; a grant while others run starts the next, without a new claim."""
    gateway = UnhurriedGateway([paints(colour) for colour in COLOURS], held=True)
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=2)
    job_id, advancing = await start(harness, 4)
    await wait_until(lambda: len(gateway.asked) == 2)
    other = limiter.slot(JobId("other"), 1, ADA)

    gateway.gates[0].set()
    await wait_until(lambda: len(gateway.asked) == 3)
    gateway.gates[1].set()
    await wait_until(lambda: other.granted)
    assert len(gateway.asked) == 3
    other.release()
    await wait_until(lambda: len(gateway.asked) == 4)
    for gate in gateway.gates:
        gate.set()
    await advancing

    assert ((await harness.load(job_id)).state, len(gateway.asked)) == (JobState.DONE, 4)
    assert limiter.slot(JobId("next"), 1, ADA).granted


async def test_a_job_that_only_waits_has_no_task(processor: ImageProcessor, tmp_path: Path) -> None:
    """`advance` returns what all its calls wait for; the first grant calls back, once, and the rest keeps its place."""
    gateway = UnhurriedGateway([paints(colour) for colour in COLOURS])
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1)
    before = limiter.slot(JobId("before"), 1, ADA)
    job_id, advancing = await start(harness, 4)
    slots = await advancing
    assert slots is not None
    called: list[JobId] = []
    slots.when_granted(called.append)
    behind = limiter.slot(JobId("behind"), 1, ADA)
    assert (called, limiter.place(job_id), (await harness.load(job_id)).state) == ([], 1, JobState.ACCEPTED)

    before.release()

    assert called == [job_id]
    following = asyncio.create_task(harness.worker.advance(await harness.load(job_id)))
    await wait_until(lambda: len(gateway.asked) == 1)
    await wait_until(lambda: behind.granted)
    again = await following
    assert (len(gateway.asked), called) == (1, [job_id])
    behind.release()
    assert again is not None
    assert again.granted
    assert await harness.worker.advance(await harness.load(job_id)) is None
    assert ((await harness.load(job_id)).state, len(gateway.asked)) == (JobState.DONE, 4)


async def test_many_jobs_share_the_slots(processor: ImageProcessor, tmp_path: Path) -> None:
    """With two slots for twelve calls of four jobs, each is made once, and every slot is passed on in the end."""
    gateway = UnhurriedGateway([paints("red") for _ in range(12)])
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=2, tier=QuotaTier(name="all", images_per_day=12))
    jobs = [await harness.receive(imagine(3)) for _ in range(4)]

    async with LeaseEngine(
        harness.store, harness.store, harness.worker.advance, harness.clock, owner="a", poll_s=LONG_POLL_S
    ) as engine:

        async def all_notified() -> bool:
            return all([(await harness.load(job)).notified for job in jobs])

        await wait_until(all_notified)
        await wait_until(lambda: engine.running == engine.queued == 0)

    assert [(await harness.load(job)).state for job in jobs] == [JobState.DONE] * 4
    assert (len(gateway.asked), len(harness.platform.posted)) == (12, 4)
    assert all(limiter.slot(JobId(f"next {number}"), 1, ADA).granted for number in range(2))


async def test_one_that_is_put_back_waits_alone(processor: ImageProcessor, tmp_path: Path) -> None:
    """It is tried again when it is due, while its siblings go on; each keeps its own count of attempts."""
    gateway = UnhurriedGateway([paints("red"), [OVERLOADED], paints("green"), paints("blue")], held=True)
    harness, _ = build_split(processor, tmp_path, gateway)
    for number in (1, 2, 3):
        gateway.gates[number].set()
    job_id, advancing = await start(harness, 3)
    await wait_until(lambda: len(gateway.asked) == 4)
    gateway.gates[0].set()
    await advancing

    job = await harness.load(job_id)
    assert (job.state, calls_of(job)) == (JobState.DONE, [C.ANSWERED] * 3)
    rows = await harness.store.pictures(job_id)
    assert [row.call for row in rows if row.state == "stored"] == [1, 2, 3]


async def test_when_only_such_calls_remain_the_job_is_due_with_the_first(processor: ImageProcessor, tmp_path: Path) -> None:
    """Nobody waits for it in a task, and the job is still `running`, so that it cannot be started afresh."""
    gateway = UnhurriedGateway([paints("red"), [OVERLOADED], [OVERLOADED], paints("green"), paints("blue")])
    harness, _ = build_split(processor, tmp_path, gateway, clock=StandingClock())
    job_id = await harness.receive(imagine(3))
    await harness.advance_once(job_id)
    waiting = await harness.load(job_id)

    assert (waiting.state, calls_of(waiting)) == (JobState.RUNNING, [C.ANSWERED, C.PLANNED, C.PLANNED])
    earliest = min(call.not_before for call in waiting.calls[1:])
    assert (await harness.store.next_due(), await harness.usage()) == (earliest, Usage(settled=0, held=3))
    harness.clock.advance(60.0)
    ended = await harness.advance_to_end(job_id)
    assert (ended.state, len(gateway.asked), await harness.usage()) == (JobState.DONE, 5, Usage(settled=3, held=0))


@pytest.mark.parametrize("tried", [True, False])
async def test_calls_that_cost_nothing_leave_the_job_as_it_was(processor: ImageProcessor, tmp_path: Path, *, tried: bool) -> None:
    """With all of them put back, or waiting, the job is `accepted` again, and may be cancelled."""
    gateway = UnhurriedGateway([[OVERLOADED]] * 3)
    harness, limiter = build_split(processor, tmp_path, gateway, clock=StandingClock())
    slots = [] if tried else [limiter.slot(JobId(f"b{number}"), 1, ADA) for number in range(4)]
    job_id = await harness.receive(imagine(3))
    await harness.advance_once(job_id)

    waiting = await harness.load(job_id)
    assert (waiting.state, calls_of(waiting), len(gateway.asked)) == (JobState.ACCEPTED, [C.PLANNED] * 3, 3 * tried)
    assert [call.attempts for call in waiting.calls] == [int(tried)] * 3
    assert len(slots) == 4 * (not tried)


async def killed(harness: WorkerHarness, count: int) -> JobId:
    """A job whose process ends while its calls are at work."""
    job_id, advancing = await start(harness, count)
    await asyncio.wait({advancing})
    assert isinstance(advancing.exception(), Killed)
    harness.clock.advance(60.0)
    return job_id


async def test_after_a_crash_each_call_goes_on_from_its_own_row(processor: ImageProcessor, tmp_path: Path) -> None:
    """One has ended, one is resumed by its task, one is uncertain, one was never made: nothing is paid for twice."""
    gateway = UnhurriedGateway(
        [paints("red"), [Started(task=TaskId("t2")), Killed()], [Started(), Killed()], [OVERLOADED], paints("white")],
        later=[[PictureReady(index=0, address="green"), Completed(billed=1)]],
    )
    harness, _ = build_split(processor, tmp_path, gateway)
    job_id = await killed(harness, 4)
    left = await harness.load(job_id)
    assert calls_of(left) == [C.ANSWERED, C.RUNNING, C.RUNNING, C.PLANNED]

    job = await harness.advance_to_end(job_id)

    assert (job.state, calls_of(job)) == (JobState.DONE, [C.ANSWERED, C.ANSWERED, C.UNCERTAIN, C.ANSWERED])
    assert (len(gateway.asked), gateway.resumed) == (5, ["t2"])
    assert {number: spend.billed_by for (_, number), spend in harness.store.call_spends.items()} == {
        1: "counts",
        2: "counts",
        3: "estimate",
        4: "counts",
    }
    assert await harness.usage() == Usage(settled=3, held=0)


async def test_an_unexpected_error_stops_no_sibling(processor: ImageProcessor, tmp_path: Path) -> None:
    """The others are read to their end; the one is judged when the job is advanced again."""
    gateway = UnhurriedGateway([paints("red"), [LookupError("a fault of ours")], paints("blue")], held=True)
    gateway.gates[1].set()
    harness, limiter = build_split(processor, tmp_path, gateway)
    job_id, advancing = await start(harness, 3)
    await wait_until(lambda: limiter.slot(JobId("free"), 1, ADA).granted)
    for gate in gateway.gates:
        gate.set()
    with pytest.raises(LookupError):
        await advancing
    assert calls_of(await harness.load(job_id)) == [C.ANSWERED, C.SUBMITTING, C.ANSWERED]

    harness.clock.advance(60.0)
    job = await harness.advance_to_end(job_id)
    assert (job.state, calls_of(job), len(gateway.asked)) == (JobState.DONE, [C.ANSWERED, C.UNCERTAIN, C.ANSWERED], 3)


async def test_a_stop_puts_back_what_has_not_left(processor: ImageProcessor, tmp_path: Path) -> None:
    """A process that stops begins no further call; those at the gateway are uncertain, the rest is made by the next process."""
    gateway = UnhurriedGateway([paints("red"), paints("green"), paints("blue")], held=True)
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1)
    job_id, advancing = await start(harness, 2)
    await wait_until(lambda: len(gateway.asked) == 1)
    harness.stopping.set()
    advancing.cancel()
    await asyncio.wait({advancing})
    assert calls_of(await harness.load(job_id)) == [C.SUBMITTING, C.PLANNED]
    assert limiter.slot(JobId("next"), 1, ADA).granted
    limiter.slot(JobId("next"), 1, ADA).release()

    harness.stopping.clear()
    harness.clock.advance(60.0)
    gateway.gates[1].set()
    job = await harness.advance_to_end(job_id)
    assert (calls_of(job), len(gateway.asked)) == ([C.UNCERTAIN, C.ANSWERED], 2)


async def test_unasked_pictures_come_after_all_that_were_asked_for(processor: ImageProcessor, tmp_path: Path) -> None:
    """Up to two of each call; they are free for the member."""
    twice: Script = [PictureReady(index=0, address="red"), PictureReady(index=1, address="white"), Completed(billed=2)]
    gateway = UnhurriedGateway([twice, paints("green")])
    harness, _ = build_split(processor, tmp_path, gateway)

    job = await harness.advance_to_end(await harness.receive(imagine(2)))

    rows = await harness.store.pictures(job.id)
    assert [(row.index, row.call) for row in rows] == [(0, 1), (1, 2), (2, 1)]
    posted = [shown.path.read_bytes() for shown in harness.platform.posted[job.id, 1].pictures]
    assert posted == [picture("red"), picture("green"), picture("white")]
    assert await harness.usage() == Usage(settled=2, held=0)


async def test_calls_that_begin_together_share_uploads(processor: ImageProcessor, tmp_path: Path) -> None:
    """A reference is uploaded once for all of them, and each sends its address; one that is tried later uploads it anew."""
    sinan = GatewaySettings(name="sinan", dialect="sinancode", api_key=Secret("key"))
    gateway = UnhurriedGateway([paints("red"), [OVERLOADED], paints("blue"), paints("green")])
    gateway.lends = ["https://lent.example/1", "https://lent.example/2"]
    harness, _ = build_split(processor, tmp_path, gateway, settings=sinan, clock=StandingClock())
    harness.platform.files = {"one": picture()}
    references = (Attachment(address="one", name="one"),)
    command = Generate(verb="edit", prompt="merge", references=references, options=Options(count=3))
    job_id = await harness.receive(command)
    await harness.advance_once(job_id)
    harness.clock.advance(120.0)

    job = await harness.advance_to_end(job_id)

    assert (job.state, len(gateway.uploaded)) == (JobState.DONE, 2)
    assert [sent for _, (sent,) in gateway.asked] == [gateway.lends[0]] * 3 + [gateway.lends[1]]


async def test_a_set_of_five_in_two_calls(processor: ImageProcessor, tmp_path: Path) -> None:
    """A model that makes three a call is asked for three and for two, and each is quoted and booked for itself."""
    three: Script = [*(PictureReady(index=index, address="red") for index in range(3)), Completed()]
    two: Script = [*(PictureReady(index=index, address="blue") for index in range(2)), Completed(billed=2)]
    steps = (PriceStep(micros=20_000, up_to_pixels=5_000), PriceStep(micros=35_000))
    store = SplittingStore(per_call=3, schedule=PriceSchedule(currency="USD", picture=steps))
    gateway = UnhurriedGateway([three, two])
    harness, _ = build_split(processor, tmp_path, gateway, store=store)

    job = await harness.advance_to_end(await harness.receive(imagine(5)))

    assert [request.count for request, _ in gateway.asked] == [3, 2]
    assert [(call.first, str(call.quoted)) for call in job.calls] == [(0, "0.105 USD"), (3, "0.07 USD")]
    # Booked by their true size, 64 × 64.
    assert [(str(call.cost), call.billed_by) for call in job.calls] == [("0.06 USD", "schedule"), ("0.04 USD", "counts")]
    assert "0.10 USD" in harness.platform.last_result().text + (harness.platform.last_result().note or "")


async def test_uncertain_pictures_are_released_within_the_limit(processor: ImageProcessor, tmp_path: Path) -> None:
    """Only the pictures of the uncertain call are in doubt; what certainly failed is released in any case."""
    gateway = UnhurriedGateway([paints("red"), [BALANCE], [AMBIGUOUS]])
    none_in_doubt = QuotaTier(name="all", images_per_day=6, uncertain_images_per_day=0)
    harness, _ = build_split(processor, tmp_path, gateway, tier=none_in_doubt)

    job = await harness.advance_to_end(await harness.receive(imagine(3)))

    assert (job.state, await harness.usage()) == (JobState.DONE, Usage(settled=2, held=0))


def test_a_member_limit_counts_jobs() -> None:
    """`at_once` limits a member's jobs, not the calls of one job; the next job waits for all of them."""
    limiter = GatewayLimiter(FakeClock(), at_once=9)
    first = [limiter.slot(JobId("a"), 1, ADA, call=number, at_once=1) for number in range(1, 4)]
    second = limiter.slot(JobId("b"), 1, ADA, at_once=1)
    back = limiter.slot(JobId("a"), 1, ADA, call=4, at_once=1)
    assert ([slot.granted for slot in first], second.granted, back.granted) == ([True] * 3, False, True)
    for slot in (*first, back):
        assert not second.granted
        slot.release()
    assert second.granted


def test_a_slot_belongs_to_one_claim() -> None:
    """A call under a later claim has a slot of its own: what the old claim releases is not taken from it."""
    limiter = GatewayLimiter(FakeClock(), at_once=1)
    old = limiter.slot(JobId("a"), 1, ADA, epoch=1)
    new = limiter.slot(JobId("a"), 1, ADA, epoch=2)
    assert (old.granted, new.granted) == (True, False)
    old.release()
    old.release()
    assert new.granted
