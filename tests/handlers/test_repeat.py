"""What is asked by a button or a form: as many pictures as it says, for the one who presses, and once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.profiles import profile
from bot.commands.action import Action, ActionKind, encode_action
from bot.commands.command import Arrival, Attachment, Command, Generate, Options, Repeat
from bot.commands.interpretation import DOUBLE_PRESS_S, deduplication_ids
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import RefusalCode, RefusedError, UpstreamKind
from bot.handlers.generate import GenerateHandler
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import RepeatHandler
from bot.ids import EventId, JobId, UserId
from bot.jobs.facts import count_missing
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from bot.requests.checks import RequestRules
from bot.requests.references import Reference
from tests.fakes.clock import FakeClock
from tests.fakes.handlers import RecordingEngine
from tests.fakes.jobs import ADA, FOX, hold, job_in_state, new_job, origin, request
from tests.fakes.memory_store import MemoryStore
from tests.fakes.stores import AllStores

BOB = UserId("discord:bob")
J0 = JobId("0123456789ab")
AGAIN = encode_action(Action(kind=ActionKind.AGAIN, job=J0))
MISSING = encode_action(Action(kind=ActionKind.MISSING, job=J0))
FORM = encode_action(Action(kind=ActionKind.NEW_FORM, job=J0))
SEEN = Reference(form="bytes", value="ab" * 32, media_type="image/png", width=64, height=48, size_bytes=900)
RULES = RequestRules(
    profiles=(profile(GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("key"))),),
    defaults=Defaults(model="4.5"),
)
ASKED = Generate(
    verb="edit",
    prompt=FOX,
    options=Options(count=4, size="2K", spoiler=True),
    references=(Attachment(address="https://files.example/cat.png", name="cat.png"),),
)
STORED, GONE = None, UpstreamKind.DOWNLOAD
WITHHELD, REFUSED = UpstreamKind.POLICY_OUTPUT, UpstreamKind.COPYRIGHT


def rows(*came: UpstreamKind | None) -> tuple[PictureRow, ...]:
    """Pictures in order: here, or missing for this reason."""
    return tuple(
        PictureRow(index=index, state="stored" if error is None else "missing", error=error) for index, error in enumerate(came)
    )


@dataclass
class RepeatHarness:
    """Where commands become jobs."""

    store: AllStores = field(default_factory=MemoryStore)
    clock: FakeClock = field(default_factory=FakeClock)
    woken: list[JobId] = field(default_factory=list)
    arrived: int = 0

    async def press(
        self,
        command: Command,
        control: str | None,
        *,
        at: float = 100.0,
        user: UserId = ADA,
        event: str | None = None,
    ) -> None:
        self.arrived += 1
        arrival = Arrival(
            events=(EventId(event or f"event {self.arrived}"),),
            origin=replace(origin(user), received_at=at),
            command=command,
            control=control,
        )
        recorder = JobRecorder(self.store, self.clock, RecordingEngine(self.woken.append))
        match command:
            case Generate():
                await GenerateHandler(recorder, RULES).handle(arrival, command)
            case Repeat():
                await RepeatHandler(self.store, self.store, recorder, RULES).handle(arrival, command)
            case _:
                raise TypeError(command)

    async def newest(self) -> Job:
        job = await self.store.load(self.woken[-1])
        assert job is not None
        return job

    async def ended(self, *came: UpstreamKind | None, command: Generate = ASKED) -> None:
        """A set of four of which these came."""
        await self.store.receive(replace(new_job(J0, references=(SEEN,)), command=command), now=1.0)
        job = await self.store.claim(J0, owner="a", now=1.0, lease_s=60.0)
        assert job is not None
        asked = request(count=4, references=(SEEN,))
        job = await self.store.accept(job, request=asked, unit_price=None, currency=None, hold=hold(4), now=1.0)
        for row in rows(*came):
            await self.store.put_picture(job, row)
        for state in (JobState.SUBMITTING, JobState.COLLECTING, JobState.DELIVERING, JobState.DONE):
            job = await self.store.move(job, Move(to=state), now=1.0)


async def refused(code: RefusalCode, harness: RepeatHarness, command: Command, control: str | None, **more: Any) -> None:
    with pytest.raises(RefusedError) as raised:
        await harness.press(command, control, **more)
    assert raised.value.refusal is code


SHORT: list[tuple[Sequence[UpstreamKind | None], int]] = [
    ((STORED, STORED, STORED, STORED), 0),
    ((STORED, STORED, STORED, STORED, STORED), 0),
    ((STORED,), 3),
    ((STORED, STORED, STORED, GONE), 1),
    ((STORED, WITHHELD, WITHHELD, WITHHELD), 3),
    ((STORED, REFUSED, REFUSED, REFUSED), 0),
    ((STORED, REFUSED, REFUSED), 3),
    ((STORED, REFUSED, REFUSED, GONE), 3),
    ((GONE, GONE, GONE, GONE), 0),
    ((), 0),
]


@pytest.mark.parametrize(("came", "missing"), SHORT)
async def test_what_is_missing(came: Sequence[UpstreamKind | None], missing: int) -> None:
    """Whatever did not come of a set that came in part, unless all of it would be refused again."""
    job = await job_in_state(MemoryStore(), JobState.DONE)
    assert count_missing(job, rows(*came)) == missing


@pytest.mark.parametrize("state", JobState)
async def test_nothing_is_missing_before_the_end(state: JobState) -> None:
    """A picture that may still come is not missing, and where none came there is no set to complete."""
    job = await job_in_state(MemoryStore(), state)
    assert count_missing(job, rows(STORED)) == (3 if state in {JobState.DELIVERING, JobState.DONE} else 0)


async def test_the_missing_ones_are_a_job_of_their_own() -> None:
    """The same words, flags and references, as many as are missing, for whoever presses."""
    harness = RepeatHarness()
    await harness.ended(STORED, GONE)
    await harness.press(Repeat(job=J0, missing=True), MISSING, user=BOB)
    job = await harness.newest()
    assert (job.state, job.origin.user) == (JobState.RECEIVED, BOB)
    assert job.command == replace(ASKED, options=replace(ASKED.options, count=3))
    assert await harness.store.references(job.id) == (SEEN,)


async def test_again_asks_for_the_whole_set() -> None:
    """However much of it came."""
    harness = RepeatHarness()
    await harness.ended(STORED, GONE)
    await harness.press(Repeat(job=J0), AGAIN)
    assert (await harness.newest()).command == ASKED


@pytest.mark.parametrize("came", [(STORED,) * 4, (GONE,), (STORED, REFUSED, REFUSED, REFUSED)])
async def test_a_press_for_what_is_not_missing_is_refused(came: Sequence[UpstreamKind | None]) -> None:
    """A button of another age, or of nobody's making."""
    harness = RepeatHarness()
    await harness.ended(*came)
    await refused(RefusalCode.NOTHING_MISSING, harness, Repeat(job=J0, missing=True), MISSING)
    assert harness.woken == []


async def test_what_is_missing_of_a_private_set_is_its_members() -> None:
    """Nobody else makes anything of its words."""
    harness, private = RepeatHarness(), replace(ASKED, options=replace(ASKED.options, private=True))
    await harness.ended(STORED, command=private)
    await refused(RefusalCode.JOB_UNKNOWN, harness, Repeat(job=J0, private=True, missing=True), MISSING, user=BOB)
    await harness.press(Repeat(job=J0, private=True, missing=True), MISSING)
    assert (await harness.newest()).command.options.private is True


TWICE = [
    pytest.param(Repeat(job=J0), AGAIN, 1.9, id="again"),
    pytest.param(Repeat(job=J0, missing=True), MISSING, 1.9, id="missing"),
    pytest.param(Generate(verb="imagine", prompt=FOX), FORM, 500.0, id="form"),
]


@pytest.mark.parametrize(("command", "control", "gap"), TWICE)
async def test_a_second_click_is_told_and_makes_no_job(command: Command, control: str, gap: float) -> None:
    """An event of its own, the same wish: the one who clicked is answered."""
    harness = RepeatHarness()
    await harness.ended(STORED)
    await harness.press(command, control, at=100.5)
    await refused(RefusalCode.ASKED_TWICE, harness, command, control, at=100.5 + gap)
    assert len(harness.woken) == 1


@pytest.mark.parametrize("control", [None, AGAIN, FORM])
async def test_an_event_that_is_brought_again_stays_silent(control: str | None) -> None:
    """Its own answer is on the way already."""
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
async def test_another_wish_is_another_job(more: dict[str, Any], control: str | None) -> None:
    """One button is pressed by many, and again by the same."""
    harness = RepeatHarness()
    await harness.ended(STORED)
    await harness.press(Repeat(job=J0), AGAIN, at=100.0)
    await harness.press(Repeat(job=J0), control, **more)
    assert len(harness.woken) == 2


def pressed_at(at: float) -> frozenset[EventId]:
    sent = replace(origin(), received_at=at)
    return frozenset(deduplication_ids(Arrival(events=(), origin=sent, command=Repeat(job=J0), control=AGAIN)))


@given(st.floats(0, 4e9), st.floats(0, 3 * DOUBLE_PRESS_S))
def test_presses_close_together_meet_and_others_do_not(at: float, gap: float) -> None:
    """Wherever the stretches of time begin."""
    meet = not pressed_at(at).isdisjoint(pressed_at(at + gap))
    if gap < 0.99 * DOUBLE_PRESS_S:
        assert meet
    if gap > 2.01 * DOUBLE_PRESS_S:
        assert not meet


@pytest.mark.parametrize("control", [None, "", "v0:again:0123456789ab", "anything"])
def test_what_no_button_of_ours_says_is_no_wish_twice(control: str | None) -> None:
    """Words may be said as often as a member likes."""
    assert deduplication_ids(Arrival(events=(), origin=origin(), command=Repeat(job=J0), control=control)) == ()
