"""Parsing what members type, in every script and with every kind of dash."""

import random

import pytest

from bot.catalog.load import shipped
from bot.commands.command import Attachment, Generate, Options, StoredPicture
from bot.commands.grammar import MOST_CHARACTERS, parse, read_picture
from bot.commands.syntax.flags import FLAGS, PLANNED_FLAGS, UNSUPPORTED_FLAGS
from bot.commands.syntax.values import LONGEST_VALUE
from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId

FIRST = StoredPicture(job=JobId("abcdefghjkmn"), number=3)
SECOND = StoredPicture(job=JobId("0123456789ab"), number=1)

# Text, resulting prompt, resulting options.
PARSED: list[tuple[str, str, Options]] = [
    ("a red fox", "a red fox", Options()),
    ("  a red\n\n  fox ", "a red\n\n  fox", Options()),
    ("a red fox in snow --ratio 16:9 --count 4", "a red fox in snow", Options(ratio="16:9", count=4)),
    ("--count 4 a fox", "a fox", Options(count=4)),
    ("a fox --count 4 in  snow --size 2K by night", "a fox in  snow by night", Options(count=4, size="2K")),
    ("a fox\n--count 4\nin snow", "a fox in snow", Options(count=4)),
    ("a fox --n 3", "a fox", Options(count=3)),
    ("a fox --ar 3:2", "a fox", Options(ratio="3:2")),
    ("a fox --COUNT 3 --Ar 3:2", "a fox", Options(count=3, ratio="3:2")),
    ("a fox --count=4", "a fox", Options(count=4)),
    ("a fox --count = 4", "a fox", Options(count=4)),
    ("a fox --count 4 --n 4", "a fox", Options(count=4)),
    ("a fox --size 2048x1024", "a fox", Options(size="2048x1024")),
    ("a fox --model 4.5 --format png", "a fox", Options(model="4.5", format="png")),
    ('a fox --model "5.0 lite"', "a fox", Options(model="5.0 lite")),
    ("a fox --watermark", "a fox", Options(watermark=True)),
    ("a fox --no-watermark", "a fox", Options(watermark=False)),
    ("a fox --search --private --spoiler", "a fox", Options(search=True, private=True, spoiler=True)),
    ("a fox --prompt-mode fast", "a fox", Options(prompt_mode="fast")),
    ("a fox --prompt_mode fast", "a fox", Options(prompt_mode="fast")),
    ("a fox --gateway ark", "a fox", Options(gateway="ark")),
    ("a fox --seed -1 --guidance 2.5", "a fox", Options(seed=-1, guidance=2.5)),
    ("a fox --count 99", "a fox", Options(count=99)),
    ("a fox --size huge --format webp", "a fox", Options(size="huge", format="webp")),
    # Any kind of dash starts a known flag.
    ("a fox —count 4", "a fox", Options(count=4)),
    ("a fox –count 4", "a fox", Options(count=4)),
    ("a fox −count 4", "a fox", Options(count=4)),
    ("a fox -count 4", "a fox", Options(count=4)),
    ("a fox ——count 4", "a fox", Options(count=4)),
    ("a fox －－count ４", "a fox", Options(count=4)),
    ("a fox —n=4", "a fox", Options(count=4)),
    ("a fox --ratio 16：9", "a fox", Options(ratio="16:9")),
    ("一只狐狸--count 4", "一只狐狸", Options(count=4)),
    ("一只狐狸，　--count 4　下雪", "一只狐狸， 下雪", Options(count=4)),
    ("\u200f--count 4 שועל", "שועל", Options(count=4)),
    # Other text with dashes stays in the prompt.
    ("fox — count 4", "fox — count 4", Options()),
    ("fox —maybe", "fox —maybe", Options()),
    ("fox -maybe", "fox -maybe", Options()),
    ("fox—count 4", "fox—count 4", Options()),
    ("well--search garden", "well--search garden", Options()),
    ("fox -- snow", "fox -- snow", Options()),
    ("fox --- snow --5", "fox --- snow --5", Options()),
    ("fox --狐狸", "fox --狐狸", Options()),
    ("a fox —style", "a fox —style", Options()),
    # Double quotes protect their content and stay in the prompt; an apostrophe is a letter.
    ('a sign "--count 4"', 'a sign "--count 4"', Options()),
    ("a sign “--count 4 — {a, b}”", "a sign “--count 4 — {a, b}”", Options()),
    ("ein Schild „--foo“", "ein Schild „--foo“", Options()),
    ("看板「--foo」", "看板「--foo」", Options()),
    ('"Open"--count 4', '"Open"', Options(count=4)),
    ('a 12" pizza --count 4', 'a 12" pizza', Options(count=4)),
    ("the fox's den --count 4 isn't 'here'", "the fox's den isn't 'here'", Options(count=4)),
    # Control characters and broken surrogates are removed or replaced.
    ("a\x00 fox\x07", "a fox", Options()),
    ("a \ud800 fox", "a \ufffd fox", Options()),
    ("a \ud83e\udd8a fox", "a 🦊 fox", Options()),
    ("e\u0301\u0301\u0301", "e\u0301\u0301\u0301", Options()),
    ("", "", Options()),
    ("--count 4", "", Options(count=4)),
]

# Text, refusal code, required parameters, suggestion.
REFUSED: list[tuple[str, RefusalCode, dict[str, str], str | None]] = [
    ("a fox --cuont 4", RefusalCode.UNKNOWN_FLAG, {"value": "--cuont"}, "--count"),
    ("a fox --cuont=4", RefusalCode.UNKNOWN_FLAG, {"value": "--cuont"}, "--count"),
    ("a fox --aspect 3:2", RefusalCode.UNKNOWN_FLAG, {"value": "--aspect"}, "--ratio"),
    ("a fox --resolution 4K", RefusalCode.UNKNOWN_FLAG, {"value": "--resolution"}, "--size"),
    ("a fox --ar16:9", RefusalCode.UNKNOWN_FLAG, {"value": "--ar16:9"}, "--ar 16:9"),
    ("a fox --count4", RefusalCode.UNKNOWN_FLAG, {"value": "--count4"}, "--count 4"),
    ("a fox --hd", RefusalCode.UNKNOWN_FLAG, {"value": "--hd"}, None),
    ("a fox --stylize 250", RefusalCode.UNKNOWN_FLAG, {"value": "--stylize"}, None),
    ("a fox --mode fast", RefusalCode.UNKNOWN_FLAG, {"value": "--mode"}, "--prompt-mode"),
    ("a fox --help", RefusalCode.UNKNOWN_FLAG, {"value": "--help"}, "/help"),
    ("a fox　--seeed 4", RefusalCode.UNKNOWN_FLAG, {"value": "--seeed"}, "--seed"),
    ("a fox --count four", RefusalCode.BAD_VALUE, {"flag": "--count", "value": "four", "allowed": "--count N"}, "--count 4"),
    ("a fox --n four", RefusalCode.BAD_VALUE, {"flag": "--count", "value": "four"}, "--count 4"),
    ("a fox --count 2.5", RefusalCode.BAD_VALUE, {"flag": "--count", "value": "2.5"}, "--count 2"),
    ("a fox --count", RefusalCode.BAD_VALUE, {"flag": "--count", "value": ""}, None),
    ("a fox --count=", RefusalCode.BAD_VALUE, {"flag": "--count", "value": ""}, None),
    ("a fox --count --size 2K", RefusalCode.BAD_VALUE, {"flag": "--count", "value": ""}, None),
    ("a fox --model --foo", RefusalCode.BAD_VALUE, {"flag": "--model", "value": ""}, None),
    ("a fox --model —private", RefusalCode.BAD_VALUE, {"flag": "--model", "value": ""}, None),
    ("a fox --count 4x", RefusalCode.BAD_VALUE, {"value": "4x"}, "--count 4"),
    ("a fox --count x4", RefusalCode.BAD_VALUE, {"value": "x4"}, "--count 4"),
    ("a fox --count 1,5", RefusalCode.BAD_VALUE, {"value": "1,5"}, "--count 1"),
    ("a fox --count many", RefusalCode.BAD_VALUE, {"value": "many"}, None),
    ("a fox --count 2-4", RefusalCode.BAD_VALUE, {"value": "2-4"}, None),
    ("a fox --guidance 2,5", RefusalCode.BAD_VALUE, {"value": "2,5"}, "--guidance 2.5"),
    ("a fox --seed #42", RefusalCode.BAD_VALUE, {"value": "#42"}, "--seed 42"),
    ("a fox --seed 1e3", RefusalCode.BAD_VALUE, {"flag": "--seed", "value": "1e3"}, None),
    ("a fox --seed " + "9" * 5_000, RefusalCode.BAD_VALUE, {"flag": "--seed"}, None),
    ("a fox --guidance nan", RefusalCode.BAD_VALUE, {"flag": "--guidance", "value": "nan"}, None),
    ("a fox --guidance inf", RefusalCode.BAD_VALUE, {"flag": "--guidance", "value": "inf"}, None),
    ("a fox --private=perhaps", RefusalCode.BAD_VALUE, {"flag": "--private", "value": "perhaps"}, "--private"),
    ("a fox --ref fox", RefusalCode.BAD_VALUE, {"flag": "--ref", "value": "fox", "allowed": "--ref ID#3"}, None),
    ("a fox --ref abcdefghjkmn", RefusalCode.BAD_VALUE, {"flag": "--ref", "value": "abcdefghjkmn"}, None),
    ("a fox --ref abcdefghjkmn#0", RefusalCode.BAD_VALUE, {"flag": "--ref", "value": "abcdefghjkmn#0"}, None),
    ("a fox --count 4 --n 5", RefusalCode.OPTION_CONFLICT, {"flag": "--count", "value": "4", "other": "5"}, None),
    ("a fox --watermark --no-watermark", RefusalCode.OPTION_CONFLICT, {"flag": "--watermark"}, None),
    *[
        (f"a fox --{name} x", RefusalCode.OPTION_NOT_SUPPORTED, {"flag": f"--{name}", "variant": "planned"}, None)
        for name in sorted(PLANNED_FLAGS)
    ],
    ("a {red, blue} fox", RefusalCode.OPTION_NOT_SUPPORTED, {"flag": "{red, blue}"}, None),
    ("a fox --negative-prompt blur", RefusalCode.OPTION_NOT_SUPPORTED, {"flag": "--negative-prompt"}, None),
    ("a fox --negative_prompt=blur", RefusalCode.OPTION_NOT_SUPPORTED, {"flag": "--negative_prompt"}, None),
    ("a fox --no people", RefusalCode.OPTION_NOT_SUPPORTED, {"flag": "--no"}, None),
    ("a fox --quality hd", RefusalCode.OPTION_NOT_SUPPORTED, {"flag": "--quality"}, None),
]


@pytest.mark.parametrize(("text", "prompt", "options"), PARSED, ids=[row[0][:40] for row in PARSED])
def test_a_text_is_parsed(text: str, prompt: str, options: Options) -> None:
    """Flags become options, and the rest of the text becomes the prompt."""
    assert parse(text, verb="imagine") == Generate(verb="imagine", prompt=prompt, options=options)


@pytest.mark.parametrize(
    ("text", "code", "parameters", "nearest"),
    REFUSED,
    ids=[row[0][:40] for row in REFUSED],
)
def test_a_text_is_refused(text: str, code: RefusalCode, parameters: dict[str, str], nearest: str | None) -> None:
    """The error has a code, quotes what was typed and suggests what would work."""
    with pytest.raises(RefusedError) as caught:
        parse(text, verb="imagine")

    assert (caught.value.refusal, caught.value.nearest) == (code, nearest)
    assert parameters.items() <= caught.value.parameters.items()


def test_references_keep_the_order_of_the_prompt() -> None:
    """Typed references come first, then the text's, then the messages'; a repeated one counts once."""
    attachment = Attachment(address="https://cdn.example/a.png", name="a.png")
    text = f"a fox --ref {FIRST.job.upper()}#3 in snow --ref {SECOND.job}#1"

    command = parse(text, verb="edit", stored=(SECOND,), references=(attachment,))

    assert (command.prompt, command.references) == ("a fox in snow", (SECOND, FIRST, attachment))


@pytest.mark.parametrize(
    ("typed", "text", "merged"),
    [
        (Options(count=4), "a fox", Options(count=4)),
        (Options(count=4), "a fox --count 4", Options(count=4)),
        (Options(size="2k"), "a fox --size 2K", Options(size="2k")),
        (Options(watermark=False), "a fox --no-watermark", Options(watermark=False)),
        (Options(size="2K"), "a fox --count 4", Options(size="2K", count=4)),
    ],
)
def test_typed_options_and_flags_are_merged(typed: Options, text: str, merged: Options) -> None:
    """The same value given twice is accepted."""
    assert parse(text, verb="imagine", options=typed).options == merged


@pytest.mark.parametrize(
    ("typed", "text", "flag"),
    [
        (Options(count=3), "a fox --count 4", "--count"),
        (Options(watermark=True), "a fox --no-watermark", "--watermark"),
        (Options(prompt_mode="fast"), "a fox --prompt-mode standard", "--prompt-mode"),
    ],
)
def test_a_conflict_between_option_and_flag_is_refused(typed: Options, text: str, flag: str) -> None:
    """Two different values for one option are refused instead of choosing one."""
    with pytest.raises(RefusedError) as caught:
        parse(text, verb="imagine", options=typed)

    assert (caught.value.refusal, caught.value.parameters["flag"]) == (RefusalCode.OPTION_CONFLICT, flag)


@pytest.mark.parametrize(
    ("text", "picture"),
    [
        ("abcdefghjkmn#3", FIRST),
        ("ABCDEFGHJKMN#3", FIRST),
        ("O123456789AB#1", SECOND),
        ("abcdefghjkmn＃3", FIRST),
        ("abcdefghjkmn#", None),
        ("abcdefghjkmn#03", None),
        ("abcdefghjkmn#-1", None),
        ("abcdefghjkmn#99999", None),
        ("#3", None),
        ("", None),
    ],
)
def test_a_stored_picture_is_read(text: str, picture: StoredPicture | None) -> None:
    """Case and look-alike letters of a job id do not matter; the number counts from 1."""
    assert read_picture(text) == picture


def test_random_texts_raise_only_refusals() -> None:
    """Ten thousand random combinations of flags, dashes, quotes and scripts are parsed or refused."""
    draw = random.Random(7)
    pieces = [
        *(f"--{name}" for name in FLAGS), *(f"--{name}" for name in UNSUPPORTED_FLAGS | PLANNED_FLAGS), "--foo", "—", "–", "-", "--", "=", "＝",
        '"', "“", "”", "„", "「", "」", "'", "{", "}", ",", " ", "  ", "\n", "\t", "\u3000", "\u200f", "\u2028", "\x00",
        "\ud800", "\udfff", "e\u0301", "狐", "🦊", "4", "٤", "16:9", "２K", "abcdefghjkmn#3", "#", "fox", "", "\ufffc",
    ]  # fmt: skip
    outcomes = set()
    for _ in range(10_000):
        text = draw.choice(("", " ")).join(draw.choice(pieces) for _ in range(draw.randrange(16)))
        try:
            command = parse(text, verb="imagine")
        except RefusedError as refusal:
            outcomes.add(refusal.refusal)
        else:
            command.prompt.encode()
            assert command.prompt == command.prompt.strip()

    assert outcomes == {
        RefusalCode.BAD_VALUE,
        RefusalCode.OPTION_CONFLICT,
        RefusalCode.OPTION_NOT_SUPPORTED,
        RefusalCode.UNKNOWN_FLAG,
    }


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a fox --watermark false", Options(watermark=False)),
        ("a fox --watermark=off", Options(watermark=False)),
        ("a fox --no-watermark no", Options(watermark=True)),
        ("a fox --private=yes", Options(private=True)),
        ("a fox --private NO", Options(private=False)),
        ("--search true a fox", Options(search=True)),
        ("a fox --private on --search", Options(private=True, search=True)),
    ],
)
def test_a_yes_or_no_after_a_switch_is_its_value(text: str, options: Options) -> None:
    """A switch followed by `false`, `off` or `no` is turned off."""
    command = parse(text, verb="imagine")

    assert (command.prompt, command.options) == ("a fox", options)


@pytest.mark.parametrize("text", ["0123456789ab#2", "0123456789ab-2", "0123456789AB-2.jpg", "SPOILER_0123456789ab-2.png"])
def test_a_picture_is_found_by_its_file_name(text: str) -> None:
    """The file name that a platform shows under a picture can be used as its reference."""
    assert read_picture(text) == StoredPicture(job=JobId("0123456789ab"), number=2)


def test_a_text_that_is_too_long_is_refused_before_parsing() -> None:
    """A text longer than any gateway accepts is refused as a prompt that is too long."""
    with pytest.raises(RefusedError) as caught:
        parse("„" * (MOST_CHARACTERS + 1), verb="imagine")

    assert caught.value.refusal is RefusalCode.PROMPT_TOO_LONG


def test_every_gateways_longest_prompt_is_parsed() -> None:
    """With room for flags beside it."""
    assert 2 * max(dialect.prompt_characters for dialect in shipped().dialects.values()) <= MOST_CHARACTERS


def test_a_value_that_is_too_long_is_refused_before_it_is_read() -> None:
    """As a flag and as a typed option; what is shown of it is short."""
    value = "5" + "\u0323\u0301" * LONGEST_VALUE
    for text, options in ((f"a fox --model {value}", Options()), ("a fox", Options(model=value))):
        with pytest.raises(RefusedError) as caught:
            parse(text, verb="imagine", options=options)
        assert caught.value.refusal is RefusalCode.BAD_VALUE
        assert caught.value.parameters["flag"] == "--model"
        assert len(str(caught.value.parameters["value"])) <= 60
    assert read_picture("0" * 10_000) is None


def test_values_that_differ_only_at_their_end_contradict_each_other() -> None:
    """They are compared as a whole, and shown shortened."""
    with pytest.raises(RefusedError) as caught:
        parse(f"a fox --model {'5' * 70}a --model {'5' * 70}b", verb="imagine")

    assert caught.value.refusal is RefusalCode.OPTION_CONFLICT


@pytest.mark.parametrize("words", ["a-red-fox-in-snow-", "SPOILER_a-red-fox-", "x-1-", ""])
def test_a_file_named_by_its_prompt_is_a_reference(words: str) -> None:
    """The job and the number end the name, whatever comes before."""
    assert read_picture(f"{words}0123456789ab-2.png") == StoredPicture(job=JobId("0123456789ab"), number=2)
