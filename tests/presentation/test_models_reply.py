"""The answer to `/models`."""

from bot.catalog.health import UNUSABLE_S, unusable
from bot.catalog.load import shipped
from bot.catalog.profiles import with_unusable
from bot.ids import GatewayName, ModelName
from bot.money import parse_money
from bot.presentation.models_reply import models_reply
from bot.wording.words import Disclosure, Words
from tests.fakes.dialects import gateway

BEFORE, SOON, AFTER = 1_790_000_000.0, 1_795_000_000.0, 1_796_000_000.0
"""Instants in September 2026, in the two weeks before 24 November, and after it."""


def test_models_with_sizes_and_prices() -> None:
    """What each can do, then the terms of each gateway: prices by step and reference; equal terms share a line."""
    profiles = [gateway("unode", prices={"4.5": parse_money("0.300 CNY")}), gateway("ark_intl"), gateway("opeai")]

    reply = models_reply(profiles, Words(), now=AFTER)

    assert reply.text.splitlines() == [
        "One image a call; --count makes independent images:",
        "Seedream 5.5: 1K, 1.5K, 2K, transparent backgrounds",
        "– ark_intl: 0.02 up to 1.5K, else 0.035 USD per image, 0.008 USD per reference",
        "Seedream 5.0-pro: 1K, 1.5K, 2K, keeps a transparent background, --layers, --region and --point",
        "– ark_intl: 0.045 up to 1.5K, else 0.09 USD per image, 0.003 USD per reference after the first",
        "Seedream 5.0-flash: 1K, 1.5K, 2K, keeps a transparent background, --layers, --region and --point",
        "– ark_intl: 0.018 USD per image",
        "With --count, a set that belongs together:",
        "Seedream 5.0-lite: 2K, 3K, 4K",
        "– unode, opeai: price unknown",
        "– ark_intl: 0.035 USD per image",
        "Seedream 4.5: 2K, 4K",
        "– unode: 0.30 CNY per image",
        "– ark_intl: 0.04 USD per image",
        "– opeai: price unknown",
        "Seedream 4.0: 1K, 2K, 4K",
        "– ark_intl: 0.03 USD per image",
        "– opeai: price unknown",
    ]
    assert "--model" in (reply.note or "")


def test_a_withdrawn_model_says_so() -> None:
    """From two weeks before; where another gateway still has it and none is named, there is nothing to say."""

    def line_of(now: float, words: Words, *names: str) -> str:
        lines = models_reply([gateway(name) for name in names], words, now=now).text.splitlines()
        return lines[lines.index("Seedream 4.5: 2K, 4K") + 1]

    hidden = Words(disclosure=Disclosure(gateways=False))
    assert line_of(BEFORE, Words(), "ark_cn") == "– ark_cn: 0.25 CNY per image"
    assert line_of(SOON, Words(), "ark_cn") == "– ark_cn: 0.25 CNY per image; ends on 2026-11-24 (try 5.5)"
    assert line_of(AFTER, Words(), "ark_cn") == "– ark_cn: 0.25 CNY per image; reported to have ended on 2026-11-24 (try 5.5)"
    assert line_of(AFTER, hidden, "ark_cn", "ark_intl") == "– 0.25 CNY or 0.04 USD per image"


def test_a_model_that_a_gateway_does_not_have_says_so() -> None:
    """Until its hour is over; where another gateway has it and none is named, there is nothing to say."""
    mark = unusable(GatewayName("ark_cn"), ModelName("4.5"), answer="404", now=BEFORE)

    def line_of(now: float, words: Words, *names: str) -> str:
        profiles = with_unusable([gateway(name) for name in names], [mark])
        lines = models_reply(profiles, words, now=now).text.splitlines()
        return lines[lines.index("Seedream 4.5: 2K, 4K") + 1]

    hidden = Words(disclosure=Disclosure(gateways=False))
    assert line_of(BEFORE, Words(), "ark_cn") == "– ark_cn: 0.25 CNY per image; not available at the moment"
    assert line_of(BEFORE + UNUSABLE_S, Words(), "ark_cn") == "– ark_cn: 0.25 CNY per image"
    assert line_of(BEFORE, hidden, "ark_cn", "ark_intl") == "– 0.25 CNY or 0.04 USD per image"


def test_all_gateways_fit_in_one_message() -> None:
    """All dialects, with the longest allowed names, fit the shortest message limit of a platform: together, if need be."""
    profiles = [gateway(name, name=f"{name}{'x' * 32}"[:32]) for name in shipped().dialects]

    reply = models_reply(profiles, Words(), now=AFTER)

    assert len(reply.text) + len(reply.note or "") < 2000
    assert reply.text.count("Seedream") == 6
