"""Answers to a question of the bot, remarks to it, and words that are only half of a request."""

from dataclasses import replace

import pytest

from bot.commands.command import (
    AnswerQuestion,
    Attachment,
    CancelJob,
    CancelQuestion,
    Command,
    Inquiry,
    Remark,
    Repeat,
    Topic,
)
from bot.commands.conversation.answering import OpenQuestion
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation
from bot.commands.pointing import MessageJob
from bot.commands.understanding import understand
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId, MessageId, UserId
from tests.commands.messages import (
    ADA,
    BOB,
    CAT,
    CHOICES,
    FOUR,
    GREETING,
    HELP,
    J0,
    M0,
    MADE,
    ONE,
    REPLIED,
    RUNNING,
    SET,
    TWO,
    context,
    edit,
    memory,
    message,
    new,
)

OPEN = OpenQuestion(id=J0, choices=CHOICES, candidates=SET.pictures, about=frozenset({J0}))
POSTED = PointedMessage(
    message=MessageId("m9"),
    relation=Relation.REPLIED,
    by_bot=True,
    pictures=(Attachment(address="https://files.example/1", name=f"a-lighthouse-{J0}-1.png"),),
)
OTHER_SET = MessageJob(job=JobId("ba9876543210"), requester=ADA, pictures=SET.pictures)


@pytest.mark.parametrize(
    ("sent", "command"),
    [
        (message("the second one", Heard.DIRECT), AnswerQuestion(question=J0, choice="2")),
        (message("the last two", Heard.MENTION), AnswerQuestion(question=J0, choice="3+4")),
        (message("number 3", Heard.REPLY, replace(REPLIED, by_bot=True)), AnswerQuestion(question=J0, choice="3")),
        (message("all", Heard.MENTION, REPLIED), AnswerQuestion(question=J0, choice="all")),
        (message("never mind", Heard.DIRECT), CancelQuestion(question=J0)),
        (message("number 2, but darker", Heard.DIRECT), edit("number 2, but darker", TWO)),
        (message("make number 4 red", Heard.MENTION), edit("make number 4 red", FOUR)),
        (message("a poster with the number 3 on it", Heard.MENTION), new("a poster with the number 3 on it")),
        (message("/imagine number 3", Heard.DIRECT), new("number 3")),
    ],
)
def test_an_open_question_is_answered_in_words(sent: MemberMessage, command: Command) -> None:
    """As by its button; more words about one of its pictures are a change of that one, and other words a request of their own."""
    assert understand(sent, ADA, replace(context({M0: SET}), question=OPEN)) == command


def test_a_reply_to_another_set_is_no_answer() -> None:
    """It points at pictures that nobody was asked about."""
    sent = message("number 3", Heard.REPLY, REPLIED)
    with pytest.raises(RefusedError) as caught:
        understand(sent, ADA, replace(context({M0: OTHER_SET}), question=OPEN))
    assert caught.value.parameters[VARIANT] == "choice"


@pytest.mark.parametrize(
    ("sent", "user", "latest", "command"),
    [
        (message("again", Heard.DIRECT), ADA, SET, Repeat(job=J0)),
        (message("one more please", Heard.MENTION, REPLIED), BOB, None, Repeat(job=J0)),
        (message("another one", Heard.REPLY, REPLIED), BOB, None, Repeat(job=J0, unsure=True)),
        (message("again", Heard.MENTION, POSTED), ADA, None, Repeat(job=J0)),
        (message("again", Heard.REPLY, POSTED), ADA, None, Repeat(job=J0, unsure=True)),
        (message("again", Heard.DIRECT), ADA, replace(SET, private=True), Repeat(job=J0, private=True)),
        (message("do it again", Heard.DIRECT), ADA, RUNNING, Repeat(job=J0)),
        (message("cancel", Heard.DIRECT), ADA, RUNNING, CancelJob(job=J0)),
        (message("undo that", Heard.DIRECT), ADA, RUNNING, CancelJob(job=J0)),
        (message("cancel", Heard.DIRECT), ADA, SET, Remark(topic=Topic.NOTHING_OPEN)),
        (message("cancel", Heard.DIRECT), ADA, None, Remark(topic=Topic.NOTHING_OPEN)),
        (message("cancel", Heard.REPLY, REPLIED), ADA, None, Remark(topic=Topic.TAKE_BACK)),
        (message("undo the last one", Heard.DIRECT), ADA, SET, Remark(topic=Topic.TAKE_BACK)),
        (message("delete that", Heard.MENTION), ADA, None, Remark(topic=Topic.TAKE_BACK)),
        (message("what can you do?", Heard.DIRECT), ADA, SET, Remark(topic=Topic.ABOUT)),
        (message("are you there?", Heard.MENTION, REPLIED), BOB, None, Remark(topic=Topic.PRESENCE)),
        (message("how does this work?", Heard.DIRECT), ADA, None, Remark(topic=Topic.USAGE)),
        (message("hello", Heard.MENTION), ADA, None, GREETING),
        (message("how many images do I have left?", Heard.DIRECT), ADA, None, Inquiry(name="quota")),
        (message("how much does it cost?", Heard.DIRECT), ADA, None, Inquiry(name="models")),
        (message("hlep!", Heard.DIRECT), ADA, None, Inquiry(name="help", slip="hlep", nearest="help")),
        (message("/imagin a fox", Heard.DIRECT), ADA, None, Inquiry(name="help", slip="/imagin", nearest="/imagine")),
        (message("/seedream quota", Heard.MENTION), ADA, None, Inquiry(name="quota")),
        (message("help!", Heard.DIRECT), ADA, None, HELP),
        (message("/imagine again", Heard.DIRECT), ADA, SET, new("again")),
    ],
)
def test_a_remark_is_no_prompt(sent: MemberMessage, user: UserId, latest: MessageJob | None, command: Command) -> None:
    """What can be done about it is done, and anything else is answered in words; a typed command is that command."""
    assert understand(sent, user, replace(context({M0: SET}), latest=latest)) == command


@pytest.mark.parametrize(
    ("text", "answered"), [("what?", False), ("never mind", False), ("undo", False), ("how does this work?", True)]
)
def test_what_others_say_under_an_image(text: str, *, answered: bool) -> None:
    """Without a mention, a word or two are talk; a whole question to the bot is answered."""
    reply = message(text, Heard.REPLY, REPLIED)
    assert (understand(reply, BOB, context({M0: SET})) is not None) is answered
    assert understand(reply, ADA, context({M0: SET})) is not None


def test_a_stranger_who_says_stop() -> None:
    """Without a mention it may be talk; with one it is told that only the requester can."""
    running = context({M0: RUNNING})
    assert understand(message("stop", Heard.REPLY, REPLIED), BOB, running) is None
    with pytest.raises(RefusedError) as caught:
        understand(message("cancel", Heard.MENTION, REPLIED), BOB, running)
    assert (caught.value.refusal, caught.value.parameters[VARIANT]) == (RefusalCode.NOT_YOURS, "cancel")


@pytest.mark.parametrize(
    ("sent", "variant"),
    [
        (message("again", Heard.DIRECT), "again"),
        (message("again --count 2", Heard.DIRECT), "again-flags"),
        (message("4 more", Heard.DIRECT), "again-flags"),
        (message("again", Heard.DIRECT, files=(CAT,)), "picture"),
        (message("both", Heard.MENTION), "choice"),
        (message("2", Heard.MENTION), "choice"),
        (message("new image", Heard.DIRECT), "choice"),
    ],
)
def test_half_of_a_request_is_asked_about(sent: MemberMessage, variant: str) -> None:
    """Nothing is paid for words that name nothing to make."""
    with pytest.raises(RefusedError) as caught:
        understand(sent, ADA, context())
    assert (caught.value.refusal, caught.value.parameters[VARIANT]) == (RefusalCode.PROMPT_EMPTY, variant)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("again, but darker", edit("again, but darker", ONE, recalled=True)),
        ("another one in blue", edit("another one in blue", ONE, recalled=True)),
        ("another one bites the dust, album cover", new("another one bites the dust, album cover")),
    ],
)
def test_another_one_with_a_change(text: str, command: Command) -> None:
    """It edits the last image; what goes on as a scene is a new one."""
    assert understand(message(text, Heard.DIRECT), ADA, context(last=MADE)) == command


def test_a_picture_that_is_named_first() -> None:
    """It is no new image, if there is no set to choose it from: the member is asked."""
    sent = message("number 2, but darker", Heard.DIRECT)
    assert understand(sent, ADA, context(last=MADE)) == memory("number 2, but darker", ONE)
    with pytest.raises(RefusedError) as caught:
        understand(sent, ADA, context())
    assert caught.value.refusal is RefusalCode.REFS_REQUIRED
