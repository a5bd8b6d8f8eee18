"""Properties of the grammar, of ids and of actions that hold for any text."""

import contextlib
import unicodedata
from dataclasses import asdict
from random import Random
from typing import Literal

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.commands.action import MAX_LENGTH, Action, ActionKind, decode_action, encode_action
from bot.commands.command import Ask, Generate, Inquiry, Options, StoredPicture
from bot.commands.conversation.chatter import is_chatter
from bot.commands.grammar import parse, read_picture
from bot.commands.message import Heard, MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.syntax.values import SWITCH_VALUES
from bot.commands.syntax.visible import INVISIBLE
from bot.commands.understanding import Context, Remembered, understand
from bot.errors import RefusedError
from bot.ids import CROCKFORD, JOB_ID_LENGTH, JobId, UserId, new_job_id, parse_job_id
from bot.wording.lexicon import lexicon
from tests.fakes.texts import ANY_TEXT, ID_TEXT, LETTERS, LONG_TEXT

JOB_IDS = st.text(CROCKFORD, min_size=JOB_ID_LENGTH, max_size=JOB_ID_LENGTH).map(JobId)
SET = tuple(StoredPicture(job=JobId("0123456789ab"), number=number) for number in (1, 2, 3))
LAST = Remembered(job=MessageJob(job=SET[0].job, requester=UserId("discord:ada"), pictures=SET))
FLAGLESS = st.text(
    # No dashes, braces or control characters, so that no flag or group can begin.
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
    """Each option written as a flag."""
    tokens = []
    for name, value in asdict(options).items():
        flag = f"{dash}{name.replace('_', '-')}"
        match value:
            case None:
                continue
            case True:
                tokens.append(flag)
            case False:
                tokens.append(f"{dash}no-{name}")
            case float():
                tokens.append(f"{flag}{joint}{value:.3f}")
            case _:
                tokens.append(f"{flag}{joint}{value}")
    return tokens


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
def test_any_text_is_parsed_or_refused(text: str, verb: Literal["imagine", "edit"]) -> None:
    """The prompt of any text can be encoded and has no control characters or outer spaces."""
    command = parsed(text, verb)
    prompt = "" if command is None else command.prompt
    assert prompt.encode("utf-8").decode("utf-8") == prompt
    assert prompt == prompt.strip()
    assert not any(unicodedata.category(letter) == "Cc" for letter in prompt if letter not in "\t\n\r")


@given(FLAGLESS)
def test_a_text_without_flags_is_the_prompt(text: str) -> None:
    """A text without flags, in any script, becomes the prompt unchanged but for spaces around it."""
    command = parse(text, verb="imagine")
    assert command == Generate(verb="imagine", prompt=text.strip())


@given(OPTIONS, st.lists(WORD, max_size=6), st.sampled_from(["--", "—", "–"]), st.sampled_from([" ", "=", " = "]), st.randoms())
def test_flags_have_the_same_meaning_in_any_position(
    options: Options, words: list[str], dash: str, joint: str, chance: Random
) -> None:
    """Options written as flags between words, in any order, are parsed into the same options and words."""
    # An answer between a switch and other words may belong to either.
    words = [word for word in words if word.lower() not in SWITCH_VALUES]
    tokens = tokens_of(options, dash, joint)
    chance.shuffle(tokens)
    text = " ".join([*words[:2], *tokens[::2], *words[2:], *tokens[1::2]])
    command = parse(text, verb="imagine")
    assert command.options == options
    assert command.prompt == " ".join(words)


@given(
    st.lists(WORD, min_size=1, max_size=6), st.sampled_from(sorted(INVISIBLE)), st.sampled_from(sorted(INVISIBLE)), st.randoms()
)
def test_invisible_characters_around_flags_change_nothing(words: list[str], first: str, second: str, chance: Random) -> None:
    """They are ignored in and around a flag, and kept inside of words."""
    words = [f"{word}{first}{word}" for word in words]
    flag = list("--ratio")
    flag.insert(chance.randrange(len(flag) + 1), first)
    text = " ".join([*words, f"{second}{''.join(flag)}{second}", f"{first}16:9{second}"])
    command = parse(text, verb="imagine")
    assert (command.prompt, command.options) == (" ".join(words), Options(ratio="16:9"))


@given(JOB_IDS, st.integers(1, 9999), ANY_TEXT)
def test_a_reference_by_id_is_parsed_exactly_or_not_at_all(job: JobId, number: int, text: str) -> None:
    """A written reference is read back unchanged, and any other text gives a valid reference or none."""
    assert read_picture(f"{job}#{number}") == StoredPicture(job=job, number=number)
    assert read_picture(f"{job.upper()}#{number}") == StoredPicture(job=job, number=number)
    picture = read_picture(text)
    assert picture is None or (parse_job_id(picture.job) == picture.job and picture.number > 0)


@given(ANY_TEXT)
def test_any_message_is_interpreted_or_refused(text: str) -> None:
    """Any message becomes a command or a refusal, whatever is remembered."""
    assert is_chatter(text, lexicon()) in {True, False}
    with contextlib.suppress(RefusedError):
        assert isinstance(parse(text, verb="imagine"), Generate)
    for remembered in (None, LAST):
        context = Context(jobs={}, remembered=remembered, remembers=True, lexicon=lexicon())
        with contextlib.suppress(RefusedError):
            found = understand(MemberMessage(text=text, heard=Heard.DIRECT), UserId("discord:ada"), context)
            assert isinstance(found, Generate | Inquiry | Ask | None)


def test_generated_ids_can_be_parsed() -> None:
    """A generated id is read back in upper case and with spaces around it."""
    for _ in range(200):
        job = new_job_id()
        assert [parse_job_id(text) for text in (job, f" {job.upper()} ")] == [job, job]


@given(ANY_TEXT | st.text(LETTERS, min_size=JOB_ID_LENGTH, max_size=JOB_ID_LENGTH))
def test_a_parsed_id_is_valid(text: str) -> None:
    """Any text gives either no id or a valid one that is parsed to itself."""
    job = parse_job_id(text)
    assert job is None or (len(job) == JOB_ID_LENGTH and set(job) <= set(CROCKFORD) and parse_job_id(job) == job)


@given(st.sampled_from(ActionKind), JOB_IDS, st.none() | st.text(LETTERS, max_size=80))
def test_an_action_survives_encoding(kind: ActionKind, job: JobId, argument: str | None) -> None:
    """Any action that fits the length limit is decoded to itself."""
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
def test_any_text_can_be_decoded_as_an_action(text: str) -> None:
    """Any text gives either no action or one that can be encoded again."""
    action = decode_action(text)
    assert action is None or decode_action(encode_action(action)) == action
