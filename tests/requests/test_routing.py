"""Ranking the gateways for a request."""

import pytest

from bot.catalog.price import flat_price
from bot.catalog.profiles import GatewayProfile, profile
from bot.commands.command import Options
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import RefusalCode, RefusedError
from bot.money import parse_money
from bot.requests.quote import Quote
from bot.requests.references import Reference
from bot.requests.request import RequestSpec
from bot.requests.routing import rank

DEFAULTS = Defaults()


def gateway(
    name: str, *, price: str | None = None, currency: str = "USD", priority: int = 0, dialect: str = "unode"
) -> GatewayProfile:
    prices = {} if price is None else {"5.0-lite": parse_money(f"{price} {currency}")}
    settings = GatewaySettings(name=name, dialect=dialect, api_key=Secret("k"), prices=prices, priority=priority)
    return profile(settings, default_model="5.0-lite")


def spec_from(prompt: str = "a fox", **options: str | int) -> RequestSpec:
    return RequestSpec(prompt=prompt, options=Options(**options))  # type: ignore[arg-type]  # a row of a table


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
        ([gateway("a", price="0.4"), gateway("b", price="2", currency="CNY"), gateway("c", price="0.3")], ["c", "a", "b"]),
        (
            [gateway("a", price="2", currency="CNY", priority=1), gateway("b", price="0.4"), gateway("c", price="0.3")],
            ["a", "c", "b"],
        ),
    ],
)
def test_the_ranking(gateways: list[GatewayProfile], order: list[str]) -> None:
    """Gateways are ranked by priority, then price, then order; unknown prices come last, currencies are not compared."""
    assert [candidate.gateway for candidate in rank(spec_from(), gateways, DEFAULTS)] == order


def test_a_price_counts_every_picture() -> None:
    """Four pictures at 0.035 cost 0.14 at most."""
    (candidate,) = rank(spec_from(count=4), [gateway("a", dialect="ark_intl")], DEFAULTS)

    assert candidate.price == Quote(schedule=flat_price(parse_money("0.035 USD")), calls=(parse_money("0.14 USD"),), images=4)
    assert candidate.price is not None
    assert str(candidate.price.most) == "0.14 USD"


def test_a_named_gateway_is_used() -> None:
    """A member's choice overrides the ranking; case does not matter."""
    candidates = rank(spec_from(gateway="B"), [gateway("a", priority=9), gateway("b")], DEFAULTS)

    assert [candidate.gateway for candidate in candidates] == ["b"]


@pytest.mark.parametrize(
    ("requested", "gateways", "nearest", "allowed"),
    [
        ("arc", [gateway("other"), gateway("Ark")], "--gateway Ark", "other, Ark"),
        ("arc", [], None, ""),
    ],
)
def test_an_unknown_gateway_is_refused(requested: str, gateways: list[GatewayProfile], nearest: str | None, allowed: str) -> None:
    """The refusal names the configured gateways and the closest one."""
    with pytest.raises(RefusedError) as caught:
        rank(spec_from(gateway=requested), gateways, DEFAULTS)

    assert (caught.value.refusal, caught.value.nearest, caught.value.parameters) == (
        RefusalCode.NO_GATEWAY,
        nearest,
        {"value": requested, "allowed": allowed},
    )


def test_without_any_gateway_a_request_is_refused() -> None:
    """An empty configuration causes a refusal, not a crash."""
    with pytest.raises(RefusedError) as caught:
        rank(spec_from(), [], DEFAULTS)

    assert caught.value.refusal == RefusalCode.NO_GATEWAY


def test_a_gateway_that_refuses_is_skipped() -> None:
    """Only gateways that can carry out the request are ranked."""
    incapable = GatewaySettings(name="a", dialect="opeai", api_key=Secret("k"), mode="stream", priority=5)

    candidates = rank(spec_from(), [profile(incapable), gateway("b")], DEFAULTS)

    assert [candidate.gateway for candidate in candidates] == ["b"]


def test_if_all_refuse_the_most_useful_refusal_is_raised() -> None:
    """It is the first refusal with a suggestion, else that of the first gateway."""
    incapable = profile(GatewaySettings(name="a", dialect="opeai", api_key=Secret("k"), mode="stream", priority=5))

    refusals = []
    for spec, gateways in (
        (spec_from(size="1K"), [incapable, gateway("b"), gateway("c")]),
        (spec_from(seed=1), [gateway("b"), gateway("c", priority=1)]),
    ):
        with pytest.raises(RefusedError) as caught:
            rank(spec, gateways, DEFAULTS)
        refusals.append((caught.value.refusal, caught.value.nearest, caught.value.parameters["gateway"]))

    assert refusals == [
        (RefusalCode.TIER_NOT_ON_MODEL, "--size 2K", "b"),
        (RefusalCode.SEED_NOT_SUPPORTED, None, "c"),
    ]


def every(*dialects: str, public_url: str | None = None) -> list[GatewayProfile]:
    """A gateway of each dialect, named after it, in this order."""
    address = "https://gateway.example"
    return [
        profile(
            GatewaySettings(name=name, dialect=name, api_key=Secret("k"), base_url=address),
            public_url=public_url,
            default_model="5.0-lite",
        )
        for name in dialects
    ]


ALL = ("ark_cn", "ark_intl", "acedata", "sinancode", "uniall", "unode", "opeai")


@pytest.mark.parametrize(
    ("spec", "order"),
    [
        (spec_from(), ["ark_cn", "ark_intl", "acedata", "sinancode", "uniall", "unode", "opeai"]),
        (spec_from(model="4.5"), ["ark_cn", "acedata", "ark_intl", "sinancode", "uniall", "unode", "opeai"]),
        (spec_from(model="4.0"), ["ark_cn", "ark_intl", "acedata", "sinancode", "uniall", "opeai"]),
        (spec_from(count=7), ["ark_cn", "ark_intl", "acedata", "sinancode", "unode", "opeai"]),
        (spec_from(format="png"), ["ark_cn", "ark_intl", "acedata", "unode"]),
        (spec_from(model="4.0", prompt_mode="fast"), ["ark_cn", "ark_intl", "acedata"]),
        (spec_from(size="4K", ratio="16:9"), ["ark_cn", "ark_intl", "acedata", "unode", "opeai", "sinancode"]),
        (spec_from(watermark=True), ["ark_cn", "ark_intl", "acedata", "unode", "opeai"]),
    ],
)
def test_only_capable_gateways_are_ranked(spec: RequestSpec, order: list[str]) -> None:
    """Of all dialects, the capable ones are ranked: those without a price last. Prices in two currencies are not compared."""
    assert [candidate.gateway for candidate in rank(spec, every(*ALL), DEFAULTS)] == order


def test_a_gateway_that_fetches_references_needs_a_public_url() -> None:
    """A gateway that fetches references is ranked only if this bot has a public address."""
    spec = RequestSpec(prompt="a fox", options=Options(), references=(Reference(form="bytes", value="b"),))
    gateways = ("uniall", "sinancode")

    found = [[c.gateway for c in rank(spec, every(*gateways, public_url=url), DEFAULTS)] for url in (None, "https://bot.example")]

    assert found == [["sinancode"], ["uniall", "sinancode"]]


def test_a_named_gateway_that_refuses_is_not_replaced() -> None:
    """A member's choice is followed or refused, never changed."""
    with pytest.raises(RefusedError) as caught:
        rank(spec_from(gateway="uniall", count=9), every(*ALL), DEFAULTS)

    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.COUNT_OUT_OF_RANGE, "--count 6")
