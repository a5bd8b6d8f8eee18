"""Words instead of buttons: answers to questions, *again* and `cancel`; with the stores in memory."""

import pytest

from bot.commands.command import Generate, Options
from bot.commands.message import Heard
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import MessageId
from bot.jobs.call import CallState
from bot.jobs.job import JobState, Move
from tests.fakes.jobs import ADA
from tests.handlers.repeating import BOB
from tests.handlers.test_meaning import CAT, Harness, made_set, refusal, stored


@pytest.mark.parametrize(
    ("said", "numbers"), [("the second one", (2,)), ("#4", (4,)), ("the last two", (3, 4)), ("all of them", (1, 2, 3, 4))]
)
async def test_which_one_is_answered_in_words(said: str, numbers: tuple[int, ...]) -> None:
    """The request of the question is made, with what was named."""
    harness = Harness()
    made = await made_set(harness)
    await harness.say("make it night --count 2", "result")
    assert await harness.say(said) is None
    assert (await harness.job()).command == Generate(
        verb="edit", prompt="make it night", options=Options(count=2), references=stored(made, *numbers)
    )


async def test_an_answer_in_words_counts_once() -> None:
    """Then it answers nothing any more, and the button says so."""
    harness = Harness()
    await made_set(harness)
    question = await harness.say("make it night", "result")
    assert question is not None
    await harness.say("number 2")
    assert await refusal(harness.say("number 3")) is RefusalCode.PROMPT_EMPTY
    assert await refusal(harness.press(question, 0)) is RefusalCode.ANSWERED_ALREADY
    assert len(harness.woken) == 2


async def test_only_who_was_asked_answers_in_words() -> None:
    """Another member's words in the same place are theirs."""
    harness = Harness()
    await made_set(harness)
    await harness.say("make it night", "result")
    assert await refusal(harness.say("number 2", user=BOB)) is RefusalCode.PROMPT_EMPTY
    assert len(harness.woken) == 1


async def test_a_question_is_over_when_something_else_came() -> None:
    """A newer request or picture is what words are about then."""
    for text, files in (("a red fox in snow", ()), ("", (CAT,))):
        harness = Harness()
        await made_set(harness)
        await harness.say("make it night", "result")
        harness.clock.advance(1.0)
        await harness.say(text, files=files)
        assert await refusal(harness.say("number 2")) is RefusalCode.PROMPT_EMPTY


async def test_words_answer_for_half_an_hour() -> None:
    """The question about a large set can be answered by its button for a day, but a late `yes` means something else."""
    harness = Harness()
    await made_set(harness)
    question = await harness.say("again", "result", user=BOB, heard=Heard.REPLY)
    assert question is not None
    harness.clock.advance(1800.0)
    reply = await harness.say("yes", "result", user=BOB, heard=Heard.REPLY)
    assert (reply, len(harness.woken)) == (None, 1)
    await harness.press(question, 0, user=BOB)
    assert len(harness.woken) == 2


async def test_edit_new_and_never_mind() -> None:
    """Words for the buttons of the other question."""
    harness = Harness()
    made = await made_set(harness, 1)
    await harness.say("winter")
    await harness.say("edit it")
    assert (await harness.job()).command.references == stored(made, 1)
    await harness.end()
    harness.clock.advance(1.0)
    await harness.say("winter")
    await harness.say("a new one")
    assert (await harness.job()).command == Generate(verb="imagine", prompt="winter")
    await harness.end()
    harness.clock.advance(1.0)
    await harness.say("winter")
    reply = await harness.say("never mind")
    assert reply is not None
    assert reply.text == "Cancelled. Nothing was generated, and nothing was charged."
    assert len(harness.woken) == 3


async def test_a_number_that_the_set_does_not_have() -> None:
    """It is told in the question, and in the answer; the question stays open."""
    harness = Harness()
    made = await made_set(harness)
    question = await harness.say("make number 7 red", "result")
    assert question is not None
    assert question.text.startswith("There is no image 7; this set has 4. Which of the 4 images do you mean?")
    assert await refusal(harness.say("number 9")) is RefusalCode.REF_NOT_IN_SET
    await harness.say("number 4")
    assert (await harness.job()).command.references == stored(made, 4)


async def test_again() -> None:
    """The whole request of the last set, or of the one replied to; also of one that failed, which made no image."""
    harness = Harness()
    await harness.say("a lighthouse --ratio 16:9 --count 2")
    first = (await harness.job()).command
    await harness.end(2, shown="first")
    await harness.say("one more")
    assert (await harness.job()).command == first
    harness.clock.advance(1.0)
    await harness.say("a red fox in snow")
    await harness.store.move(await harness.claimed(), Move(to=JobState.FAILED), now=harness.clock.now())
    await harness.say("again")
    assert (await harness.job()).command.prompt == "a red fox in snow"
    await harness.say("again", "first", user=BOB, heard=Heard.MENTION)
    assert ((await harness.job()).command, (await harness.job()).origin.user) == (first, BOB)


async def test_a_stranger_says_again() -> None:
    """Without a mention it may be talk: they are asked, whatever the number, and `yes` is an answer."""
    harness = Harness()
    await made_set(harness, 1)
    question = await harness.say("another one", "result", user=BOB, heard=Heard.REPLY)
    assert question is not None
    assert (question.text, len(harness.woken)) == ("This makes 1 image on your quota. Generate it?", 1)
    assert await harness.say("yes please", user=BOB) is None
    assert (await harness.job()).origin.user == BOB


async def test_cancel_before_the_call() -> None:
    """The job ends free, and is woken so that its message says so."""
    harness = Harness()
    await harness.say("a lighthouse")
    job = await harness.job()
    assert await harness.say("cancel") is None
    assert ((await harness.job()).state, harness.woken) == (JobState.CANCELLED, [job.id, job.id])


async def test_cancel_after_the_first_of_many_calls() -> None:
    """It is told what still comes, and the rest is never made."""
    harness = Harness()
    await harness.say("a lighthouse --count 4")
    job = await harness.submit(per_call=1)
    await harness.store.record_result(job, MessageId("progress"), platform=job.origin.platform, pictures=())
    reply = await harness.say("stop", "progress")
    assert reply is not None
    assert reply.text == "1 of 4 images is already being made and will come. The rest is stopped, free of charge."
    states = [call.state for call in (await harness.job()).calls]
    assert states == [CallState.SUBMITTING, *[CallState.CANCELLED] * 3]


async def test_cancel_after_the_call() -> None:
    """It is told that it costs already and that the image will come; nobody else's word counts."""
    harness = Harness()
    await harness.say("a lighthouse")
    job = await harness.submit()
    await harness.store.record_result(job, MessageId("progress"), platform=job.origin.platform, pictures=())
    with pytest.raises(RefusedError) as caught:
        await harness.say("stop", "progress")
    assert (caught.value.refusal, caught.value.parameters[VARIANT]) == (RefusalCode.ALREADY_SUBMITTED, "cancel")
    assert await harness.say("stop", "progress", user=BOB, heard=Heard.REPLY) is None
    assert await refusal(harness.say("cancel", "progress", user=BOB, heard=Heard.MENTION)) is RefusalCode.NOT_YOURS
    assert ((await harness.job()).state, job.origin.user) == (JobState.RUNNING, ADA)
