"""The help and the menus name only what works."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.catalog.load import shipped
from bot.catalog.profiles import profile
from bot.commands.command import Topic
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.presentation.help import help_text, with_slip
from bot.presentation.menu import menu
from bot.presentation.offers import catalog_offers, offers_of
from bot.presentation.remarks import remark
from bot.requests.request import RequestSpec
from bot.requests.routing import rank
from bot.wording.words import Words
from tests.fakes.platform import CAPABILITIES

WORDS = Words()


@pytest.mark.parametrize("now", [0, datetime(2027, 1, 1, tzinfo=UTC).timestamp()])
@pytest.mark.parametrize("dialect", shipped().dialects)
def test_the_helps_examples_work(dialect: str, now: float) -> None:
    """On every gateway: what the help and the menu name is made by the default model, a size by another one if it must.

    Before and after Volcengine withdrew models.
    """
    at = profile(GatewaySettings(name=dialect, dialect=dialect, api_key=Secret("k"), base_url="https://gateway.test"))
    offers = offers_of((at,), now=now)
    text = help_text(CAPABILITIES, offers, WORDS).text
    command = next(line for line in text.splitlines() if line.startswith("/imagine ")).removeprefix("/imagine ")
    sizes = (
        next(line for line in text.splitlines() if "--size" in line).rpartition("--size ")[2].replace(" or ", ", ").split(", ")
    )
    formats = text.rpartition("--format ")[2].partition(" ·")[0].split(", ") if "--format" in text else []
    typed = [
        command,
        *(f"a fox --size {size}" for size in sizes),
        *(f"a fox --format {name}" for name in formats),
        *(f"a fox --model {model}" for model in offers.models),
        *(f"a fox --ratio {ratio}" for ratio in ("16:9", "3:2", "portrait", "landscape", "2:3")),
        f"a fox --count {offers.default_most_images}",
    ]
    assert len(text) < 900
    for words in typed:
        found = parse(words, verb="imagine")
        (best, *_) = rank(RequestSpec(prompt=found.prompt, options=found.options, now=now), (at,), Defaults())
        default = offers.models[0]
        assert best.request.model == (found.options.model or default) or (found.options.size and best.instead_of == default)
    (imagine, *_) = menu(WORDS, offers).commands
    (size,) = (option.description for option in imagine.options if option.option.name == "size")
    assert size == f"{', '.join(offers.tiers)}, or exact pixels like 2560x1440"


@pytest.mark.parametrize(
    ("slip", "nearest", "beginning"),
    [
        ("qouta", "quota", "There is no command “qouta”. Did you mean “quota”?\n\n"),
        ("foo", None, "There is no command “foo”.\n\n"),
    ],
)
def test_the_slip_stands_above_the_help(slip: str, nearest: str | None, beginning: str) -> None:
    """An unknown command is named, and the short help follows."""
    text = help_text(CAPABILITIES, catalog_offers(), WORDS)
    assert with_slip(text, slip, nearest, WORDS).text == beginning + text.text


@pytest.mark.parametrize("topic", Topic)
def test_small_talk_is_answered_shortly(topic: Topic) -> None:
    """In two lines at most, with the platform's own commands."""
    slack = replace(CAPABILITIES, help_command="/seedream help", reply_names_bot=True)
    for capabilities, named in ((CAPABILITIES, "/help"), (slack, "/seedream help")):
        text = remark(topic, capabilities, WORDS).text
        assert (text.count("\n") <= 1, len(text) < 200) == (True, True)
        assert (named in text) == (topic in {Topic.GREETING, Topic.ABOUT, Topic.USAGE})
