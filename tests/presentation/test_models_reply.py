"""The answer to `/models`."""

from bot.catalog.load import shipped
from bot.money import parse_money
from bot.presentation.models_reply import models_reply
from bot.wording.words import Words
from tests.fakes.dialects import gateway


def test_models_with_tiers_and_prices() -> None:
    """Each model lists the gateways that have it, in the order of the configuration."""
    profiles = [gateway("unode", prices={"4.5": parse_money("0.300 CNY")}), gateway("ark_intl")]

    reply = models_reply(profiles, Words())

    assert reply.text.splitlines() == [
        "Seedream 5.0-lite",
        "– unode: 2K, 3K, 4K; price unknown",
        "– ark_intl: 2K, 3K, 4K; 0.035 USD per image",
        "Seedream 4.5",
        "– unode: 2K, 4K; 0.30 CNY per image",
        "– ark_intl: 2K, 4K; 0.04 USD per image",
        "Seedream 4.0",
        "– ark_intl: 1K, 2K, 4K; 0.03 USD per image",
    ]
    assert "--model" in (reply.note or "")


def test_all_gateways_fit_in_one_message() -> None:
    """All dialects, with the longest allowed names, fit the shortest message limit of a platform."""
    profiles = [gateway(name, name=f"{name}{'x' * 32}"[:32]) for name in shipped().dialects]

    reply = models_reply(profiles, Words())

    assert len(reply.text) + len(reply.note or "") < 2000
