"""A gateway that does not have the model: certain and free; nobody asks it again for an hour."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.catalog.health import UNUSABLE_S, unusable
from bot.catalog.profiles import profile
from bot.catalog.retirement import Retirement
from bot.commands.command import Options
from bot.config.settings import Defaults
from bot.errors import RefusalCode, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.ids import GatewayName, ModelName
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState
from bot.jobs.job import JobState
from bot.pipeline.model_marks import POLL_S, ModelMarks
from bot.requests.checks import RequestRules, candidates
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.ledger import Usage
from tests.fakes.clock import FakeClock
from tests.fakes.engine import wait_until
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.several_calls import UnhurriedGateway, build_split
from tests.fakes.upstream import Script
from tests.fakes.worker import GATEWAY, build_harness, imagine

ARK, OLD = GatewayName("ark"), ModelName("4.5")
NO_MODEL = UpstreamError(
    UpstreamKind.MODEL,
    certain=True,
    missing_model=True,
    status=404,
    detail="404 InvalidEndpointOrModel.NotFound The model. Request id: 1",
)
PAINTED: Script = [Started(), PictureReady(index=0, address="red"), Completed(billed=1)]


def told_to_operator(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    records = [record for record in caplog.records if record.message == "model unusable"]
    return [(vars(record)["gateway"], vars(record)["model"], vars(record)["reason"]) for record in records]


async def test_the_member_and_the_operator_are_told(
    processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The job fails free, with what works instead; the next within the hour is refused without a call, the one after it is made."""
    harness = build_harness(processor, tmp_path, [NO_MODEL], [NO_MODEL])

    first = await harness.advance_to_end(await harness.receive(imagine()))
    assert (first.state, first.calls[0].state) == (JobState.FAILED, CallState.FAILED)
    assert first.error is not None
    assert (first.error.code, first.error.nearest) == (RefusalCode.MODEL_UNAVAILABLE, "--model 5.5")
    assert first.error.parameters["model"] == "4.5"
    assert await harness.usage() == Usage(settled=0, held=0)
    assert harness.store.spends == {}
    (mark,) = await harness.store.unusable_models(now=harness.clock.now())
    assert told_to_operator(caplog) == [("ark", "4.5", "404 InvalidEndpointOrModel.NotFound")]

    named = replace(imagine(), options=Options(count=1, model="4.5"))
    second = await harness.advance_to_end(await harness.receive(named))
    assert second.error is not None
    assert (second.error.code, second.calls, len(harness.upstream.asked)) == (RefusalCode.MODEL_UNAVAILABLE, (), 1)

    harness.clock.advance(mark.until - harness.clock.now())
    await harness.advance_to_end(await harness.receive(named))
    assert len(harness.upstream.asked) == 2
    assert len(told_to_operator(caplog)) == 2


async def test_the_first_answer_ends_the_planned_calls(
    processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One slot: the other two are never made, and nothing is held for them."""
    gateway = UnhurriedGateway([[NO_MODEL]])
    harness, limiter = build_split(processor, tmp_path, gateway, at_once=1)

    job = await harness.advance_to_end(await harness.receive(imagine(3)))

    assert (job.state, [call.state for call in job.calls]) == (JobState.FAILED, [CallState.FAILED] * 3)
    assert len(gateway.asked) == 1
    assert [call.error for call in job.calls] == [job.error] * 3
    assert await harness.usage() == Usage(settled=0, held=0)
    assert len(told_to_operator(caplog)) == 1
    assert limiter.slot(job.id, 1, job.origin.user).granted


async def test_submitted_calls_are_collected(processor: ImageProcessor, tmp_path: Path) -> None:
    """Two are under way when the first is answered; the third is not made. The picture that works ends the hour."""
    gateway = UnhurriedGateway([[NO_MODEL], PAINTED], held=True)
    harness, _ = build_split(processor, tmp_path, gateway, at_once=2)
    running = asyncio.create_task(harness.advance_to_end(await harness.receive(imagine(3))))
    await wait_until(lambda: len(gateway.asked) == 2)

    gateway.gates[0].set()
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(await harness.store.unusable_models(now=harness.clock.now())) == 1
    gateway.gates[1].set()
    job = await running

    assert (job.state, [call.state for call in job.calls]) == (
        JobState.DONE,
        [CallState.FAILED, CallState.ANSWERED, CallState.FAILED],
    )
    rows = await harness.store.pictures(job.id)
    assert {row.index: row.error for row in rows} == {0: UpstreamKind.MODEL, 1: None, 2: UpstreamKind.MODEL}
    assert await harness.usage() == Usage(settled=1, held=0)
    assert await harness.store.unusable_models(now=harness.clock.now()) == ()


async def test_a_job_that_waits_is_not_made(processor: ImageProcessor, tmp_path: Path) -> None:
    """It was accepted before the mark: it ends free, without a call."""
    gateway = UnhurriedGateway([[NO_MODEL]], held=True)
    harness, _ = build_split(processor, tmp_path, gateway, at_once=1)
    first = asyncio.create_task(harness.advance_to_end(await harness.receive(imagine())))
    await wait_until(lambda: len(gateway.asked) == 1)
    waiting = await harness.receive(imagine())
    await harness.advance_once(waiting)
    assert (await harness.load(waiting)).state is JobState.ACCEPTED

    gateway.gates[0].set()
    jobs = (await first, await harness.advance_to_end(waiting))

    assert [job.state for job in jobs] == [JobState.FAILED, JobState.FAILED]
    assert [job.error.code for job in jobs if job.error is not None] == [RefusalCode.MODEL_UNAVAILABLE] * 2
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(("certain", "state"), [(False, JobState.UNCERTAIN), (True, JobState.FAILED)])
async def test_what_only_words_say_marks_nothing(
    processor: ImageProcessor, tmp_path: Path, certain: bool, state: JobState
) -> None:
    """They may be anybody's."""
    wordy = UpstreamError(UpstreamKind.MODEL, certain=certain, detail="400 the model is invalid")
    harness = build_harness(processor, tmp_path, [wordy])

    job = await harness.advance_to_end(await harness.receive(imagine()))

    assert job.state is state
    assert await harness.store.unusable_models(now=0.0) == ()


class Deaf(MemoryStore):
    """Records no mark."""

    async def mark_unusable(self, mark: object) -> bool:
        del mark
        raise StoreError(StoreCode.BUSY)


async def test_a_mark_that_cannot_be_recorded_holds_here(
    processor: ImageProcessor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The job ends as it should."""
    harness = build_harness(processor, tmp_path, [NO_MODEL], store=Deaf())

    first = await harness.advance_to_end(await harness.receive(imagine()))
    second = await harness.advance_to_end(await harness.receive(replace(imagine(), options=Options(model="4.5"))))

    assert (first.state, second.state, len(harness.upstream.asked)) == (JobState.FAILED, JobState.FAILED, 1)
    assert [record.levelno for record in caplog.records if record.message == "mark not recorded"] == [logging.WARNING]


async def test_another_process_knows_it_after_a_look() -> None:
    """At the poll at the latest, and not beyond the hour."""
    clock, store = FakeClock(), MemoryStore()
    marks, others = ModelMarks(store, clock), ModelMarks(store, clock)
    looking = asyncio.create_task(others.run())
    mark = marks.note(ARK, OLD, answer="404 ModelNotOpen")
    assert (marks.find(ARK, OLD), others.find(ARK, OLD)) == (mark, None)

    await marks.record(mark)
    since = clock.now()
    while others.find(ARK, OLD) is None:
        await asyncio.sleep(0)
        assert clock.now() - since <= 2 * POLL_S
    looking.cancel()

    await others.clear(ARK, OLD)
    assert await store.unusable_models(now=clock.now()) == ()
    await store.mark_unusable(unusable(ARK, OLD, answer="", now=clock.now()))
    await marks.refresh()
    clock.advance(UNUSABLE_S)
    assert marks.known() == []


async def test_a_job_that_was_accepted_before_a_withdrawal_is_made(processor: ImageProcessor, tmp_path: Path) -> None:
    """Its gateway may still have the model; whoever asks for it now is refused."""
    store, clock = MemoryStore(), FakeClock()
    before = build_harness(processor, tmp_path, store=store, clock=clock, limiter=GatewayLimiter(clock, at_once=1))
    busy = await before.receive(imagine())
    claimed = await store.claim(busy, owner="test", now=clock.now(), lease_s=30.0)
    assert claimed is not None
    request = candidates(imagine(), (), RequestRules(profiles=(profile(GATEWAY, default_model="4.5"),), defaults=Defaults()))[0]
    hold = before.admission.hold(claimed.origin, images=1, now=clock.now())
    await store.accept(claimed, request=request.request, quote=request.price, hold=hold, now=clock.now())
    await store.release(await before.load(busy))

    known = profile(GATEWAY, default_model="4.5")
    retired = replace(known.models["4.5"], retirement=Retirement(at=0.0, source="announced"))
    withdrawn = replace(known, models={**known.models, "4.5": retired})
    pictures: dict[str, list[bytes | UpstreamError]] = {"red": [picture("red")]}
    after = build_harness(processor, tmp_path, PAINTED, store=store, clock=clock, profiles=(withdrawn,), pictures=pictures)
    job = await after.advance_to_end(busy)
    refused = await after.advance_to_end(await after.receive(replace(imagine(), options=Options(model="4.5"))))

    assert (job.state, job.calls[0].model, len(after.upstream.asked)) == (JobState.DONE, "4.5", 1)
    assert refused.error is not None
    assert (refused.error.code, refused.calls) == (RefusalCode.MODEL_RETIRED, ())
