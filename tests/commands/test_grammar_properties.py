"""What members type, and ids and actions that come back from outside: true for any text there is."""

import contextlib
import unicodedata
from dataclasses import asdict
from random import Random
from typing import Literal

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.commands.action import MAX_LENGTH, Action, ActionKind, decode_action, encode_action
from bot.commands.command import Generate, Inquiry, Options, StoredPicture
from bot.commands.grammar import parse, read_picture
from bot.commands.interpretation import interpret_message, is_chatter
from bot.errors import RefusedError
from bot.ids import CROCKFORD, JOB_ID_LENGTH, JobId, new_job_id, parse_job_id
from tests.fakes.texts import ANY_TEXT, ID_TEXT, LETTERS, LONG_TEXT

JOB_IDS = st.text(CROCKFORD, min_size=JOB_ID_LENGTH, max_size=JOB_ID_LENGTH).map(JobId)
FLAGLESS = st.text(
    # No dash of any kind, no braces, no control characters: nothing that could begin a flag or a group.
    st.characters(exclude_categories=("Cs", "Cc", "Pd"), exclude_characters="-−－〜〰゠־֊᠆﹘﹣⸺⸻―–—‑‒‐{}"),
    max_size=300,
)
VERBS: tuple[Literal["imagine"], Literal["edit"]] = ("imagine", "edit")
WORD = st.text(st.characters(categories=("Lu", "Ll"), max_codepoint=0x24F), min_size=1, max_size=10).filter(
    lambda word: unicodedata.normalize("NFKC", word) == word,
)
OPTIONS = st.builds(
    Options,
    count=st.none() | st.integers(-99, 10**6),
    size=st.none() | st.sampled_from(["1K", "2K", "2048x2048", "banana"]),
    ratio=st.none() | st.sampled_from(["16:9", "1:1", "0:0"]),
    model=st.none() | WORD,
    format=st.none() | WORD,
    watermark=st.none() | st.booleans(),
    search=st.none() | st.just(value=True),
    prompt_mode=st.none() | WORD,
    gateway=st.none() | WORD,
    private=st.none() | st.just(value=True),
    spoiler=st.none() | st.just(value=True),
    seed=st.none() | st.integers(-(10**17), 10**17),
    guidance=st.none() | st.decimals(-1000, 1000, places=3).map(float),
)


def tokens_of(options: Options, dash: str, joint: str) -> list[str]:
    """Each option as the flag that says it."""
    said = []
    for name, value in asdict(options).items():
        flag = f"{dash}{name.replace('_', '-')}"
        match value:
            case None:
                continue
            case True:
                said.append(flag)
            case False:
                said.append(f"{dash}no-{name}")
            case float():
                said.append(f"{flag}{joint}{value:.3f}")
            case _:
                said.append(f"{flag}{joint}{value}")
    return said


def parsed(text: str, verb: Literal["imagine", "edit"]) -> Generate | None:
    try:
        return parse(text, verb=verb)
    except RefusedError:
        return None


@given(ANY_TEXT | LONG_TEXT | st.text(LETTERS), st.sampled_from(VERBS))
@example("a fox \ud83d in snow", "imagine")
@example("\ud83d --count", "imagine")
@example("--ref \udc4d#1", "edit")
@example("--count \u0664", "imagine")
def test_parse_raises_nothing_but_its_refusals(text: str, verb: Literal["imagine", "edit"]) -> None:
    """What comes of it can be written down, posted and sent, whatever the text was."""
    command = parsed(text, verb)
    prompt = "" if command is None else command.prompt
    assert prompt.encode("utf-8").decode("utf-8") == prompt
    assert prompt == prompt.strip()
    assert not any(unicodedata.category(letter) == "Cc" for letter in prompt if letter not in "\t\n\r")


@given(FLAGLESS)
def test_a_prompt_without_flags_survives(text: str) -> None:
    """In any script, with combining marks and in both directions: to the letter, but for the space around it."""
    command = parse(text, verb="imagine")
    assert command == Generate(verb="imagine", prompt=text.strip())


@given(
    OPTIONS, st.lists(WORD, max_size=6), st.sampled_from(["--", "—", "–", "-"]), st.sampled_from([" ", "=", " = "]), st.randoms()
)
def test_flags_say_what_they_said_wherever_they_stand(
    options: Options, words: list[str], dash: str, joint: str, chance: Random
) -> None:
    """Options written out as flags, between the words in any order, are the same options and the same words again."""
    tokens = tokens_of(options, dash, joint)
    chance.shuffle(tokens)
    text = " ".join([*words[:2], *tokens[::2], *words[2:], *tokens[1::2]])
    command = parse(text, verb="imagine")
    assert command.options == options
    assert command.prompt == " ".join(words)


@given(JOB_IDS, st.integers(1, 9999), ANY_TEXT)
def test_a_reference_by_id_is_read_or_refused(job: JobId, number: int, text: str) -> None:
    """As it was written, and never as something else."""
    assert read_picture(f"{job}#{number}") == StoredPicture(job=job, number=number)
    assert read_picture(f"{job.upper()}#{number}") == StoredPicture(job=job, number=number)
    picture = read_picture(text)
    assert picture is None or (parse_job_id(picture.job) == picture.job and picture.number > 0)


@given(ANY_TEXT)
def test_a_message_is_understood_or_refused(text: str) -> None:
    """Small talk or not, with or without words: as a command of ours, or with a code."""
    assert is_chatter(text) in {True, False}
    with contextlib.suppress(RefusedError):
        assert isinstance(interpret_message(text, ()), Generate | Inquiry)


def test_our_own_ids_are_read_back() -> None:
    """However a member copies them."""
    for _ in range(200):
        job = new_job_id()
        assert [parse_job_id(text) for text in (job, f" {job.upper()} ")] == [job, job]


@given(ANY_TEXT | st.text(LETTERS, min_size=JOB_ID_LENGTH, max_size=JOB_ID_LENGTH))
def test_whatever_is_read_as_an_id_is_one(text: str) -> None:
    """Or is nothing; it can be read again and stays the same."""
    job = parse_job_id(text)
    assert job is None or (len(job) == JOB_ID_LENGTH and set(job) <= set(CROCKFORD) and parse_job_id(job) == job)


@given(st.sampled_from(ActionKind), JOB_IDS, st.none() | st.text(LETTERS, max_size=80))
def test_an_action_comes_back_as_it_was(kind: ActionKind, job: JobId, argument: str | None) -> None:
    """Or does not fit, which is an error when it is written, not when it is pressed."""
    action = Action(kind=kind, job=job, argument=argument)
    room = MAX_LENGTH - len(f"v1:{kind}:{job}:")
    assume(argument is None or len(argument) <= room)
    text = encode_action(action)
    assert len(text) <= MAX_LENGTH
    assert decode_action(text) == action


@given(
    ANY_TEXT
    | st.builds(lambda kind, rest: f"v1:{kind}:{rest}", st.sampled_from(ActionKind) | ID_TEXT, ANY_TEXT)
    | st.builds(lambda kind, job, rest: f"v1:{kind}:{job}:{rest}", st.sampled_from(ActionKind), JOB_IDS, ANY_TEXT | LONG_TEXT)
)
def test_anything_may_be_pressed(text: str) -> None:
    """What is not ours is nothing; what is can be written as an action again."""
    action = decode_action(text)
    assert action is None or decode_action(encode_action(action)) == action
