"""Which gateway is asked first."""

from decimal import Decimal

import pytest

from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.command import Options
from bot.config.settings import Defaults, GatewaySettings, Price, Secret
from bot.errors import RefusalCode, RefusedError
from bot.requests.quote import Quote
from bot.requests.references import Reference
from bot.requests.request import Ask
from bot.requests.routing import rank

DEFAULTS = Defaults()


def gateway(
    name: str, *, price: str | None = None, currency: str = "USD", priority: int = 0, dialect: str = "ark_cn"
) -> GatewayProfile:
    prices = {} if price is None else {"5.0-lite": Price(amount=Decimal(price), currency=currency)}
    return profile(GatewaySettings(name=name, dialect=dialect, api_key=Secret("k"), prices=prices, priority=priority))


def ask(prompt: str = "a fox", **options: str | int) -> Ask:
    return Ask(prompt=prompt, options=Options(**options))  # type: ignore[arg-type]  # a row of a table


@pytest.mark.parametrize(
    ("gateways", "order"),
    [
        ([gateway("a"), gateway("b")], ["a", "b"]),
        ([gateway("a", price="0.2"), gateway("b", price="0.1")], ["b", "a"]),
        ([gateway("a"), gateway("b", price="0.1")], ["b", "a"]),
        ([gateway("a", price="0.1"), gateway("b", price="0.2", priority=1)], ["b", "a"]),
        ([gateway("a", price="0.1", priority=-1), gateway("b")], ["b", "a"]),
        ([gateway("a", price="2", currency="CNY"), gateway("b", price="0.3"), gateway("c")], ["a", "b", "c"]),
        ([gateway("a", dialect="ark_intl"), gateway("b", price="0.01")], ["b", "a"]),
    ],
)
def test_the_ranking(gateways: list[GatewayProfile], order: list[str]) -> None:
    """By priority, then price, then order; unknown prices last; currencies are not compared."""
    assert [candidate.gateway for candidate in rank(ask(), gateways, DEFAULTS)] == order


def test_a_price_counts_every_picture() -> None:
    """Four pictures at 0.035 are 0.14 at most."""
    (candidate,) = rank(ask(count=4), [gateway("a", dialect="ark_intl")], DEFAULTS)

    assert candidate.price == Quote(unit=Decimal("0.035"), currency="USD", images=4)
    assert candidate.price is not None
    assert candidate.price.amount == Decimal("0.140")


def test_a_named_gateway_is_taken() -> None:
    """A member's word goes before every ranking, whatever its case."""
    candidates = rank(ask(gateway="B"), [gateway("a", priority=9), gateway("b")], DEFAULTS)

    assert [candidate.gateway for candidate in candidates] == ["b"]


@pytest.mark.parametrize(
    ("wanted", "gateways", "nearest", "allowed"),
    [
        ("arc", [gateway("other"), gateway("Ark")], "--gateway Ark", "other, Ark"),
        ("arc", [], None, ""),
    ],
)
def test_a_gateway_that_is_not_there(wanted: str, gateways: list[GatewayProfile], nearest: str | None, allowed: str) -> None:
    """The refusal names those that are."""
    with pytest.raises(RefusedError) as caught:
        rank(ask(gateway=wanted), gateways, DEFAULTS)

    assert (caught.value.refusal, caught.value.nearest, caught.value.parameters) == (
        RefusalCode.NO_GATEWAY,
        nearest,
        {"value": wanted, "allowed": allowed},
    )


def test_without_any_gateway_there_is_none() -> None:
    """Nothing configured is a refusal too, not a crash."""
    with pytest.raises(RefusedError) as caught:
        rank(ask(), [], DEFAULTS)

    assert caught.value.refusal == RefusalCode.NO_GATEWAY


def test_a_gateway_that_cannot_is_passed_over() -> None:
    """The first that can is asked."""
    only_4 = GatewaySettings(name="a", dialect="ark_intl", api_key=Secret("k"), mode="async", priority=5)

    candidates = rank(ask(), [profile(only_4), gateway("b")], DEFAULTS)

    assert [candidate.gateway for candidate in candidates] == ["b"]


def test_where_nobody_can_the_most_useful_no_is_said() -> None:
    """The first-ranked gateway's refusal, but rather one that knows what would work."""
    hopeless = profile(GatewaySettings(name="a", dialect="ark_intl", api_key=Secret("k"), mode="async", priority=5))

    refusals = []
    for asked, gateways in (
        (ask(size="1K"), [hopeless, gateway("b"), gateway("c")]),
        (ask(seed=1), [gateway("b"), gateway("c", priority=1)]),
    ):
        with pytest.raises(RefusedError) as caught:
            rank(asked, gateways, DEFAULTS)
        refusals.append((caught.value.refusal, caught.value.nearest, caught.value.parameters["gateway"]))

    assert refusals == [
        (RefusalCode.TIER_NOT_ON_MODEL, "--size 2K", "b"),
        (RefusalCode.SEED_NOT_SUPPORTED, None, "c"),
    ]


def every(*dialects: str, public_url: str | None = None) -> list[GatewayProfile]:
    """Gateways named after their dialects, in this order."""
    address = "https://gateway.example"
    return [
        profile(GatewaySettings(name=name, dialect=name, api_key=Secret("k"), base_url=address), public_url=public_url)
        for name in dialects
    ]


ALL = ("ark_cn", "ark_intl", "acedata", "sinancode", "uniall", "unode", "opeai")


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        (ask(), ["ark_intl", "acedata", "ark_cn", "sinancode", "uniall", "unode", "opeai"]),
        (ask(model="4.5"), ["acedata", "ark_intl", "ark_cn", "sinancode", "uniall", "unode", "opeai"]),
        (ask(model="4.0"), ["ark_intl", "acedata", "ark_cn", "sinancode", "uniall", "opeai"]),
        (ask(count=7), ["ark_intl", "acedata", "ark_cn", "sinancode", "unode", "opeai"]),
        (ask(format="png"), ["ark_intl", "acedata", "ark_cn", "unode"]),
        (ask(model="4.0", prompt_mode="fast"), ["ark_intl", "acedata", "ark_cn"]),
        (ask(size="4K", ratio="16:9"), ["ark_intl", "acedata", "ark_cn", "unode", "opeai"]),
        (ask(watermark=True), ["ark_intl", "acedata", "ark_cn", "unode", "opeai"]),
    ],
)
def test_only_the_capable_are_ranked(asked: Ask, order: list[str]) -> None:
    """Of seven dialects those that can, the cheapest first, those without a price last in their own order."""
    assert [candidate.gateway for candidate in rank(asked, every(*ALL), DEFAULTS)] == order


def test_a_picture_goes_where_it_can_be_handed_over() -> None:
    """A gateway that only fetches is in the running where this bot has a public address."""
    asked = Ask(prompt="a fox", options=Options(), references=(Reference(form="bytes", value="b"),))
    gateways = ("uniall", "sinancode")

    found = [
        [c.gateway for c in rank(asked, every(*gateways, public_url=url), DEFAULTS)] for url in (None, "https://bot.example")
    ]

    assert found == [["sinancode"], ["uniall", "sinancode"]]


def test_a_named_gateway_that_cannot_is_not_replaced() -> None:
    """A member's word is kept or refused."""
    with pytest.raises(RefusedError) as caught:
        rank(ask(gateway="uniall", count=9), every(*ALL), DEFAULTS)

    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.COUNT_OUT_OF_RANGE, "--count 6")
