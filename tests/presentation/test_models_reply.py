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

    assert reply.text.splitlines()[:8] == [
        "Seedream 5.0-lite: related sets",
        "– unode: 2K, 3K, 4K; price unknown",
        "– ark_intl: 2K, 3K, 4K; 0.035 USD",
        "Seedream 4.5: related sets",
        "– unode: 2K, 4K; 0.30 CNY",
        "– ark_intl: 2K, 4K; 0.04 USD",
        "Seedream 4.0: related sets",
        "– ark_intl: 1K, 2K, 4K; 0.03 USD",
    ]
    assert reply.text.splitlines()[8:] == [
        "Seedream 5.5: independent images, transparency",
        "– ark_intl: 1K, 1.5K, 2K; 0.02 or 0.035 USD",
        "Seedream 5.0-pro: independent images, keeps transparency, layers",
        "– ark_intl: 1K, 1.5K, 2K; 0.045 or 0.09 USD",
        "Seedream 5.0-flash: independent images, keeps transparency, layers",
        "– ark_intl: 1K, 1.5K, 2K; 0.018 USD",
    ]
    assert reply.note == (
        "Prices are per image, by its size. "
        "Choose with --model and --gateway. For other shapes use --ratio 16:9 or --size 2560x1440."
    )


def test_all_gateways_fit_in_one_message() -> None:
    """All dialects, with the longest allowed names, fit the shortest message limit of a platform."""
    profiles = [gateway(name, name=f"{name}{'x' * 32}"[:32]) for name in shipped().dialects]

    reply = models_reply(profiles, Words())

    assert len(reply.text) + len(reply.note or "") < 2000
