"""What a message means: by its words, by what it points at, and by what is remembered."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.commands.command import (
    Ask,
    Attachment,
    Command,
    Doubt,
    Generate,
    Inquiry,
    PartialRequest,
    RememberPictures,
    StoredPicture,
)
from bot.commands.message import Heard, MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.understanding import SHORT_REPLY_WORDS, Remembered, complete, understand
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import MessageId, UserId
from tests.commands.messages import (
    ADA,
    ALIAS,
    BOB,
    CAT,
    CHOICES,
    DOG,
    EARLIER,
    FOUR,
    GREETING,
    HALF,
    HELP,
    M0,
    MADE,
    MADE_SET,
    NOTE,
    ONE,
    REPLIED,
    RUNNING,
    SET,
    SINGLE,
    START,
    THREE,
    TWO,
    UNMADE,
    WAITING,
    context,
    edit,
    memory,
    message,
    new,
    of,
    which,
)


@pytest.mark.parametrize(
    ("heard", "text", "command"),
    [
        (Heard.DIRECT, "sunset", new("sunset")),
        (Heard.DIRECT, "猫", new("猫")),
        (Heard.MENTION, "hedgehog", new("hedgehog")),
        (Heard.DIRECT, "thanks!", GREETING),
        (Heard.MENTION, "", HELP),
        (Heard.DIRECT, "help", HELP),
        (Heard.DIRECT, "/quota", Inquiry(name="quota")),
        (Heard.DIRECT, "/imagine thanks", new("thanks")),
        (Heard.DIRECT, "/edit make it night", Generate(verb="edit", prompt="make it night")),
        (Heard.MENTION, "/EDIT make it night", Generate(verb="edit", prompt="make it night")),
        (Heard.MENTION, "/imagine make it rain", new("make it rain")),
    ],
)
def test_words_alone(heard: Heard, text: str, command: Command) -> None:
    """One word is a prompt; who writes about nothing is helped; a typed command is that command."""
    assert understand(message(text, heard), ADA, context()) == command


@pytest.mark.parametrize("text", ["🔥", "lol", "thanks!", "wow, lovely", ":heart:", "https://example.com/x", "谢谢"])
@pytest.mark.parametrize("heard", [Heard.REPLY, Heard.MENTION, Heard.DIRECT])
@pytest.mark.parametrize("job", [SINGLE, SET, RUNNING])
def test_small_talk_about_an_image_makes_nothing(text: str, heard: Heard, job: MessageJob) -> None:
    """Neither the requester's nor a stranger's, and nothing is said about it."""
    for user in (ADA, BOB):
        assert understand(message(text, heard, REPLIED), user, context({M0: job})) is None


def test_thanks_after_an_image_need_no_help() -> None:
    """In direct messages, nothing is said to thanks while the last image is remembered."""
    assert understand(message("thanks", Heard.DIRECT), ADA, context(last=Remembered(job=SET))) is None


@pytest.mark.parametrize(
    ("sent", "jobs", "command"),
    [
        (message("make it night", Heard.REPLY, REPLIED), {M0: SINGLE}, edit("make it night", ONE)),
        (message("make it night", Heard.MENTION, replace(START, aliases=(ALIAS,))), {ALIAS: SINGLE}, edit("make it night", ONE)),
        (message("make it night", Heard.MENTION, REPLIED, files=(CAT,)), {M0: SINGLE}, edit("make it night", ONE, CAT)),
        (message("make it night", Heard.MENTION, replace(REPLIED, pictures=(CAT, DOG))), {}, edit("make it night", of(REPLIED, CAT, DOG))),
        (message("with this hat", Heard.MENTION, replace(START, pictures=(CAT,)), files=(DOG,)), {}, edit("with this hat", of(START, CAT), DOG)),
        (message("make it night", Heard.MENTION, START, replace(EARLIER, pictures=(CAT,))), {}, edit("make it night", of(EARLIER, CAT))),
        (
            message("a", Heard.MENTION, replace(START, pictures=(CAT,)), replace(EARLIER, pictures=(DOG,)), files=(DOG,)),
            {},
            edit("a", of(START, CAT), DOG),
        ),
        (message("make it night", Heard.REPLY, REPLIED, replace(START, pictures=(CAT,))), {M0: SINGLE}, edit("make it night", ONE)),
        (message("make it night", Heard.MENTION, REPLIED, replace(START, pictures=(CAT,))), {}, edit("make it night", of(START, CAT))),
        (message("--ref 0123456789ab#2 a hat", Heard.DIRECT, REPLIED), {M0: SINGLE}, edit("a hat", TWO, ONE)),
        (message("make it night", Heard.MENTION, START, replace(EARLIER, unread=True), files=(CAT,)), {}, edit("make it night", CAT)),
        (message("make it night", Heard.MENTION, replace(START, unread=True, aliases=(ALIAS,))), {ALIAS: SINGLE}, edit("make it night", ONE)),
        (message("make it night", Heard.THREAD, START, files=(CAT,)), {M0: SINGLE}, edit("make it night", ONE, CAT)),
        (message("a red fox", Heard.MENTION, START), {M0: UNMADE}, new("a red fox")),
    ],
)  # fmt: skip
def test_what_a_message_points_at_is_used(sent: MemberMessage, jobs: Mapping[MessageId, MessageJob], command: Generate) -> None:
    """The job's pictures, else those of the message replied to, else the thread's; and always the message's own."""
    assert understand(sent, ADA, context(jobs)) == command


@pytest.mark.parametrize(
    ("sent", "jobs", "code", "variant"),
    [
        (message("make it night", Heard.REPLY, REPLIED), {M0: RUNNING}, RefusalCode.JOB_NOT_READY, None),
        (message("make it night", Heard.REPLY, REPLIED), {M0: HALF}, RefusalCode.JOB_NOT_READY, None),
        (message("make it night", Heard.MENTION, START, files=(CAT,)), {M0: RUNNING}, RefusalCode.JOB_NOT_READY, None),
        (message("make it night", Heard.REPLY, REPLIED), {M0: UNMADE}, RefusalCode.REFS_REQUIRED, "unmade"),
        (message("a red fox", Heard.MENTION, replace(START, unread=True)), {}, RefusalCode.REF_UNREAD, None),
        (message("a red fox", Heard.REPLY, replace(REPLIED, unread=True)), {}, RefusalCode.REF_HIDDEN, None),
        (message("make it night", Heard.MENTION, replace(REPLIED, unusable=True)), {}, RefusalCode.REF_UNUSABLE, None),
        (replace(message("make it night", Heard.DIRECT), unusable=True), {}, RefusalCode.REF_UNUSABLE, None),
        (replace(message("", Heard.DIRECT), unusable=True), {}, RefusalCode.REF_UNUSABLE, None),
        (message("make it night", Heard.DIRECT), {}, RefusalCode.REFS_REQUIRED, "words"),
        (message("and now at night", Heard.MENTION), {}, RefusalCode.REFS_REQUIRED, "words"),
        (message("", Heard.MENTION, files=(CAT,)), {}, RefusalCode.PROMPT_EMPTY, "picture"),
        (message("🔥", Heard.REPLY, REPLIED, files=(CAT,)), {M0: SINGLE}, RefusalCode.PROMPT_EMPTY, "picture"),
        (message("https://example.com/cat.png", Heard.DIRECT), {}, RefusalCode.REF_ADDRESS, None),
        (message("--frobnicate a fox", Heard.DIRECT), {}, RefusalCode.UNKNOWN_FLAG, None),
    ],
)
def test_a_picture_that_cannot_be_used_is_told(
    sent: MemberMessage, jobs: Mapping[MessageId, MessageJob], code: RefusalCode, variant: str | None
) -> None:
    """Never is another one paid for: not ready, not made, not read, not fetchable, or not named at all."""
    with pytest.raises(RefusedError) as caught:
        understand(sent, ADA, context(jobs))
    assert (caught.value.refusal, caught.value.parameters.get(VARIANT)) == (code, variant)


def test_a_thread_of_another_members_job_is_not_heard() -> None:
    """A picture in a thread without a mention is for the bot only if the member's own job is there."""
    sent = message("make it night", Heard.THREAD, START, files=(CAT,))
    assert understand(sent, BOB, context({M0: SINGLE})) is None
    assert understand(sent, ADA, context()) is None


@pytest.mark.parametrize(
    ("text", "files", "command"),
    [
        ("make only number 3 red", (), edit("make only number 3 red", THREE)),
        ("the last two at night", (), edit("the last two at night", THREE, FOUR)),
        ("#4 and #1 at night", (), edit("#4 and #1 at night", FOUR, ONE)),
        ("all of them in winter", (), edit("all of them in winter", *SET.pictures)),
        ("make it night", (), which("make it night")),
        ("put these together", (), which("put these together")),
        ("number 9 in red", (), replace(which("number 9 in red"), missing=9)),
        ("put this hat on him", (CAT,), which("put this hat on him", CAT)),
        ("--ref 0123456789ab#2 as a stamp", (), which("as a stamp", TWO, position=1)),
        ("number 2 with this hat", (CAT,), edit("number 2 with this hat", TWO, CAT)),
    ],
)
def test_which_one_of_a_set(text: str, files: tuple[Attachment, ...], command: Command) -> None:
    """What is named is used, and the words stay; else the member is asked, also with an attachment or `--ref`."""
    assert understand(message(text, Heard.REPLY, REPLIED, files=files), ADA, context({M0: SET})) == command


def test_no_more_buttons_than_fit() -> None:
    """The first pictures have a button each, and *All* means all."""
    command = understand(message("make it night", Heard.REPLY, REPLIED), ADA, context({M0: SET}, buttons=4))
    assert isinstance(command, Ask)
    assert command.choices == ("1", "2", "all", "cancel")
    assert complete(command.partial, command.choices, "all").references == SET.pictures


def test_several_pictures_in_a_thread() -> None:
    """Where no job is there and none is brought along, the member is asked, picture by picture."""
    sent = message("make it night", Heard.MENTION, replace(START, pictures=(CAT,)), replace(EARLIER, pictures=(DOG, CAT)))
    command = understand(sent, ADA, context())
    assert isinstance(command, Ask)
    assert command.choices == ("1", "2", "3", "all", "cancel")
    assert complete(command.partial, command.choices, "2") == edit("make it night", of(EARLIER, DOG))
    assert understand(replace(sent, text="number 1 at night"), ADA, context()) == edit("number 1 at night", of(START, CAT))


@pytest.mark.parametrize(
    "text",
    [
        "number 3",
        "#2",
        "2",
        "both",
        "all of them",
        "the second one",
        "the last two",
        "1 and 3",
        "edit it",
        "new image",
    ],
)
def test_an_answer_in_words_is_no_prompt(text: str) -> None:
    """Who names a picture, or answers a question in words, has not said what to make: nothing is paid for that."""
    set_before, question = Remembered(job=SET), replace(REPLIED, by_bot=True)
    for sent, last in (
        (message(text, Heard.REPLY, REPLIED), None),
        (message(text, Heard.REPLY, question), None),
        (message(text, Heard.DIRECT), set_before),
    ):
        with pytest.raises(RefusedError) as caught:
            understand(sent, ADA, context({M0: SET} if sent.pointed == (REPLIED,) else {}, last))
        assert (caught.value.refusal, caught.value.parameters[VARIANT]) == (RefusalCode.PROMPT_EMPTY, "choice")


def test_a_set_of_ours_that_no_job_is_known_of() -> None:
    """It was posted a moment ago, or its job was deleted long ago: which of its pictures is meant is asked all the same."""
    sent = message("make it night", Heard.REPLY, replace(REPLIED, by_bot=True, pictures=(CAT, DOG)))
    command = understand(sent, ADA, context())
    assert isinstance(command, Ask)
    assert command.choices == ("1", "2", "all", "cancel")
    assert complete(command.partial, command.choices, "2") == edit("make it night", replace(DOG, number=2))
    assert understand(replace(sent, text="number 1 at night"), ADA, context()) == edit(
        "number 1 at night", replace(CAT, number=1)
    )


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("make number 3 blue", (SET.pictures[2],)),
        ("the last two at night", SET.pictures[-2:]),
        ("make it blue", SINGLE.pictures),
        ("all of it in blue", SINGLE.pictures),
    ],
)
def test_the_set_at_the_start_of_a_thread(text: str, references: tuple[StoredPicture, ...]) -> None:
    """The newest image there is meant, but who names a number means the set."""
    sent = message(text, Heard.MENTION, replace(START, message=M0, aliases=(ALIAS,)))
    assert understand(sent, ADA, context({ALIAS: SINGLE, M0: SET})) == edit(text, *references)


def test_a_strangers_short_reply_to_a_set() -> None:
    """It may be talk, so it is not only asked which picture is meant."""
    command = understand(message("nice boats", Heard.REPLY, REPLIED), BOB, context({M0: SET}))
    assert isinstance(command, Ask)
    assert (command.doubt, command.choices) == (Doubt.STRANGER, CHOICES)
    assert complete(command.partial, command.choices, "2").references == (SET.pictures[1],)


LONG = " ".join(["word"] * (SHORT_REPLY_WORDS + 1))


@pytest.mark.parametrize(
    ("user", "heard", "text", "asks"),
    [
        (BOB, Heard.REPLY, "make it night", True),
        (BOB, Heard.REPLY, "looks like my uncle", True),
        (ADA, Heard.REPLY, "make it night", False),
        (BOB, Heard.MENTION, "make it night", False),
        (BOB, Heard.REPLY, LONG, False),
    ],
)
def test_a_strangers_short_reply_is_asked_first(user: UserId, heard: Heard, text: str, *, asks: bool) -> None:
    """It may be talk: up to eight words, without a mention, to another member's image."""
    command = understand(message(text, heard, REPLIED), user, context({M0: SINGLE}))
    asked = Ask(doubt=Doubt.STRANGER, partial=PartialRequest(request=edit(text, ONE)), choices=("go_on", "cancel"))
    assert command == (asked if asks else edit(text, ONE))


@pytest.mark.parametrize(
    ("last", "text", "command"),
    [
        (WAITING, "make it winter", edit("make it winter", CAT, recalled=True)),
        (WAITING, "winter", edit("winter", CAT, recalled=True)),
        (WAITING, "a watercolour of this", edit("a watercolour of this", CAT, recalled=True)),
        (WAITING, "/edit winter", edit("winter", CAT, recalled=True)),
        (WAITING, "/imagine a red fox", new("a red fox")),
        (WAITING, "--ref 0123456789ab#2 with this hat", edit("with this hat", TWO, CAT)),
        (MADE, "and now at night", edit("and now at night", ONE, recalled=True)),
        (MADE, "a red fox in snow", new("a red fox in snow")),
        (MADE, "/edit a red fox in snow", edit("a red fox in snow", ONE, recalled=True)),
        (MADE, "/imagine make it night", new("make it night")),
        (MADE, "night", memory("night", ONE)),
        (MADE_SET, "make it night", which("make it night", recalled=True)),
        (MADE_SET, "number 3 in blue", edit("number 3 in blue", THREE, recalled=True)),
        (MADE_SET, "night", memory("night", *SET.pictures)),
        (MADE_SET, "a red fox in snow", new("a red fox in snow")),
        (Remembered(job=RUNNING), "a red fox in snow", new("a red fox in snow")),
    ],
)
def test_the_last_picture(last: Remembered, text: str, command: Command) -> None:
    """Words after a picture are about it; after an image they are if they point back, and in doubt the member is asked."""
    assert understand(message(text, Heard.DIRECT), ADA, context(last=last)) == command


@pytest.mark.parametrize("text", ["make it night", "night", "/edit night"])
def test_a_last_image_that_is_not_ready(text: str) -> None:
    """It cannot be changed yet, and nothing is made of the words."""
    with pytest.raises(RefusedError) as caught:
        understand(message(text, Heard.DIRECT), ADA, context(last=Remembered(job=RUNNING)))
    assert caught.value.refusal is RefusalCode.JOB_NOT_READY


def test_a_picture_without_words_waits_for_them() -> None:
    """Where the bot remembers, the member is asked what to change; also with a greeting."""
    for text in ("", "hi!", "🔥"):
        sent = message(text, Heard.DIRECT, files=(CAT,))
        assert understand(sent, ADA, context(remembers=True)) == RememberPictures(pictures=(CAT,))
    assert understand(message("", Heard.DIRECT, files=(NOTE,)), ADA, context(remembers=True)) == RememberPictures(
        pictures=(NOTE,)
    )


def test_a_picture_that_waits_joins_others_once() -> None:
    """It comes between what the message points at and its own; the same file is not used twice."""
    resigned = replace(CAT, address="https://files.example/cat.png?sign=2")
    with_own = understand(message("put it on the dog", Heard.DIRECT, files=(DOG,)), ADA, context(last=WAITING))
    assert with_own == edit("put it on the dog", CAT, DOG)
    replied = understand(
        message("make it night", Heard.DIRECT, replace(REPLIED, pictures=(resigned,))), ADA, context(last=WAITING)
    )
    assert replied == edit("make it night", of(REPLIED, resigned))
    to_job = understand(message("with this hat", Heard.DIRECT, REPLIED), ADA, context({M0: SINGLE}, WAITING))
    assert to_job == edit("with this hat", ONE, CAT)


@pytest.mark.parametrize(
    ("ask", "choice", "command"),
    [
        (which("a", CAT), "3", edit("a", THREE, CAT)),
        (which("a", TWO, position=1), "4", edit("a", TWO, FOUR)),
        (which("a"), "all", edit("a", *SET.pictures)),
        (memory("night", ONE), "edit", edit("night", ONE)),
        (memory("night", ONE), "new", new("night")),
        (memory("night", *SET.pictures), "2", edit("night", TWO)),
        (which("a"), "3+4", edit("a", THREE, FOUR)),
        (which("night", recalled=True), "2", edit("night", TWO)),
        (memory("night", *SET.pictures), "new", new("night")),
    ],
)
def test_an_answer_completes_the_request(ask: Ask, choice: str, command: Generate) -> None:
    """What is chosen takes its place among the references; a new image has none."""
    assert complete(ask.partial, ask.choices, choice) == command
