"""What is made, or refused, while a gateway says that it does not have a model, on both sides of its hour."""

from dataclasses import replace

import pytest

from bot.catalog.health import UNUSABLE_S, UnusableModel, unusable
from bot.catalog.profiles import GatewayProfile, with_unusable
from bot.catalog.retirement import Retirement
from bot.commands.command import Generate
from bot.commands.grammar import parse
from bot.config.settings import Defaults
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import GatewayName, ModelName
from bot.requests.checks import RequestRules, candidates
from bot.requests.request import Substitution
from bot.requests.routing import Candidate
from tests.fakes.clock import FakeClock
from tests.requests.test_substitution import NOW, THREE_WEEKS_AGO, gateway, usd

AT = NOW
INTL, MAINLAND, UNODE = gateway("ark_intl"), gateway("ark_cn"), gateway("unode")


def mark(gateway_name: str, model: str) -> UnusableModel:
    return unusable(GatewayName(gateway_name), ModelName(model), answer="404 ModelNotOpen.Sorry: open it", now=AT)


def routed(text: str, *gateways: GatewayProfile, gone: list[UnusableModel], later: float = 0.0) -> Candidate:
    """As soon as the marks are set, or `later` in seconds."""
    clock = FakeClock(NOW + later)
    rules = RequestRules(profiles=gateways, defaults=Defaults(), clock=clock, unusable=lambda: gone)
    command = parse(text, verb="imagine")
    assert isinstance(command, Generate)
    return candidates(command, (), rules)[0]


def refused(text: str, *gateways: GatewayProfile, gone: list[UnusableModel]) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        routed(text, *gateways, gone=gone)
    return caught.value


@pytest.mark.parametrize("text", ["a fox --model 4.5", "a fox --model 4.5 --gateway ark_intl"])
def test_both_sides_of_the_hour(text: str) -> None:
    """Refused with the moment until the last second of it, then asked for again."""
    gone = [mark("ark_intl", "4.5")]

    error = refused(text, INTL, gone=gone)
    assert (error.refusal, error.nearest) == (RefusalCode.MODEL_UNAVAILABLE, "--model 5.5")
    assert error.parameters == {"gateway": "ark_intl", "model": "4.5", "again_at": AT + UNUSABLE_S}
    with pytest.raises(RefusedError):
        routed(text, INTL, gone=gone, later=UNUSABLE_S - 1)
    assert routed(text, INTL, gone=gone, later=UNUSABLE_S).request.model == "4.5"


# What is asked for while BytePlus lacks these models; what works instead, and whether nothing else there does it.
OFFERS: list[tuple[str, tuple[str, ...], str | None, bool]] = [
    ("a fox --model 4.5", ("4.5",), "--model 5.5", False),
    ("a fox --model 4.5 --size 4K", ("4.5",), "--model 5.0-lite", False),
    ("a fox --model 4.5 --size 4K", ("4.5", "5.0-lite"), "--model 4.0", False),
    ("4 foxes --count 4 --no-separate --model 4.5", ("4.5", "5.0-lite", "4.0"), "--model 5.5 --separate", True),
    ("a fox --size 3K --model 5.0-lite", ("5.0-lite",), "--model 5.5 --size 2K", True),
    ("news --search --model 5.0-lite", ("5.0-lite",), None, False),
]


@pytest.mark.parametrize(("text", "missing", "nearest", "unmatched"), OFFERS)
def test_what_is_offered(text: str, missing: tuple[str, ...], nearest: str | None, unmatched: bool) -> None:
    error = refused(text, INTL, gone=[mark("ark_intl", model) for model in missing])

    assert (error.refusal, error.nearest) == (RefusalCode.MODEL_UNAVAILABLE, nearest)
    assert (error.parameters.get(VARIANT) == "unmatched") is unmatched


def test_what_follows_it_is_offered_first() -> None:
    pro = replace(INTL.models["4.5"], retirement=Retirement(at=THREE_WEEKS_AGO, source="reported", instead=ModelName("5.0-pro")))
    known = replace(INTL, models={**INTL.models, "4.5": pro})

    assert refused("a fox --model 4.5", known, gone=[mark("ark_intl", "4.5")]).nearest == "--model 5.0-pro"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("a fox --size 3K --model 5.0-lite --gateway ark_cn", "--gateway ark_intl"),
        ("a fox --size 4K --model 4.5 --gateway ark_cn", "--gateway ark_intl"),
        ("news --search --model 5.0-lite --gateway ark_cn", "--gateway ark_intl"),
        ("4 foxes --count 4 --no-separate --model 4.5 --gateway ark_cn", "--gateway ark_intl"),
    ],
)
def test_nothing_replaces_it_there(text: str, nearest: str) -> None:
    """A gateway of the operator's that still can is named; the words say that no other model there does it."""
    gone = [mark("ark_cn", model) for model in ("5.0-lite", "4.5", "4.0")]

    error = refused(text, MAINLAND, INTL, gone=gone)

    assert (error.refusal, error.nearest, error.parameters[VARIANT]) == (RefusalCode.MODEL_UNAVAILABLE, nearest, "unmatched")


def test_another_gateway_has_only_another_model() -> None:
    """It is named with its model."""
    gone = [mark("ark_cn", "4.5"), mark("ark_intl", "4.5")]

    error = refused("a fox --size 4K --model 4.5 --gateway ark_cn", MAINLAND, INTL, gone=gone)

    assert error.nearest == "--gateway ark_intl --model 5.0-lite"


def test_a_default_that_is_missing() -> None:
    """Another model of the gateway is made, with its price; after the hour the default again."""
    gone = [mark("ark_intl", "5.5")]

    taken = routed("a fox", INTL, gone=gone)
    assert (taken.request.model, taken.request.instead) == (
        "5.0-flash",
        Substitution(instead_of=ModelName("5.5"), missing_at=GatewayName("ark_intl"), price=usd(18_000)),
    )
    after = routed("a fox", INTL, gone=gone, later=UNUSABLE_S)
    assert (after.request.model, after.request.instead) == ("5.5", None)


@pytest.mark.parametrize(("price", "made_by", "model"), [(36_000, "first", "5.5"), (34_000, "second", "5.0-flash")])
def test_a_gateway_does_not_come_first_because_it_lacks_its_default(price: int, made_by: str, model: str) -> None:
    """What it has instead is cheaper; the gateway is ranked by what it would have made."""
    first, second = gateway("ark_intl", name="first"), gateway("ark_intl", name="second", prices={"5.5": usd(price)})
    gone = [mark("second", "5.5")]

    found = routed("a fox --size 2K", second, first, gone=gone)
    assert (found.gateway, found.request.model) == (made_by, model)


def test_another_gateway_is_taken_and_a_higher_price_is_said() -> None:
    """Only then: whoever names no gateway has chosen none."""
    first, second = gateway("ark_intl", name="first", priority=2), gateway("ark_intl", name="second", priority=1)
    dear = gateway("ark_intl", name="dear", prices={"4.5": usd(900_000)})
    gone = [mark("first", "4.5")]

    same = routed("a fox --model 4.5", first, second, gone=gone)
    assert (same.gateway, same.request.model, same.request.instead) == ("second", "4.5", None)
    dearer = routed("a fox --model 4.5", first, dear, gone=gone)
    assert (dearer.gateway, dearer.request.instead) == (
        "dear",
        Substitution(instead_of=ModelName("4.5"), missing_at=GatewayName("first"), price=usd(900_000)),
    )


def test_what_the_operator_wants_used_is_missing_too() -> None:
    """The withdrawn model is remapped, and what it is remapped to is not there."""
    retirement = Retirement(at=THREE_WEEKS_AGO - 10**9, source="reported", instead=ModelName("5.0-pro"), remap=True)
    known = replace(INTL, models={**INTL.models, "4.5": replace(INTL.models["4.5"], retirement=retirement)})

    assert routed("a fox --model 4.5", known, gone=[]).request.model == "5.0-pro"
    error = refused("a fox --model 4.5", known, gone=[mark("ark_intl", "5.0-pro")])
    assert (error.refusal, error.parameters["model"]) == (RefusalCode.MODEL_UNAVAILABLE, "5.0-pro")


def test_a_mark_of_something_else_changes_nothing() -> None:
    """Of another gateway, of one that is no longer configured, of a model that is not sold."""
    gone = [mark("ark_cn", "4.5"), mark("ark_intl", "9.0")]

    assert routed("a fox --model 4.5", INTL, gone=gone).request.model == "4.5"
    assert with_unusable((UNODE,), gone) == (UNODE,)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("404 InvalidEndpointOrModel.NotFound The model does not exist. Request id: 0217", "404 InvalidEndpointOrModel.NotFound"),
        ("404 ModelNotOpen Your account", "404 ModelNotOpen"),
        ("404 The model `x` does not exist", "404"),
        ("model_not_found", "model_not_found"),
        ("", "no such model"),
        ("x" * 10_000, "no such model"),
    ],
)
def test_a_reason_has_nothing_that_differs_each_time(answer: str, reason: str) -> None:
    found = unusable(GatewayName("ark"), ModelName("4.5"), answer=answer, now=AT)

    assert (found.reason, found.until) == (reason, AT + UNUSABLE_S)
