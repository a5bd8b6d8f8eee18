"""The help and the menus name only what works."""

import pytest

from bot.catalog.load import shipped
from bot.catalog.profiles import profile
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.presentation import render
from bot.presentation.menu import menu
from bot.presentation.offers import offers_of
from bot.requests.request import RequestSpec, build_request
from bot.wording.words import Words
from tests.fakes.platform import CAPABILITIES

WORDS = Words()


@pytest.mark.parametrize("dialect", shipped().dialects)
def test_the_helps_examples_work(dialect: str) -> None:
    """On every gateway: each value that the help and the menu name can be built with the default model."""
    at = profile(GatewaySettings(name=dialect, dialect=dialect, api_key=Secret("k"), base_url="https://gateway.test"))
    offers = offers_of((at,), now=0)
    text = render.help_text(CAPABILITIES, offers, WORDS).text
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
        assert (
            build_request(RequestSpec(prompt=found.prompt, options=found.options), at, Defaults()).model == offers.models[0]
            or found.options.model
        )
    (imagine, *_) = menu(WORDS, offers).commands
    (size,) = (option.description for option in imagine.options if option.option.name == "size")
    assert size == f"{', '.join(offers.default_tiers)}, or exact pixels like 2560x1440"
