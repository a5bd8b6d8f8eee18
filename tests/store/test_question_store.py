"""Contract of the store of questions: each is answered once, by the member who was asked, before it expires."""

from dataclasses import replace

import pytest

from bot.commands.action import CANCEL
from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId, UserId
from bot.jobs.question import Question, QuestionAnswer, RepeatChoice, WorkQuote, repeat_question
from tests.fakes.jobs import ADA, claimed_job, new_job
from tests.fakes.stores import AllStores

BOB = UserId("discord:bob")
J0, J1, Q0, Q1 = JobId("j0"), JobId("j1"), JobId("q0"), JobId("q1")
DAY_S = 24 * 3600.0
YES = QuestionAnswer(question=Q0, user=BOB, choice="again")


def asked(question: JobId = Q0, *, images: int = 8, now: float = 100.0) -> Question:
    return repeat_question(question, asked_of=BOB, job=J0, choice=RepeatChoice.AGAIN, images=images, now=now)


@pytest.fixture
async def asking(store: AllStores) -> AllStores:
    """A job that somebody was asked about."""
    await claimed_job(store)
    assert await store.ask(asked(), now=100.0) == asked()
    return store


async def refusal(store: AllStores, answer: QuestionAnswer, now: float) -> RefusalCode:
    with pytest.raises(RefusedError) as caught:
        await store.answer(answer, now=now)
    return caught.value.refusal


async def test_a_question_is_read_as_it_was_asked(asking: AllStores) -> None:
    """Kind, member, choices, job, quote and expiry; and there is no other question."""
    assert await asking.question(Q0) == asked()
    assert asked().quote == WorkQuote(images=8)
    assert asked().choices == ("again", CANCEL)
    assert asked().expires_at == 100.0 + DAY_S
    assert await asking.question(Q1) is None


async def test_an_open_question_is_not_asked_twice(asking: AllStores) -> None:
    """A second click shows the same question; another number of images, an answer or the expiry make it a new one."""
    assert (await asking.ask(asked(Q1, now=101.0), now=101.0)).id == Q0
    assert (await asking.ask(asked(JobId("q2"), images=9, now=101.0), now=101.0)).id == "q2"
    assert (await asking.ask(asked(Q1, now=101.0 + DAY_S), now=101.0 + DAY_S)).id == Q1
    await asking.answer(replace(YES, question=Q1, choice=CANCEL), now=102.0 + DAY_S)
    assert (await asking.ask(asked(JobId("q3"), now=103.0 + DAY_S), now=103.0 + DAY_S)).id == "q3"


@pytest.mark.parametrize(
    ("answer", "now", "code"),
    [
        (replace(YES, question=Q1), 101.0, RefusalCode.FORM_EXPIRED),
        (replace(YES, choice="all"), 101.0, RefusalCode.FORM_EXPIRED),
        (replace(YES, user=ADA), 101.0, RefusalCode.NOT_YOURS),
        (YES, 100.0 + DAY_S, RefusalCode.FORM_EXPIRED),
    ],
)
async def test_an_answer_that_is_not_possible_is_refused(
    asking: AllStores, answer: QuestionAnswer, now: float, code: RefusalCode
) -> None:
    """An unknown question, an unknown choice, another member, and an expired question; the question stays open."""
    assert await refusal(asking, answer, now) is code
    assert await asking.question(Q0) == asked()


@pytest.mark.parametrize("first", ["again", CANCEL])
@pytest.mark.parametrize("second", ["again", CANCEL])
async def test_a_question_is_answered_once(asking: AllStores, first: str, second: str) -> None:
    """The first answer stays, whatever the second is."""
    await asking.answer(replace(YES, choice=first), now=101.0)
    assert await refusal(asking, replace(YES, choice=second), 102.0) is RefusalCode.ANSWERED_ALREADY
    assert await asking.question(Q0) == replace(asked(), answer=first)


async def test_a_job_and_the_answer_that_it_carries_out_are_one(asking: AllStores) -> None:
    """The job is recorded with the answer; a second answer records no job, and a redelivered event is no second answer."""
    first = replace(new_job("j1", user=BOB), answers=YES)
    assert await asking.receive(first, now=101.0)
    assert await asking.question(Q0) == replace(asked(), answer="again")
    with pytest.raises(RefusedError) as caught:
        await asking.receive(replace(new_job("j2", user=BOB), answers=YES), now=102.0)
    assert caught.value.refusal is RefusalCode.ANSWERED_ALREADY
    assert await asking.load(JobId("j2")) is None
    assert not await asking.receive(replace(first, id=JobId("j3")), now=103.0)


async def test_a_job_that_is_not_recorded_answers_nothing(asking: AllStores) -> None:
    """A known event, and a repeated job that was deleted, leave the question open."""
    answering = replace(new_job("j1", user=BOB), answers=YES)
    assert not await asking.receive(replace(answering, events=new_job().events), now=101.0)
    with pytest.raises(RefusedError):
        await asking.receive(replace(answering, repeats=JobId("gone")), now=101.0)
    assert await asking.question(Q0) == asked()


async def test_the_newest_open_question_of_a_place(asking: AllStores) -> None:
    """Of this member, in this place, not answered and not expired."""
    for number, (place, member, now) in enumerate(
        [("here", BOB, 110.0), ("here", BOB, 120.0), ("there", BOB, 130.0), ("here", ADA, 140.0)]
    ):
        other = replace(asked(JobId(f"p{number}"), images=number + 1, now=now), asked_of=member, place=place)
        assert (await asking.ask(other, now=now)).place == place
    found = await asking.open_question("here", BOB, now=150.0)
    assert found is not None
    assert (found.id, found.place, found.asked_at) == ("p1", "here", 120.0)
    await asking.answer(QuestionAnswer(question=JobId("p1"), user=BOB, choice=CANCEL), now=150.0)
    older = await asking.open_question("here", BOB, now=150.0)
    assert older is not None
    assert older.id == "p0"
    assert await asking.open_question("here", BOB, now=110.0 + DAY_S) is None
    assert await asking.open_question("nowhere", BOB, now=150.0) is None


@pytest.mark.parametrize(
    ("choice", "offered"),
    [
        ("2", True),
        ("1+3", True),
        ("3+1", True),
        ("all", True),
        ("4", False),
        ("1+1", False),
        ("1+all", False),
        ("", False),
        ("+", False),
    ],
)
def test_several_numbers_are_one_answer(choice: str, *, offered: bool) -> None:
    """Each of them once, and only numbers."""
    assert replace(asked(), choices=("1", "2", "3", "all", CANCEL)).offers(choice) is offered
