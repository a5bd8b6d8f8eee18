"""Buttons and forms create one job, with the right number of pictures, for the member who uses them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.command import Arrival, Command, Generate, Repeat
from bot.commands.interpretation import DOUBLE_PRESS_S, deduplication_ids
from bot.config.settings import QuotaTier
from bot.errors import RefusalCode, RefusedError, UpstreamKind
from bot.ids import EventId
from bot.jobs.facts import count_missing
from bot.jobs.job import JobState, Move
from bot.wallet.admission import Admission
from tests.fakes.jobs import FOX, job_in_state, origin, request
from tests.fakes.memory_store import MemoryStore
from tests.handlers.repeating import (
    AGAIN,
    ASKED,
    BOB,
    FORM,
    J0,
    LOST,
    MISSING,
    REFUSED,
    SEEN,
    STORED,
    WITHHELD,
    RepeatHarness,
    rows,
)


async def assert_refused(code: RefusalCode, harness: RepeatHarness, command: Command, control: str | None, **more: Any) -> None:
    with pytest.raises(RefusedError) as raised:
        await harness.press(command, control, **more)
    assert raised.value.refusal is code


INCOMPLETE: list[tuple[Sequence[UpstreamKind | None], int]] = [
    ((STORED, STORED, STORED, STORED), 0),
    ((STORED, STORED, STORED, STORED, STORED), 0),
    ((STORED,), 3),
    ((STORED, STORED, STORED, LOST), 1),
    ((STORED, WITHHELD, WITHHELD, WITHHELD), 3),
    ((STORED, REFUSED, REFUSED, REFUSED), 0),
    ((STORED, REFUSED, REFUSED), 3),
    ((STORED, REFUSED, REFUSED, LOST), 3),
    ((LOST, LOST, LOST, LOST), 0),
    ((), 0),
]


@pytest.mark.parametrize(("errors", "missing"), INCOMPLETE)
async def test_missing_pictures_are_counted(errors: Sequence[UpstreamKind | None], missing: int) -> None:
    """Missing pictures of an incomplete set count, unless all of them would be refused again."""
    job = await job_in_state(MemoryStore(), JobState.DONE)
    assert count_missing(job, rows(*errors)) == missing


@pytest.mark.parametrize("state", JobState)
async def test_nothing_is_missing_before_the_end(state: JobState) -> None:
    """No picture counts as missing before the job is settled, or if it ended without a set."""
    job = await job_in_state(MemoryStore(), state)
    assert count_missing(job, rows(STORED)) == (3 if state in {JobState.DELIVERING, JobState.DONE} else 0)


async def test_no_layers_are_missing() -> None:
    """There are as many as the picture has."""
    job = await job_in_state(MemoryStore(), JobState.DONE)
    layered = replace(job, request=replace(request(count=17), layers=True))
    assert count_missing(layered, rows(STORED)) == 0


async def test_missing_pictures_are_requested_in_a_new_job() -> None:
    """The new job has the same command and references, as many images as are missing, and the member who pressed."""
    harness = RepeatHarness()
    await harness.end_set(STORED, LOST)
    await harness.press(Repeat(job=J0, missing=True), MISSING, user=BOB)
    job = await harness.latest_job()
    assert (job.state, job.origin.user) == (JobState.RECEIVED, BOB)
    assert job.command == replace(ASKED, options=replace(ASKED.options, count=3))
    assert await harness.store.references(job.id) == (SEEN,)


async def test_again_requests_the_whole_set() -> None:
    """*Again* repeats the whole request, even if some pictures were delivered."""
    harness = RepeatHarness()
    await harness.end_set(STORED, LOST)
    await harness.press(Repeat(job=J0), AGAIN)
    assert (await harness.latest_job()).command == ASKED


@pytest.mark.parametrize("said", [None, True])
async def test_what_is_made_again_of_hidden_pictures_stays_hidden(said: bool | None) -> None:
    """Also where nobody asked for it: the references were hidden, and the new job takes them over."""
    harness, command = RepeatHarness(), replace(ASKED, options=replace(ASKED.options, spoiler=said))
    await harness.end_set(STORED, LOST, command=command, hidden=True)

    for missing in (False, True):
        await harness.press(Repeat(job=J0, missing=missing), MISSING if missing else AGAIN)
        assert (await harness.latest_job()).command.options.spoiler is True


@pytest.mark.parametrize("errors", [(STORED,) * 4, (LOST,), (STORED, REFUSED, REFUSED, REFUSED)])
async def test_a_press_without_missing_pictures_is_refused(errors: Sequence[UpstreamKind | None]) -> None:
    """A press for missing pictures is refused if none is missing or no set was delivered."""
    harness = RepeatHarness()
    await harness.end_set(*errors)
    await assert_refused(RefusalCode.NOTHING_MISSING, harness, Repeat(job=J0, missing=True), MISSING)
    assert harness.woken == []


async def test_a_private_set_can_be_repeated_by_its_member_only() -> None:
    """Missing pictures of a private set can be requested by the member who asked, and by no other."""
    harness, private = RepeatHarness(), replace(ASKED, options=replace(ASKED.options, private=True))
    await harness.end_set(STORED, command=private)
    await assert_refused(RefusalCode.JOB_UNKNOWN, harness, Repeat(job=J0, private=True, missing=True), MISSING, user=BOB)
    await harness.press(Repeat(job=J0, private=True, missing=True), MISSING)
    assert (await harness.latest_job()).command.options.private is True


TWICE = [
    pytest.param(Repeat(job=J0), AGAIN, 1.9, id="again"),
    pytest.param(Repeat(job=J0, missing=True), MISSING, 1.9, id="missing"),
    pytest.param(Generate(verb="imagine", prompt=FOX), FORM, 500.0, id="form"),
]


@pytest.mark.parametrize(("command", "control", "gap"), TWICE)
async def test_a_double_click_is_answered_and_creates_one_job(command: Command, control: str, gap: float) -> None:
    """A second click shortly after the first is refused with ASKED_TWICE and creates no job."""
    harness = RepeatHarness()
    await harness.end_set(STORED)
    await harness.press(command, control, at=100.5)
    await assert_refused(RefusalCode.ASKED_TWICE, harness, command, control, at=100.5 + gap)
    assert len(harness.woken) == 1


@pytest.mark.parametrize("control", [None, AGAIN, FORM])
async def test_a_redelivered_event_gets_no_answer(control: str | None) -> None:
    """An event that is delivered twice creates one job and raises no refusal."""
    harness, command = RepeatHarness(), Generate(verb="imagine", prompt=FOX)
    for _ in range(2):
        await harness.press(command, control, event="the same")
    assert len(harness.woken) == 1


OTHERS = [
    pytest.param({"user": BOB}, AGAIN, id="another member"),
    pytest.param({}, MISSING, id="another button"),
    pytest.param({"at": 104.5}, AGAIN, id="later"),
    pytest.param({}, None, id="typed"),
]


@pytest.mark.parametrize(("more", "control"), OTHERS)
async def test_a_different_request_creates_another_job(more: dict[str, Any], control: str | None) -> None:
    """Another member, another button, a later click and a typed command each create a job of their own."""
    harness = RepeatHarness()
    await harness.end_set(STORED)
    await harness.press(Repeat(job=J0), AGAIN, at=100.0)
    await harness.press(Repeat(job=J0), control, **more)
    assert len(harness.woken) == 2


def pressed_at(at: float) -> frozenset[EventId]:
    sent = replace(origin(), received_at=at)
    return frozenset(deduplication_ids(Arrival(events=(), origin=sent, command=Repeat(job=J0), control=AGAIN)))


@given(st.floats(0, 4e9), st.floats(0, 3 * DOUBLE_PRESS_S))
def test_only_presses_close_together_share_an_id(at: float, gap: float) -> None:
    """Presses within the double-click time share a deduplication id, and presses far apart do not."""
    shares_id = not pressed_at(at).isdisjoint(pressed_at(at + gap))
    if gap < 0.99 * DOUBLE_PRESS_S:
        assert shares_id
    if gap > 2.01 * DOUBLE_PRESS_S:
        assert not shares_id


@pytest.mark.parametrize("control", [None, "", "v0:again:0123456789ab", "anything"])
def test_a_command_without_a_button_has_no_deduplication_id(control: str | None) -> None:
    """A typed command, and an unknown button, have no deduplication id, so they can be repeated at once."""
    assert deduplication_ids(Arrival(events=(), origin=origin(), command=Repeat(job=J0), control=control)) == ()


NOTHING_LEFT = QuotaTier(name="all", images_per_day=3)
ONE_AT_A_TIME = QuotaTier(name="all", images_per_day=100, jobs_at_once=1, jobs_waiting=0)


@pytest.mark.parametrize("command", [ASKED, Repeat(job=J0)])
async def test_what_a_member_may_not_have_is_refused_when_it_is_asked_for(command: Command) -> None:
    """Typed or by a button, nothing is recorded; the refusal says when the quota is renewed."""
    harness = RepeatHarness(admission=Admission((NOTHING_LEFT,), ZoneInfo("UTC")))
    await harness.end_set(STORED, STORED, STORED, STORED)

    with pytest.raises(RefusedError) as raised:
        await harness.press(command, None)

    assert raised.value.refusal is RefusalCode.QUOTA_EXCEEDED
    assert raised.value.parameters == {"left": 3, "granted": 3, "asked": 4, "renews_at": 1_700_006_400.0}
    assert harness.woken == []


async def test_one_job_too_many_is_refused() -> None:
    """Another member's is not, and neither is one after the first has ended."""
    harness = RepeatHarness(admission=Admission((ONE_AT_A_TIME,), ZoneInfo("UTC")))
    await harness.press(ASKED, None)
    await assert_refused(RefusalCode.JOBS_OPEN, harness, ASKED, None)
    await harness.press(ASKED, None, user=BOB)
    first = await harness.store.claim(harness.woken[0], owner="a", now=harness.clock.now(), lease_s=60.0)
    assert first is not None
    await harness.store.move(first, Move(to=JobState.FAILED), now=harness.clock.now())

    await harness.press(ASKED, None)

    assert len(harness.woken) == 3
