"""Ranks the gateways for a request, with prices; pure."""

from collections.abc import Sequence

from bot.catalog.profiles import GatewayProfile
from bot.config.nearest import nearest
from bot.config.settings import Defaults
from bot.errors import RefusalCode, RefusedError
from bot.ids import GatewayName
from bot.requests.quote import Quote, quote
from bot.requests.request import Request, RequestSpec, build_request
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A gateway that can carry out the request. `price`: None if unknown."""

    gateway: GatewayName
    request: Request
    price: Quote | None


def rank(spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults) -> tuple[Candidate, ...]:
    """Every gateway that can carry out the request, by priority, then price, then order. Raises RefusedError if none can."""
    refusals: list[RefusedError] = []
    found: list[tuple[GatewayProfile, Candidate]] = []
    for profile in sorted(_profiles_to_try(spec, profiles), key=lambda profile: -profile.priority):
        try:
            request = build_request(spec, profile, defaults)
        except RefusedError as refusal:
            refusals.append(refusal)
        else:
            found.append((profile, Candidate(gateway=profile.name, request=request, price=_quote(request, profile))))
    if not found:
        # The most useful refusal is the first that suggests what would work, else that of the first gateway.
        raise next((refusal for refusal in refusals if refusal.nearest is not None), refusals[0])
    same_currency = len({candidate.price.most.currency for _, candidate in found if candidate.price is not None}) == 1
    return tuple(
        candidate for _, candidate in sorted(found, key=lambda pair: (-pair[0].priority, *_price_key(pair[1], same_currency)))
    )


def _profiles_to_try(spec: RequestSpec, profiles: Sequence[GatewayProfile]) -> Sequence[GatewayProfile]:
    requested = spec.options.gateway
    if requested is None and profiles:
        return profiles
    normalised = "" if requested is None else requested.strip().lower()
    named = [profile for profile in profiles if profile.name.lower() == normalised]
    if not named:
        raise _no_gateway(spec, normalised, [profile.name for profile in profiles])
    return named


def _no_gateway(spec: RequestSpec, normalised: str, names: list[GatewayName]) -> RefusedError:
    near = nearest(normalised, names)
    return RefusedError(
        RefusalCode.NO_GATEWAY,
        nearest=None if near is None else f"--gateway {near}",
        value=spec.options.gateway or "",
        allowed=", ".join(names),
    )


def _quote(request: Request, profile: GatewayProfile) -> Quote | None:
    price = profile.models[request.model].price
    return None if price is None else quote(request, price)


def _price_key(candidate: Candidate, same_currency: bool) -> tuple[bool, int]:
    """Sorts unknown prices last; amounts in different currencies are not compared."""
    if candidate.price is None:
        return True, 0
    return False, candidate.price.most.micros if same_currency else 0
