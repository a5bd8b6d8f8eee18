"""Ranks the gateways and models for a request, with prices; pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.config.nearest import nearest
from bot.config.settings import Defaults
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import GatewayName, ModelName
from bot.requests.quote import Quote, quote
from bot.requests.request import Request, RequestSpec, Substitution, build_request
from bot.values import dataclass

_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4})?")
ONLY_MEMBERS_CHANGE = frozenset({RefusalCode.PROMPT_EMPTY, RefusalCode.PROMPT_TOO_LONG, RefusalCode.BAD_VALUE})
"""Refusals that hold for every model."""
GONE = frozenset({RefusalCode.MODEL_RETIRED, RefusalCode.MODEL_UNAVAILABLE})
_ONLY_MODEL = re.compile(r"--model \S+")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A gateway that can carry out the request. `price`: None if unknown."""

    gateway: GatewayName
    request: Request
    price: Quote | None

    @property
    def instead_of(self) -> ModelName | None:
        """The model that would have been made, if that were possible."""
        return None if self.request.instead is None else self.request.instead.instead_of


def rank(spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults) -> tuple[Candidate, ...]:
    """Every gateway that can carry out the request, by priority, then price, then order.

    Where the member names no model and a gateway's default lacks what is asked, another one of its models is taken, after the
    gateways of the same priority whose default can do it. A model that its gateway does not have at the moment is not taken;
    where that makes it dearer, the request says so. Raises RefusedError if none can.
    """
    found, refusals = _ranked(spec, profiles, defaults)
    if not found:
        # The most useful refusal is the first that suggests what would work, else that of the first gateway.
        useful = next((refusal for refusal in refusals if refusal.nearest is not None), None)
        if (useful or refusals[0]).refusal in GONE:
            raise _with_replacement(useful or refusals[0], spec, profiles, defaults)
        raise useful or _with_other_gateway(refusals[0], spec, profiles, defaults)
    return (_told_if_dearer(found[0], spec, profiles, defaults), *found[1:])


def _ranked(
    spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults
) -> tuple[list[Candidate], list[RefusedError]]:
    """What can be done, the best first, and why the other gateways cannot."""
    refusals: list[RefusedError] = []
    found: list[tuple[GatewayProfile, Candidate]] = []
    for profile in sorted(_profiles_to_try(spec, profiles), key=lambda profile: -profile.priority):
        try:
            candidate = _candidate(spec, profile, defaults)
        except RefusedError as refusal:
            refusals.append(refusal)
        else:
            found.append((profile, candidate))
    same_currency = len({candidate.price.most.currency for _, candidate in found if candidate.price is not None}) == 1

    def order(pair: tuple[GatewayProfile, Candidate]) -> tuple[int, bool, bool, int]:
        return (-pair[0].priority, pair[1].instead_of is not None, *_price_key(pair[1], same_currency))

    return [candidate for _, candidate in sorted(found, key=order)], refusals


def _told_if_dearer(best: Candidate, spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults) -> Candidate:
    """With its price in the request, if only a model that is missing at the moment made another gateway come first."""
    if best.request.instead is not None or not any(map(_has_marks, profiles)):
        return best
    usual = next(iter(_ranked(spec, [_without_marks(one) for one in profiles], defaults)[0]), best)
    if (usual.gateway, usual.request.model) == (best.gateway, best.request.model) or not _is_dearer(best, usual):
        return best
    price = None if best.price is None else best.price.most
    instead = Substitution(instead_of=usual.request.model, missing_at=usual.gateway, price=price)
    return replace(best, request=replace(best.request, instead=instead))


def _has_marks(profile: GatewayProfile) -> bool:
    return any(model.unusable is not None for model in profile.models.values())


def _without_marks(profile: GatewayProfile) -> GatewayProfile:
    models = {name: replace(model, unusable=None) for name, model in profile.models.items()}
    return replace(profile, models=models)


def _is_dearer(candidate: Candidate, usual: Candidate) -> bool:
    """Amounts in different currencies, and unknown ones, may be."""
    if candidate.price is None or usual.price is None or candidate.price.most.currency != usual.price.most.currency:
        return True
    return candidate.price.most.micros > usual.price.most.micros


def _with_replacement(
    refusal: RefusedError, spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults
) -> RefusedError:
    """The refusal of a model that is gone: with another one there that can do it, else with a gateway that still can."""
    if refusal.nearest is not None and _ONLY_MODEL.fullmatch(refusal.nearest):
        return refusal
    anywhere = replace(spec.options, gateway=None)
    nearest = refusal.nearest
    for options in (anywhere, replace(anywhere, model=None)):
        found = _ranked(replace(spec, options=options), profiles, defaults)[0]
        if found:
            model = "" if options.model is not None else f" --model {found[0].request.model}"
            nearest = f"--gateway {found[0].gateway}{model}"
            break
    if nearest is None:
        return refusal
    return RefusedError(refusal.refusal, nearest=nearest, **{**refusal.parameters, VARIANT: "unmatched"})


def _candidate(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Candidate:
    """Raises RefusedError."""
    if spec.options.model is not None:
        return _priced(build_request(spec, profile, defaults), profile)
    default = profile.models.get(profile.default_model)
    withdrawn = default is not None and not default.is_offered(spec.now)
    try:
        request = build_request(spec, profile, defaults)
    except RefusedError as refusal:
        if refusal.refusal in ONLY_MEMBERS_CHANGE:
            raise
        other = _other_model(spec, profile, defaults, withdrawn=withdrawn)
        if isinstance(other, Candidate):
            return other
        # What a model that has the option still needs helps more than that the default has not.
        raise (other if refusal.refusal is RefusalCode.OPTION_NOT_SUPPORTED and other else refusal) from None
    if withdrawn and request.instead is None:
        # Said to be withdrawn by others: it is tried where it is named, and where there is nothing else.
        other = _other_model(spec, profile, defaults, withdrawn=True)
        return other if isinstance(other, Candidate) else _priced(request, profile)
    return _priced(request, profile)


def _other_model(
    spec: RequestSpec, profile: GatewayProfile, defaults: Defaults, *, withdrawn: bool
) -> Candidate | RefusedError | None:
    """The newest other model that can do it and is not dearer than the default, else the cheapest; of two, the first.

    If none can: why the first one cannot that has the options which are asked for.
    """
    found: list[tuple[GatewayModel, Candidate]] = []
    refused: RefusedError | None = None
    for model in profile.models.values():
        if model.name == profile.default_model or not model.is_offered(spec.now):
            continue
        try:
            request = build_request(replace(spec, options=replace(spec.options, model=model.name)), profile, defaults)
        except RefusedError as refusal:
            if refused is None and refusal.refusal is not RefusalCode.OPTION_NOT_SUPPORTED:
                refused = refusal
            continue
        found.append((model, _priced(request, profile)))
    if not found:
        return refused
    default = profile.models.get(profile.default_model)
    _, chosen = min(found, key=lambda pair: _preference(*pair, default=default))
    price = None if chosen.price is None else chosen.price.most
    missing = default is not None and default.is_unusable(spec.now)
    instead = Substitution(
        instead_of=profile.default_model,
        withdrawn=withdrawn and not missing,
        missing_at=profile.name if missing else None,
        price=price,
    )
    return replace(chosen, request=replace(chosen.request, instead=instead))


def _preference(model: GatewayModel, candidate: Candidate, *, default: GatewayModel | None) -> tuple[bool, bool, float, float]:
    """The smallest is taken. The operator's word on what follows a withdrawn model counts most."""
    found = _VERSION.search(model.name)
    newest = -float(found[0]) if found is not None else 0.0
    successor = default is not None and default.retirement is not None and default.retirement.instead == model.name
    if candidate.price is None:
        return (not successor, True, float("inf"), newest)
    price, usual = candidate.price.most, None if default is None else default.price
    count = candidate.request.count
    dearer = usual is not None and price.micros > max(one.micros for one in usual.picture_prices) * count
    return (not successor, dearer, price.micros, newest) if dearer else (not successor, False, newest, price.micros)


def _profiles_to_try(spec: RequestSpec, profiles: Sequence[GatewayProfile]) -> Sequence[GatewayProfile]:
    requested = spec.options.gateway
    if requested is None and profiles:
        return profiles
    normalised = "" if requested is None else requested.strip().lower()
    named = [profile for profile in profiles if profile.name.lower() == normalised]
    if not named:
        raise _no_gateway(spec, normalised, [profile.name for profile in profiles])
    return named


def _with_other_gateway(
    refusal: RefusedError, spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults
) -> RefusedError:
    """The refusal of the gateway that was named, with another one that can do it."""
    if spec.options.gateway is None or refusal.refusal in ONLY_MEMBERS_CHANGE:
        return refusal
    anywhere = replace(spec, options=replace(spec.options, gateway=None))
    try:
        other = rank(anywhere, profiles, defaults)[0]
    except RefusedError:
        return refusal
    return RefusedError(refusal.refusal, nearest=f"--gateway {other.gateway}", **refusal.parameters)


def _no_gateway(spec: RequestSpec, normalised: str, names: list[GatewayName]) -> RefusedError:
    near = nearest(normalised, names)
    return RefusedError(
        RefusalCode.NO_GATEWAY,
        nearest=None if near is None else f"--gateway {near}",
        value=spec.options.gateway or "",
        allowed=", ".join(names),
    )


def _priced(request: Request, profile: GatewayProfile) -> Candidate:
    schedule = profile.models[request.model].price
    price = None if schedule is None else quote(request, schedule)
    if request.instead is not None:
        request = replace(request, instead=replace(request.instead, price=None if price is None else price.most))
    return Candidate(gateway=request.gateway, request=request, price=price)


def _price_key(candidate: Candidate, same_currency: bool) -> tuple[bool, int]:
    """Sorts unknown prices last; amounts in different currencies are not compared."""
    if candidate.price is None:
        return True, 0
    return False, candidate.price.most.micros if same_currency else 0
