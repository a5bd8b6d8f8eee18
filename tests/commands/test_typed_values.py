"""Values with punctuation, markup and invisible characters around them; what stands in braces."""

import pytest

from bot.commands.command import Generate, Options, StoredPicture
from bot.commands.grammar import parse
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId

PICTURE = StoredPicture(job=JobId("abcdefghjkmn"), number=3)

GLUED: list[tuple[str, str, Options]] = [
    ("a fox --ar 16:9.", "a fox", Options(ratio="16:9")),
    ("a fox --ar 16:9)", "a fox", Options(ratio="16:9")),
    ("a fox --ar 16:9**", "a fox", Options(ratio="16:9")),
    ("a fox --count 4,", "a fox", Options(count=4)),
    ("a fox --count 4, in snow", "a fox, in snow", Options(count=4)),
    ("a fox --count 4; in snow", "a fox; in snow", Options(count=4)),
    ("A fox. --ar 16:9. In snow.", "A fox. In snow.", Options(ratio="16:9")),
    ("(a fox --ar 16:9)", "(a fox)", Options(ratio="16:9")),
    ("a fox (--ar 16:9)", "a fox", Options(ratio="16:9")),
    ("a fox (--ar 16:9 --count 4) in snow", "a fox in snow", Options(ratio="16:9", count=4)),
    ("a fox [--ar 16:9, --count 4]", "a fox", Options(ratio="16:9", count=4)),
    ("**a fox --ar 16:9**", "**a fox**", Options(ratio="16:9")),
    ("a fox **--ar 16:9**", "a fox", Options(ratio="16:9")),
    ("a fox --ar **16:9**", "a fox", Options(ratio="16:9")),
    ("a fox --ar (16:9)", "a fox", Options(ratio="16:9")),
    ("`a fox --ar 16:9`", "`a fox`", Options(ratio="16:9")),
    ("a fox --ar `16:9`", "a fox", Options(ratio="16:9")),
    ("```\na fox --ar 16:9\n```", "```\na fox ```", Options(ratio="16:9")),
    ("||a fox --spoiler||", "||a fox||", Options(spoiler=True)),
    ("a fox --ar: 16:9", "a fox", Options(ratio="16:9")),
    ("a fox --count:4", "a fox", Options(count=4)),
    ("a fox --ar 16 : 9", "a fox", Options(ratio="16:9")),
    ("a fox --size 2048 x 1152 in snow", "a fox in snow", Options(size="2048x1152")),
    ("a fox --size 2048*1152", "a fox", Options(size="2048*1152")),
    ("a fox --size 2K!", "a fox", Options(size="2K")),
    ("a fox --model 5.0-lite.", "a fox", Options(model="5.0-lite")),
    ("a fox --guidance 2.5.", "a fox", Options(guidance=2.5)),
    ("a fox --private, please", "a fox, please", Options(private=True)),
    ("a fox --private.", "a fox", Options(private=True)),
    ("--private: a fox", "a fox", Options(private=True)),
    ("a fox --ar 16:9— in snow", "a fox — in snow", Options(ratio="16:9")),
    ("一只狐狸 --ar 16:9，下雪", "一只狐狸， 下雪", Options(ratio="16:9")),
    ("一只狐狸--count 4张", "一只狐狸 张", Options(count=4)),
    ("一只狐狸--private。", "一只狐狸", Options(private=True)),
    ("a fox --gateway ark_cn, in snow", "a fox, in snow", Options(gateway="ark_cn")),
    ('a fox --model "5.0 lite".', "a fox", Options(model="5.0 lite")),
    # Invisible characters.
    ("--\u200bar 16:9 a fox", "a fox", Options(ratio="16:9")),
    ("a fox \u2066--ar 16:9\u2069", "a fox", Options(ratio="16:9")),
    ("a fox --ar \u200e16:9\u200f in snow", "a fox in snow", Options(ratio="16:9")),
    ("a fox --ar\u00ad 16:9", "a fox", Options(ratio="16:9")),
    ("a fox -\u2060-count 4\ufeff", "a fox", Options(count=4)),
    ("a fox —\ufe0fcount 4\ufe0f", "a fox", Options(count=4)),
    ("a fox --priv\u200bate", "a fox", Options(private=True)),
    ("👩\u200d🚀 می\u200cخواهم ❤\ufe0f --count 2 👩\u200d🚀", "👩\u200d🚀 می\u200cخواهم ❤\ufe0f 👩\u200d🚀", Options(count=2)),
    # Braces.
    ('{"subject": "a red fox", "style": "photo"}',) * 2 + (Options(),),
    ('```json\n{"subject": "a red fox", "n": 4}\n```',) * 2 + (Options(),),
    ("a palette of {#ff0000, #00ff00}",) * 2 + (Options(),),
    ("a palette of {rgb(1, 2, 3), red}",) * 2 + (Options(),),
    ("{subject: red fox, style: photo}",) * 2 + (Options(),),
    ("{subject: red fox, style: {light: soft, dark}}",) * 2 + (Options(),),
    ("{--primary: #f00, --accent: #0f0} as a poster",) * 2 + (Options(),),
    ("```\nint a[] = {one, two};\n```",) * 2 + (Options(),),
    ("a set `{a, b}` on a blackboard",) * 2 + (Options(),),
    ("{1, 2, 3} on a blackboard",) * 2 + (Options(),),
    ("{one} {two} and {}",) * 2 + (Options(),),
    ("{a, } { , }",) * 2 + (Options(),),
    ("{red, blue",) * 2 + (Options(),),
    ('a sign "{red, blue}"',) * 2 + (Options(),),
    ("{'subject': 'a fox', 'style': 'photo'} --count 2", "{'subject': 'a fox', 'style': 'photo'}", Options(count=2)),
    ("{subject: fox, size: --ar 16:9}", "{subject: fox, size:}", Options(ratio="16:9")),
]


@pytest.mark.parametrize(("text", "prompt", "options"), GLUED, ids=[row[0] for row in GLUED])
def test_a_value_is_read(text: str, prompt: str, options: Options) -> None:
    """Punctuation, markup and invisible characters around a value do not belong to it."""
    assert parse(text, verb="imagine") == Generate(verb="imagine", prompt=prompt, options=options)


@pytest.mark.parametrize(
    "ref", ["abcdefghjkmn#3", "abcdefghjkmn#3.", "(abcdefghjkmn-3.png)", "abcdefghjkmn-3.jpg,", "\u2066abcdefghjkmn#3"]
)
def test_a_reference_is_read(ref: str) -> None:
    """A picture's name too may be glued to punctuation."""
    command = parse(f"make it night --ref {ref}", verb="edit")

    assert (command.prompt, command.references) == ("make it night", (PICTURE,))


@pytest.mark.parametrize(
    "group",
    [
        "{red, blue}",
        "{a red fox, a blue one}",
        "{Oslo,Bergen,Tromsø}",
        "{狐狸，猫}",
        "{हिन्दी, देवनागरी}",
        "{a fox's den, rock-n-roll}",
        "{red, {light, dark} blue}",
        "{2 foxes, 3 cats}",
    ],
)
def test_plain_words_in_braces_are_a_group(group: str) -> None:
    """Groups of jobs are not built yet; the refusal says how to keep the words."""
    with pytest.raises(RefusedError) as caught:
        parse(f"a {group} in snow", verb="imagine")

    assert (caught.value.refusal, caught.value.parameters[VARIANT]) == (RefusalCode.OPTION_NOT_SUPPORTED, "group")
    assert caught.value.parameters["flag"] == group


def test_invisible_characters_in_a_typed_option_are_ignored() -> None:
    """As in a flag's value."""
    typed = Options(ratio="16:9\u200b", size="\u20662K\u2069", count=2)

    assert parse("a fox", verb="imagine", options=typed).options == Options(ratio="16:9", size="2K", count=2)


def test_a_value_is_shown_as_it_was_read() -> None:
    """Nothing invisible is left in it, so that what looks right is right."""
    with pytest.raises(RefusedError) as caught:
        parse("a fox --count \u200bfo\u200bur\u2069", verb="imagine")

    assert (caught.value.parameters["value"], caught.value.nearest) == ("four", "--count 4")
