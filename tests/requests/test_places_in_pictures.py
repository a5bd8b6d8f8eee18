"""Places of references in percent, as the tags that models read."""

from dataclasses import replace

import pytest

from bot.commands.command import Attachment, Generate
from bot.commands.grammar import parse
from bot.config.settings import Defaults
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.requests.building import build_request
from bot.requests.checks import RequestRules, candidates
from bot.requests.request import RequestSpec
from tests.requests.test_one_picture import build, gateway, photos

# The text, the number of references, and the prompt that the gateway gets.
MARKED: list[tuple[str, int, str]] = [
    ("make it red --region 10,10,50,50", 1, "make it red <bbox>100 100 500 500</bbox>"),
    ("make it red --region 1:10,10,50,50", 1, "make it red <bbox>100 100 500 500</bbox>"),
    ("make it red --region 0,0,100,100", 1, "make it red <bbox>0 0 999 999</bbox>"),
    ("a hat --point 33.33,66.66", 1, "a hat <point>333 667</point>"),
    ("a hat --point 50,5 --region 1,2,3,4", 1, "a hat <bbox>10 20 30 40</bbox>, <point>500 50</point>"),
    ("swap --region 2:10,10,50,50 --point 1:5,5", 2, "swap Image 2 <bbox>100 100 500 500</bbox>, Image 1 <point>50 50</point>"),
]


@pytest.mark.parametrize(("text", "references", "prompt"), MARKED)
def test_tags(text: str, references: int, prompt: str) -> None:
    """Whole numbers from 0 to 999 behind the words; several references are told apart by their numbers."""
    assert build("ark_cn", text, photos(references)).prompt == prompt


# The text, the number of references; the refusal, its variant, and what works instead.
REFUSED: list[tuple[str, int, RefusalCode, str | None, str | None]] = [
    ("a hat --region 10,10,50,120", 1, RefusalCode.BAD_VALUE, "outside", "--region 10,10,50,100"),
    ("a hat --region 50,50,10,10", 1, RefusalCode.BAD_VALUE, "outside", "--region 10,10,50,50"),
    ("a hat --region 110,10,150,50", 1, RefusalCode.BAD_VALUE, "outside", None),
    ("a hat --region 10,10,10,50", 1, RefusalCode.BAD_VALUE, "flat", None),
    ("a hat --point=-5,50", 1, RefusalCode.BAD_VALUE, "outside", "--point 0,50"),
    ("a hat --point 50,50", 0, RefusalCode.REFS_REQUIRED, "place", None),
    ("a hat --point 50,50", 2, RefusalCode.BAD_VALUE, "which", "--point 1:50,50"),
    ("a hat --point 3:50,50", 2, RefusalCode.BAD_VALUE, "no-image", None),
    ("a hat " + " ".join(f"--point {one},50" for one in range(21)), 1, RefusalCode.BAD_VALUE, "many", None),
]


@pytest.mark.parametrize(("text", "references", "code", "variant", "nearest"), REFUSED)
def test_refused(text: str, references: int, code: RefusalCode, variant: str | None, nearest: str | None) -> None:
    """A place outside of the picture, or in which picture nobody knows, is never sent."""
    with pytest.raises(RefusedError) as caught:
        build("ark_cn", text, photos(references))

    assert (caught.value.refusal, caught.value.parameters.get(VARIANT), caught.value.nearest) == (code, variant, nearest)


def test_several_wrong_places_are_not_mended_in_one_go() -> None:
    """A suggestion would have to leave the others out."""
    with pytest.raises(RefusedError) as caught:
        build("ark_cn", "a hat --point 120,50 --point 50,50", photos(1))

    assert caught.value.refusal is RefusalCode.BAD_VALUE


def test_models_without_places_refuse_them() -> None:
    with pytest.raises(RefusedError) as caught:
        build("ark_intl", "a hat --point 50,50 --model 4.5", photos(1))

    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.OPTION_NOT_SUPPORTED, "--model 5.0-pro")


def test_the_members_numbers() -> None:
    """A form's third image alone is the gateway's first."""
    third = Attachment(address="https://example.com/3.png", name="3.png", number=3)
    parsed = parse("a hat --point 3:50,50", verb="edit", references=(third,))
    rules = RequestRules(profiles=(gateway("ark_cn"),), defaults=Defaults())

    first, *_ = candidates(parsed, photos(1), rules)
    assert first.request.prompt == "a hat <point>500 500</point>"

    wrong = replace(parsed, options=replace(parsed.options, point="1:50,50"))
    assert isinstance(wrong, Generate)
    with pytest.raises(RefusedError):
        candidates(wrong, photos(1), rules)


def test_the_prompt_alone_is_limited_by_what_members_type() -> None:
    """The tags come on top of it."""
    words = "x" * 5_000
    spec = RequestSpec(prompt=words, options=parse("--point 5,5", verb="edit").options, references=photos(1))

    assert build_request(spec, gateway("ark_cn"), Defaults()).prompt == f"{words} <point>50 50</point>"
