"""What members may read of the operator's affairs: prices, gateways, and whom to ask."""

import re
from dataclasses import replace
from typing import Any, Literal

import pytest

from bot.chat.moment import plain
from bot.errors import VARIANT, BotError, RefusalCode, RefusedError, UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, ModelName, UserId
from bot.jobs.events import JobFacts, Postponed, Receipt, Undelivered
from bot.money import parse_money
from bot.presentation import render
from bot.presentation.menu import menu
from bot.presentation.models_reply import models_reply
from bot.presentation.offers import catalog_offers
from bot.wording.words import Disclosure, Words
from tests.fakes.dialects import gateway
from tests.fakes.platform import CAPABILITIES
from tests.presentation.test_wording import PARAMETERS

HIDDEN = Words(disclosure=Disclosure(gateways=False))
NAME = "zanzibar"
FACTS = JobFacts(job=JobId("0123456789ab"), user=UserId("fake:1"), prompt="a fox", count=1, references=0, private=False)
RECEIPT = Receipt(
    model=ModelName("4.5"),
    gateway=GatewayName(NAME),
    seconds=12.0,
    delivered=1,
    withheld=(),
    cost=parse_money("0.04 USD"),
    estimated=False,
    left_today=7,
)


def errors() -> list[BotError]:
    given: dict[str, Any] = {**PARAMETERS, "gateway": NAME}
    return [
        *(RefusedError(code, nearest=f"--gateway {NAME}", **{**given, "allowed": NAME}) for code in (RefusalCode.NO_GATEWAY,)),
        *(RefusedError(code, nearest="--gateway", **given) for code in RefusalCode),
        RefusedError(RefusalCode.REF_FORM_NOT_ACCEPTED, **{**given, "missing": "PUBLIC_URL"}),
        *(UpstreamError(kind, certain=True, gateway=NAME, model="4.5") for kind in UpstreamKind),
        *(UpstreamError(kind, certain=True, gateway=NAME, model="4.5", status=502) for kind in UpstreamKind),
    ]


@pytest.mark.parametrize("error", errors(), ids=lambda error: f"{type(error).__name__}-{error.code}")
def test_no_error_names_a_gateway(error: BotError) -> None:
    """It is a whole sentence without the name, and does not advise to choose another gateway."""
    text = HIDDEN.error(error)

    assert NAME not in text
    assert "--gateway" not in text
    assert text[0].isupper() or not text[0].isalpha()
    assert not re.search(r"[.!?] [a-z]", text)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            RefusedError(RefusalCode.TIER_NOT_ON_MODEL, nearest="--size 2K", model="4.5", gateway=NAME, value="1K", allowed="2K"),
            "Seedream 4.5 on this bot has no size 1K; it has 2K. Try --size 2K.",
        ),
        (
            RefusedError(RefusalCode.MODEL_NOT_ON_DIALECT, gateway=NAME, value="9", allowed="4.5"),
            "This bot does not offer the model “9”. It offers 4.5.",
        ),
        (
            UpstreamError(UpstreamKind.RATE, certain=True, gateway=NAME, model="4.5"),
            "The image service is too busy. Try again in a minute; it cost you nothing.",
        ),
        (
            RefusedError(RefusalCode.REFS_NOT_SUPPORTED, gateway=NAME, model="4.5"),
            "Seedream 4.5 on this bot does not take reference images. Describe the image in words.",
        ),
    ],
)
def test_what_stands_in_place_of_the_name(error: BotError, text: str) -> None:
    """The bot itself where it refuses, a service where that fails."""
    assert HIDDEN.error(error) == text


def test_progress_and_models_name_no_gateway() -> None:
    """What several gateways offer is one line a model, with every size and price."""
    profiles = [gateway("ark_intl", name=NAME), gateway("unode", prices={"4.5": parse_money("0.3 CNY")})]
    event = Postponed(facts=FACTS, model=ModelName("4.5"), gateway=GatewayName(NAME), kind=UpstreamKind.UNREACHABLE, seconds=30.0)

    models = models_reply(profiles, HIDDEN, now=0)

    assert plain(render.progress(event, CAPABILITIES, HIDDEN).text) == (
        "The image service is unreachable. Trying again in 30 seconds; nothing has been charged."
    )
    assert models.text.splitlines()[-4:-2] == ["Seedream 4.5: 2K, 4K", "– 0.30 CNY or 0.04 USD per image"]
    assert NAME not in models.text
    assert "gateway" not in f"{models.text} {models.note}"


def test_the_menu_has_no_option_for_gateways() -> None:
    """A member who must not know them cannot choose one."""

    def options(words: Words) -> set[str]:
        return {entry.option.name for command in menu(words, catalog_offers()).commands for entry in command.options}

    assert options(Words()) - options(HIDDEN) == {"gateway"}


@pytest.mark.parametrize(
    ("costs", "private", "told"),
    [
        ("public", False, True),
        ("public", True, True),
        ("private", False, False),
        ("private", True, True),
        ("off", False, False),
        ("off", True, False),
    ],
)
@pytest.mark.parametrize("delivered", [True, False])
def test_who_reads_what_a_set_cost(
    costs: Literal["public", "private", "off"], *, delivered: bool, private: bool, told: bool
) -> None:
    """Price and remaining quota stand in a receipt for all, only for the member alone, or in none."""
    words, capabilities = Words(disclosure=Disclosure(costs=costs)), replace(CAPABILITIES, private=private)

    if delivered:
        part = render.SetPart(total=1, receipt=RECEIPT)
        reply = render.result(FACTS, [], words, part=part, mention=False, capabilities=capabilities)
    else:
        reply = render.progress(Undelivered(facts=FACTS, receipt=RECEIPT), capabilities, words)

    assert ("Cost: 0.04 USD. 7 images left today." in (reply.note or "")) is told
    assert ("USD" in str(reply)) is told


@pytest.mark.parametrize(("costs", "price"), [("public", True), ("private", True), ("off", False)])
def test_who_reads_what_a_model_costs(costs: Literal["public", "private", "off"], *, price: bool) -> None:
    """The answer to `/models` is private."""
    text = models_reply([gateway("ark_intl")], Words(disclosure=Disclosure(costs=costs)), now=0).text

    assert ("USD" in text) is price


@pytest.mark.parametrize("contact", [None, "#image-bot"])
@pytest.mark.parametrize("variant", ["member", "stranger", None])
def test_who_is_not_admitted_reads_whom_to_ask(variant: str | None, contact: str | None) -> None:
    """The operator's word for it, or a general one."""
    words = Words(disclosure=Disclosure(contact=contact))
    given: dict[str, Any] = {} if variant is None else {VARIANT: variant}

    text = words.error(RefusedError(RefusalCode.NO_ACCESS, **given))

    assert text.endswith(f"ask {contact or 'the people who run it'}.")
    assert "image" not in text.replace("#image-bot", "")
