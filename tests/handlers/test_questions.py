"""*Again* of a large set of another member asks first, and what is answered is done once."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from bot.chat.reply import Reply
from bot.commands.action import encode_action
from bot.commands.command import Command, Options, Repeat
from bot.commands.interpretation import interpret_press
from bot.config.settings import QuotaTier
from bot.errors import RefusalCode, RefusedError
from bot.handlers.repeat import CONFIRM_ABOVE_IMAGES
from bot.ids import UserId
from bot.jobs.question import WorkQuote
from bot.wallet.admission import Admission
from bot.wording.words import Words
from tests.fakes.jobs import ADA
from tests.handlers.repeating import AGAIN, ASKED, BOB, J0, LOST, MISSING, SEEN, STORED, RepeatHarness

DAY_S = 24 * 3600.0
EIGHT = replace(ASKED, options=replace(ASKED.options, count=8))
YES, NO = 0, 1
QUESTION = "This makes 8 images on your quota. Generate them?"


async def harness_of(count: int = 8, stored: int = 1) -> RepeatHarness:
    """A set of ada's that has ended."""
    harness = RepeatHarness()
    command = replace(ASKED, options=replace(ASKED.options, count=count))
    await harness.end_set(*[STORED] * stored, *[LOST] * (count - stored), command=command)
    return harness


async def ask(harness: RepeatHarness, *, missing: bool = False, user: UserId = BOB, at: float = 100.0) -> Reply:
    reply = await harness.press(Repeat(job=J0, missing=missing), MISSING if missing else AGAIN, user=user, at=at)
    assert reply is not None
    assert harness.woken == []
    return reply


def press_of(question: Reply, number: int) -> tuple[Command, str]:
    """The command of one of the question's buttons, and its control."""
    action = question.buttons[number].action
    return interpret_press(action), encode_action(action)


async def refusal(harness: RepeatHarness, question: Reply, number: int, *, user: UserId = BOB, at: float = 900.0) -> RefusalCode:
    with pytest.raises(RefusedError) as caught:
        await harness.press(*press_of(question, number), user=user, at=at)
    return caught.value.refusal


@pytest.mark.parametrize(
    ("count", "user", "asks"),
    [
        (CONFIRM_ABOVE_IMAGES, BOB, False),
        (CONFIRM_ABOVE_IMAGES + 1, BOB, True),
        (CONFIRM_ABOVE_IMAGES + 1, ADA, False),
    ],
)
async def test_a_large_set_of_another_member_asks_first(count: int, user: UserId, *, asks: bool) -> None:
    """A small set, and one's own, are repeated at once."""
    harness = await harness_of(count)
    reply = await harness.press(Repeat(job=J0), AGAIN, user=user)
    assert ((reply is not None), len(harness.woken)) == ((True, 0) if asks else (False, 1))


async def test_the_layers_of_another_member() -> None:
    """How many there will be is not known: there can be 17, which is asked, and asked of whoever has as many left."""
    layers = replace(ASKED, options=Options(layers=True, model="5.0-pro"))
    harness = RepeatHarness()
    await harness.end_set(STORED, command=layers)
    question = await ask(harness)
    assert question.text == "This makes up to 17 layers on your quota. Take the image apart?"
    assert [button.label for button in question.buttons] == ["Take it apart", "Cancel"]
    assert await harness.press(*press_of(question, YES), user=BOB) is None
    assert (await harness.latest_job()).command == layers


def few(granted: int) -> RepeatHarness:
    return RepeatHarness(admission=Admission((QuotaTier(name="few", images_per_day=granted),), ZoneInfo("UTC")))


async def test_a_quota_too_small_for_layers() -> None:
    """It is refused before the job is recorded, and no count is suggested."""
    layers = replace(ASKED, options=Options(layers=True, model="5.0-pro"))
    enough, small = few(17), few(16)
    with pytest.raises(RefusedError) as caught:
        await small.press(layers, None)
    assert (caught.value.refusal, caught.value.parameters["asked"]) == (RefusalCode.QUOTA_EXCEEDED, 17)
    assert Words().refusal(caught.value).startswith("There can be up to 17 layers, and you have 16 of today's 16 images left.")
    assert await enough.press(layers, None) is None
    assert (len(small.woken), len(enough.woken)) == (0, 1)


async def test_the_question_says_what_it_costs() -> None:
    """The number of images, whose quota, and two buttons."""
    question = await ask(await harness_of())
    assert question.text == QUESTION
    assert [(button.label, button.primary) for button in question.buttons] == [("Generate 8 images", True), ("Cancel", False)]


async def test_yes_makes_the_job_of_who_pressed() -> None:
    """The whole request with its references, for the member who was asked, with the origin of the new press."""
    harness = await harness_of()
    question = await ask(harness)
    assert await harness.press(*press_of(question, YES), user=BOB, at=500.0) is None
    job = await harness.latest_job()
    assert (job.command, job.origin.user, job.origin.received_at) == (EIGHT, BOB, 500.0)
    assert await harness.store.references(job.id) == (SEEN,)


async def test_missing_pictures_ask_for_their_own_number() -> None:
    """Seven of eight are missing: that is what is asked, and what is made."""
    harness = await harness_of()
    question = await ask(harness, missing=True)
    assert question.text == QUESTION.replace("8", "7")
    await harness.press(*press_of(question, YES), user=BOB)
    assert (await harness.latest_job()).command.options.count == 7


async def test_no_makes_nothing_for_good() -> None:
    """It says so, and yes comes too late."""
    harness = await harness_of()
    question = await ask(harness)
    reply = await harness.press(*press_of(question, NO), user=BOB)
    assert reply == Reply(text="Cancelled. Nothing was generated, and nothing was charged.")
    assert await refusal(harness, question, YES) is RefusalCode.ANSWERED_ALREADY
    assert harness.woken == []


@pytest.mark.parametrize("gap", [0.1, 500.0])
async def test_a_double_click_makes_one_job(gap: float) -> None:
    """A second yes is refused at any time, and so is a no after it."""
    harness = await harness_of()
    question = await ask(harness)
    await harness.press(*press_of(question, YES), user=BOB, at=200.0)
    assert await refusal(harness, question, YES, at=200.0 + gap) is RefusalCode.ASKED_TWICE
    assert await refusal(harness, question, NO) is RefusalCode.ANSWERED_ALREADY
    assert len(harness.woken) == 1


async def test_two_questions_of_a_double_click_make_one_job() -> None:
    """Two processes show the question twice; it is the same one."""
    harness = await harness_of()
    first, second = await ask(harness), await ask(harness, at=100.2)
    assert first == second
    await harness.press(*press_of(first, YES), user=BOB)
    assert await refusal(harness, second, YES) is RefusalCode.ASKED_TWICE


async def test_a_redelivered_yes_gets_no_answer() -> None:
    """The same event is no second click."""
    harness = await harness_of()
    question = await ask(harness)
    for _ in range(2):
        assert await harness.press(*press_of(question, YES), user=BOB, event="the same") is None
    assert len(harness.woken) == 1


async def test_an_expired_question_is_free() -> None:
    """After a day neither button does anything, and the set can be asked for anew."""
    harness = await harness_of()
    question = await ask(harness)
    harness.clock.advance(DAY_S)
    assert await refusal(harness, question, YES) is RefusalCode.FORM_EXPIRED
    assert await refusal(harness, question, NO) is RefusalCode.FORM_EXPIRED
    again = await ask(harness)
    await harness.press(*press_of(again, YES), user=BOB)
    assert len(harness.woken) == 1


async def test_only_the_member_who_was_asked_can_answer() -> None:
    """A forged press of another member is refused."""
    harness = await harness_of()
    question = await ask(harness)
    assert await refusal(harness, question, YES, user=UserId("discord:eve")) is RefusalCode.NOT_YOURS
    assert await refusal(harness, question, NO, user=UserId("discord:eve")) is RefusalCode.NOT_YOURS


async def test_a_dearer_answer_is_asked_again() -> None:
    """A question that said fewer images than it would make now is followed by another one."""
    harness = await harness_of()
    question = await ask(harness)
    stored = await harness.store.question(question.buttons[YES].action.job)
    assert stored is not None
    cheaper = await harness.store.ask(replace(stored, quote=WorkQuote(images=5)), now=harness.clock.now())
    again = await harness.press(*press_of(question, YES), user=BOB)
    assert cheaper.quote == WorkQuote(images=5)
    assert again is not None
    assert (again.text, harness.woken) == (QUESTION, [])
