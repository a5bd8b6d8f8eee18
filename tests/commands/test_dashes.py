"""Which dashes make a flag, and which are running text: what is in doubt stays in the prompt, and privacy is asked about."""

import pytest

from bot.commands.command import Generate, Options
from bot.commands.grammar import parse
from bot.errors import VARIANT, RefusalCode, RefusedError

# Text, prompt, options. `None` for options: the member is asked.
DASHES: list[tuple[str, str, Options | None]] = [
    # A single hyphen before a switch is running text.
    ("a poster:\n-search lights\n-spotlight", "a poster:\n-search lights\n-spotlight", Options()),
    ("the -search for gold", "the -search for gold", Options()),
    ("a photo -watermark", "a photo -watermark", Options()),
    ("a photo -no-watermark", "a photo -no-watermark", Options()),
    ("-search lights over a city", "-search lights over a city", Options()),
    ("a ‐search party", "a ‐search party", Options()),
    ("a −search party", "a −search party", Options()),
    ("a photo -watermark=no", "a photo", Options(watermark=False)),
    ("a photo -search=yes", "a photo", Options(search=True)),
    ("a photo -search on the moon", "a photo -search on the moon", Options()),
    # The same before what hides a picture is asked about.
    ("a poster:\n-private beach\n-search lights", "", None),
    ("a -private beach", "", None),
    ("a beach -private", "", None),
    ("-private beach", "", None),
    ("a beach −private", "", None),
    ("a beach -spoiler alert", "", None),
    ("a beach (-private)", "", None),
    ("a beach -private=yes", "a beach", Options(private=True)),
    # A single hyphen before a flag with a value that reads as one.
    ("a fox -count 4", "a fox", Options(count=4)),
    ("a fox -n 4 in snow", "a fox in snow", Options(count=4)),
    ("-ar 16:9 a fox", "a fox", Options(ratio="16:9")),
    ("a fox -ratio portrait", "a fox", Options(ratio="portrait")),
    ("a fox -size 2K", "a fox", Options(size="2K")),
    ("a fox -size 2048x2048", "a fox", Options(size="2048x2048")),
    ("a fox -model 4.5", "a fox", Options(model="4.5")),
    ("a fox -format png", "a fox", Options(format="png")),
    ("a fox\n-count 4\n-ar 16:9", "a fox", Options(count=4, ratio="16:9")),
    ("a fox\n-count 4 -ar 16:9\nin snow", "a fox in snow", Options(count=4, ratio="16:9")),
    ("a fox -gateway=ark", "a fox", Options(gateway="ark")),
    # A single hyphen before anything else.
    ("a fox -count me in", "a fox -count me in", Options()),
    ("a -size 12 shoe", "a -size 12 shoe", Options()),
    ("a -model train", "a -model train", Options()),
    ("a -format war", "a -format war", Options()),
    ("a -gateway drug", "a -gateway drug", Options()),
    ("a -seed bank", "a -seed bank", Options()),
    ("the golden -ratio", "the golden -ratio", Options()),
    ("a list:\n-count 4 sheep\n-feed them", "a list:\n-count 4 sheep\n-feed them", Options()),
    ("a list:\n-seed 3 rows\n-ref 4", "a list:\n-seed 3 rows\n-ref 4", Options()),
    ("a pre-count 4", "a pre-count 4", Options()),
    # A long dash is what a phone makes of two hyphens.
    ("a fox —private", "a fox", Options(private=True)),
    ("a fox —private.", "a fox", Options(private=True)),
    ("a fox —search in snow", "a fox in snow", Options(search=True)),
    ("a fox –count 4 in snow", "a fox in snow", Options(count=4)),
    ("—spoiler a fox", "a fox", Options(spoiler=True)),
    ("a fox\n—count 4 in snow", "a fox in snow", Options(count=4)),
    ("a fox (—ar 3:2)", "a fox", Options(ratio="3:2")),
    # But not where it opens a list item or an insertion.
    ("a poster:\n–search lights\n–spotlight", "a poster:\n–search lights\n–spotlight", Options()),
    ("the team —search and rescue— at work", "the team —search and rescue— at work", Options()),
    ("a poster:\n–private beach", "", None),
    ("a garden —private and quiet— at dusk", "", None),
    # Two dashes always.
    ("a poster:\n--private beach", "a poster: beach", Options(private=True)),
    ("a fox −−private", "a fox", Options(private=True)),
    ("a fox --private on a hill", "a fox on a hill", Options(private=True)),
    ("a fox --search yes sir", "a fox yes sir", Options(search=True)),
    # Nearly a flag that hides.
    ("a fox--private", "", None),
    ("a fox -- private", "", None),
    ("a fox — private", "", None),
    ("a fox — private.", "", None),
    ("a private garden -- open", "a private garden -- open", Options()),
    ("a garden — private and quiet", "a garden — private and quiet", Options()),
    ("a fox--privateer", "a fox--privateer", Options()),
    # Quotations protect.
    ('a sign "-private beach"', 'a sign "-private beach"', Options()),
    ('a sign "garden--private"', 'a sign "garden--private"', Options()),
]


@pytest.mark.parametrize(("text", "prompt", "options"), DASHES, ids=[row[0] for row in DASHES])
def test_a_dash_before_a_flag(text: str, prompt: str, options: Options | None) -> None:
    """Running text is not eaten, and a picture is never shown to others because of a doubtful dash."""
    if options is not None:
        assert parse(text, verb="imagine") == Generate(verb="imagine", prompt=prompt, options=options)
        return
    with pytest.raises(RefusedError) as caught:
        parse(text, verb="imagine")
    assert (caught.value.refusal, caught.value.parameters[VARIANT]) == (RefusalCode.UNKNOWN_FLAG, "unclear")
    assert caught.value.nearest in {"--private", "--spoiler"}


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("a beach --private no people", "--private=no"),
        ("a beach --search off the coast", "--search=off"),
        ("--watermark no text", "--watermark=no"),
    ],
)
def test_a_no_between_a_switch_and_other_words_is_asked_about(text: str, nearest: str) -> None:
    """It could switch the option off or belong to the prompt."""
    with pytest.raises(RefusedError) as caught:
        parse(text, verb="imagine")

    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.BAD_VALUE, nearest)
