"""Which model is made where the member names none, where it is withdrawn, and what is said about it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.catalog.profiles import GatewayProfile, profile
from bot.catalog.retirement import Retirement
from bot.commands.grammar import parse
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.errors import RefusalCode, RefusedError
from bot.ids import ModelName
from bot.money import Money
from bot.requests.references import Reference
from bot.requests.request import RequestSpec, Substitution
from bot.requests.routing import Candidate, rank

NOW = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
THREE_WEEKS_AGO = datetime(2026, 11, 10, tzinfo=UTC).timestamp()


def gateway(dialect: str, **settings: Any) -> GatewayProfile:
    return profile(GatewaySettings(**{"name": dialect, "dialect": dialect, "api_key": Secret("k"), **settings}))


def withdrawn(of: GatewayProfile, name: str, **facts: Any) -> GatewayProfile:
    model = replace(of.models[name], retirement=Retirement(at=THREE_WEEKS_AGO, **facts))
    return replace(of, models={**of.models, name: model})


def routed(text: str, *gateways: GatewayProfile, references: int = 0, now: float = NOW) -> Candidate:
    command = parse(text, verb="imagine")
    photos = tuple(Reference(form="url", value=f"https://example.com/{number}.png") for number in range(references))
    return rank(RequestSpec(prompt=command.prompt, options=command.options, references=photos, now=now), gateways, Defaults())[0]


def usd(micros: int) -> Money:
    return Money(micros=micros, currency="USD")


INTL, MAINLAND = gateway("ark_intl"), gateway("ark_cn")

# What is asked of BytePlus; the model that makes it, and the price that is said. Its default is 5.5, at 0.035 USD.
TAKEN: list[tuple[str, int, str, Money | None]] = [
    ("a fox", 0, "5.5", None),
    ("4 foxes --count 4", 0, "5.5", None),
    ("4 foxes --count 4 --separate", 0, "5.5", None),
    ("a mug --background transparent", 0, "5.5", None),
    # The newest of those that are not dearer.
    ("a fox --size 3K", 0, "5.0-lite", usd(35_000)),
    ("a fox --size 4K", 0, "5.0-lite", usd(35_000)),
    ("news --search", 0, "5.0-lite", usd(35_000)),
    ("merge", 14, "5.0-lite", usd(35_000)),
    ("4 foxes --count 4 --no-separate", 0, "5.0-lite", usd(140_000)),
    ("a fox --prompt-mode fast", 0, "4.0", usd(30_000)),
    ("a hat --point 50,50", 1, "5.0-flash", usd(18_000)),
    # All are dearer: the cheapest of them.
    ("--layers", 1, "5.0-flash", usd(306_000)),
    ("a fox --size 4K --model 4.5", 0, "4.5", None),
]


@pytest.mark.parametrize(("text", "references", "model", "price"), TAKEN)
def test_the_model_that_can(text: str, references: int, model: str, price: Money | None) -> None:
    """Where the default cannot do it, another one is taken and its price is said; where one is named, that one."""
    candidate = routed(text, INTL, references=references)

    expected = None if price is None else Substitution(instead_of=ModelName("5.5"), price=price)
    assert (candidate.request.model, candidate.request.instead) == (model, expected)
    assert candidate.instead_of == (None if price is None else "5.5")


# BytePlus makes 3K and 4K with 5.0-lite instead of its default, at 0.035 USD; 5.0-lite is the default of the other gateway.
# The other's price and priority, and who makes it.
OTHERS: list[tuple[int | None, int, str]] = [
    (400_000, 0, "ark_intl"),
    (36_000, 0, "ark_intl"),
    (35_000, 0, "acedata"),
    (34_000, 0, "acedata"),
    (400_000, 1, "acedata"),
    (1_000, -1, "ark_intl"),
]


@pytest.mark.parametrize("size", ["3K", "4K"])
@pytest.mark.parametrize(("price", "priority", "made_by"), OTHERS)
def test_a_default_that_can_do_it_wins_only_between_equal_prices(size: str, price: int, priority: int, made_by: str) -> None:
    """The same model is never made by a dearer gateway of the same priority."""
    other = gateway("acedata", priority=priority, prices={"5.0-lite": usd(price)})

    for gateways in ((INTL, other), (other, INTL)):
        found = routed(f"a fox --size {size}", *gateways)
        expected = Substitution(instead_of=ModelName("5.5"), price=usd(35_000)) if made_by == "ark_intl" else None
        assert (found.gateway, found.request.model, found.request.instead) == (made_by, "5.0-lite", expected)


def test_an_unknown_price_comes_last() -> None:
    assert routed("a fox --size 3K", gateway("unode"), INTL).gateway == "ark_intl"
    assert routed("a fox --size 3K", gateway("unode", priority=1), INTL).gateway == "unode"


def test_prices_in_different_currencies_are_not_compared() -> None:
    """There a gateway whose default can do it comes first, else the one that stands first."""
    mainland = gateway("ark_cn", prices={"5.0-flash": Money(micros=5, currency="CNY")})

    assert routed("a fox --size 2K", mainland, INTL).gateway == "ark_cn"
    assert routed("a fox --size 2K", INTL, mainland).gateway == "ark_intl"
    assert routed("a hat --point 50,50", INTL, mainland, references=1).gateway == "ark_cn"


def test_a_plain_request_gets_the_default_of_the_first_gateway() -> None:
    """However cheap what others have."""
    first = gateway("ark_intl", priority=1)
    cheap = gateway("acedata", prices={"5.0-lite": usd(1_000)})

    found = routed("a fox", cheap, first)
    assert (found.gateway, found.request.model, found.request.instead) == ("ark_intl", "5.5", None)


def test_the_operators_default_is_the_default() -> None:
    assert routed("a fox", gateway("ark_intl", default_model="5.0-pro")).request.model == "5.0-pro"


def test_a_named_model_is_never_replaced() -> None:
    with pytest.raises(RefusedError) as caught:
        routed("a fox --size 3K --model 5.5", INTL)

    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.TIER_NOT_ON_MODEL, "--size 2K")


@pytest.mark.parametrize(
    ("text", "references", "code"),
    [
        ("--layers", 0, RefusalCode.REFS_REQUIRED),
        ("--layers", 2, RefusalCode.REFS_TOO_MANY),
        ("a hat --point 50,50", 0, RefusalCode.REFS_REQUIRED),
        ("a hat --point 50,50", 2, RefusalCode.BAD_VALUE),
    ],
)
def test_what_is_missing_is_said_of_a_model_that_could(text: str, references: int, code: RefusalCode) -> None:
    """Not that the default has no such option."""
    with pytest.raises(RefusedError) as caught:
        routed(text, INTL, references=references)

    assert (caught.value.refusal, caught.value.parameters["model"]) == (code, "5.0-pro")


def test_bad_input_is_not_tried_elsewhere() -> None:
    with pytest.raises(RefusedError) as caught:
        routed("a fox --background purple", INTL)

    assert (caught.value.refusal, caught.value.parameters["model"]) == (RefusalCode.BAD_VALUE, "5.5")


def test_a_reported_withdrawal() -> None:
    """Such a model is made where it is named, since the gateway's own refusal is free; it is never taken unasked."""
    assert routed("a fox --model 5.0-lite", MAINLAND).request.model == "5.0-lite"
    assert routed("a fox", MAINLAND).request.model == "5.0-flash"

    with pytest.raises(RefusedError) as caught:
        routed("a fox --size 4K", MAINLAND)
    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.TIER_NOT_ON_MODEL, "--size 2K")

    with pytest.raises(RefusedError) as caught:
        routed("4 foxes --count 4 --no-separate", MAINLAND)
    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.OPTION_NOT_SUPPORTED, "--separate")


def test_a_withdrawn_default_is_replaced() -> None:
    """By what follows it, else by the newest that is no dearer."""
    old = gateway("ark_intl", default_model="4.5")

    after = routed("a fox", withdrawn(old, "4.5", source="reported", instead=ModelName("5.0-pro")))
    assert (after.request.model, after.request.instead) == (
        "5.0-pro",
        Substitution(instead_of=ModelName("4.5"), withdrawn=True, price=usd(90_000)),
    )
    assert routed("a fox", withdrawn(old, "4.5")).request.model == "5.5"
    before = routed("a fox", withdrawn(old, "4.5"), now=THREE_WEEKS_AGO - 1)
    assert (before.request.model, before.request.instead) == ("4.5", None)


# What is asked of 4.5, whether 5.0-lite stands in for it, and what works instead.
ANNOUNCED: list[tuple[str, str | None]] = [
    ("a fox --model 4.5", "--model 5.5"),
    ("a fox --size 4K --model 4.5", "--model 5.0-lite"),
    ("4 foxes --count 4 --no-separate --model 4.5", "--model 5.0-lite"),
]


@pytest.mark.parametrize(("text", "nearest"), ANNOUNCED)
def test_an_announced_withdrawal(text: str, nearest: str | None) -> None:
    """Before the instant it is made, from then on refused with the date and with what can do the same."""
    gone = withdrawn(INTL, "4.5", instead=ModelName("5.5"))

    assert routed(text, gone, now=THREE_WEEKS_AGO - 1).request.model == "4.5"
    with pytest.raises(RefusedError) as caught:
        routed(text, gone, now=THREE_WEEKS_AGO)
    assert (caught.value.refusal, caught.value.nearest, caught.value.parameters["date"]) == (
        RefusalCode.MODEL_RETIRED,
        nearest,
        "2026-11-10",
    )


def test_another_gateway_still_has_it() -> None:
    """Where the member named one that has not, the other one is offered; where none is named, it is taken."""
    gone = withdrawn(gateway("unode"), "4.5")

    assert routed("a fox --size 4K --model 4.5", gone, INTL).gateway == "ark_intl"
    with pytest.raises(RefusedError) as caught:
        routed("a fox --model 4.5 --search --gateway unode", withdrawn(gone, "5.0-lite"), gateway("acedata"))
    assert caught.value.refusal is RefusalCode.MODEL_RETIRED

    with pytest.raises(RefusedError) as caught:
        routed("a fox --size 4K --model 4.5 --gateway unode", withdrawn(gone, "5.0-lite"), INTL)
    assert (caught.value.refusal, caught.value.nearest) == (RefusalCode.MODEL_RETIRED, "--gateway ark_intl")


def test_the_operator_wants_it_replaced() -> None:
    """At the other model's price, which is said."""
    gone = withdrawn(INTL, "4.5", source="reported", instead=ModelName("5.0-pro"), remap=True)

    candidate = routed("a fox --model 4.5", gone)
    assert (candidate.request.model, candidate.request.instead) == (
        "5.0-pro",
        Substitution(instead_of=ModelName("4.5"), withdrawn=True, price=usd(90_000)),
    )
    with pytest.raises(RefusedError) as caught:
        routed("a fox --model 4.5 --size 4K", gone)
    assert caught.value.refusal is RefusalCode.TIER_NOT_ON_MODEL


def remapped(of: GatewayProfile, *chain: str, last: str, **facts: Any) -> GatewayProfile:
    """Each is withdrawn, and the next one is to be used in its place."""
    for name, successor in zip(chain, (*chain[1:], last), strict=True):
        of = withdrawn(of, name, instead=ModelName(successor), remap=True, **facts)
    return of


@pytest.mark.parametrize("options", ["", " --model 4.0"])
def test_a_remap_is_followed_to_its_end(options: str) -> None:
    """Over another withdrawn model, by name and as the default."""
    chain = remapped(gateway("ark_intl", default_model="4.0"), "4.0", "4.5", last="5.0-lite")

    found = routed(f"a fox{options}", chain)
    assert (found.request.model, found.request.instead) == (
        "5.0-lite",
        Substitution(instead_of=ModelName("4.0"), withdrawn=True, price=usd(35_000)),
    )


# Who says that 4.0 is withdrawn; which model the refusal names, and its day.
DEAD_ENDS = [("announced", "4.0", "2026-11-10"), ("reported", "4.5", "2026-11-30")]


@pytest.mark.parametrize(("source", "model", "date"), DEAD_ENDS)
def test_a_remap_to_a_withdrawn_model_is_refused(source: str, model: str, date: str) -> None:
    """Nothing is sent; what follows the last one is offered."""
    gone = remapped(INTL, "4.0", last="4.5", source=source)
    last = Retirement(at=NOW - 50, instead=ModelName("5.0-lite"))
    gone = replace(gone, models={**gone.models, "4.5": replace(gone.models["4.5"], retirement=last)})

    with pytest.raises(RefusedError) as caught:
        routed("a fox --model 4.0", gone)
    error = caught.value
    assert (error.refusal, error.nearest) == (RefusalCode.MODEL_RETIRED, "--model 5.0-lite")
    assert (error.parameters["model"], error.parameters["date"]) == (model, date)


def test_remaps_in_a_circle_are_none() -> None:
    """What the provider announced is refused, what is only reported is tried."""
    with pytest.raises(RefusedError) as caught:
        routed("a fox --model 4.0", remapped(INTL, "4.0", "4.5", last="4.0"))
    assert caught.value.refusal is RefusalCode.MODEL_RETIRED
    tried = routed("a fox --model 4.0", remapped(INTL, "4.0", "4.5", last="4.0", source="reported"))
    assert (tried.request.model, tried.request.instead) == ("4.0", None)


def test_what_follows_a_model_is_preferred_only_once_it_is_withdrawn() -> None:
    """Before, the newest that is no dearer is taken where the default cannot do it."""
    soon = gateway("ark_intl", default_model="4.5")
    retirement = Retirement(at=NOW + 50, instead=ModelName("5.0-pro"))
    soon = replace(soon, models={**soon.models, "4.5": replace(soon.models["4.5"], retirement=retirement)})

    assert routed("a mug --background transparent", soon).request.model == "5.5"


@pytest.mark.parametrize("spelling", ["4.4", "5.0", "5.1"])
def test_a_slip_does_not_lead_to_a_withdrawn_model(spelling: str) -> None:
    """5.0 meant 5.0-lite until it was withdrawn."""
    withdrawn_names = {"5.0-lite", "4.5", "4.0"}

    before = routed("a fox --model 5.0", MAINLAND, now=THREE_WEEKS_AGO)
    with pytest.raises(RefusedError) as caught:
        routed(f"a fox --model {spelling}", MAINLAND)
    assert before.request.model == "5.0-lite"
    assert caught.value.refusal is RefusalCode.MODEL_NOT_ON_DIALECT
    assert caught.value.nearest is not None
    assert caught.value.nearest.removeprefix("--model ") not in withdrawn_names
