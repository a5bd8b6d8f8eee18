"""Ranks the gateways and models for a request, with prices; pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.catalog.profiles import GatewayModel, GatewayProfile
from bot.catalog.rule_violation import RuleViolationError
from bot.config.nearest import nearest
from bot.config.settings import Defaults
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import GatewayName, ModelName
from bot.money import Money
from bot.requests.building import MOST_TRIALS, refusal_of, try_request
from bot.requests.quote import Quote, quote
from bot.requests.request import Request, RequestSpec, Substitution
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
    usual_price: Quote | None = None
    """What the default model would have cost, where its gateway does not have it at the moment."""

    @property
    def rank_price(self) -> Money | None:
        """What its gateway is compared by: no gateway comes before others because its default is missing."""
        prices = [one.most for one in (self.price, self.usual_price) if one is not None]
        return max(prices, key=lambda price: price.micros) if self.price is not None else None

    @property
    def instead_of(self) -> ModelName | None:
        """The model that would have been made, if that were possible."""
        return None if self.request.instead is None else self.request.instead.instead_of


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a gateway cannot carry out the request; what works instead has not been looked for."""

    violation: RuleViolationError
    spec: RequestSpec
    profile: GatewayProfile


def rank(spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults) -> tuple[Candidate, ...]:
    """Every gateway that can carry out the request, by priority, then price, then order.

    Where the member names no model and a gateway's default lacks what is asked, another one of its models is taken; of equal
    prices, a gateway's whose default can do it comes first. A model that its gateway does not have at the moment is not taken;
    where that makes it dearer, the request says so. Raises RefusedError if none can.
    """
    found, refusals = _ranked(spec, profiles, defaults)
    if not found:
        refusal = _most_useful(refusals, defaults)
        if refusal.refusal in GONE:
            raise _with_replacement(refusal, spec, profiles, defaults)
        raise refusal if refusal.nearest is not None else _with_other_gateway(refusal, spec, profiles, defaults)
    return (_told_if_dearer(found[0], spec, profiles, defaults), *found[1:])


def _most_useful(refusals: Sequence[Refusal], defaults: Defaults) -> RefusedError:
    """The first that suggests what would work, else that of the first gateway."""
    most_trials = max(1, MOST_TRIALS // len(refusals))
    errors = []
    for one in refusals:
        error = refusal_of(one.violation, one.spec, one.profile, defaults, most_trials=most_trials)
        if error.nearest is not None:
            return error
        errors.append(error)
    return errors[0]


def _ranked(spec: RequestSpec, profiles: Sequence[GatewayProfile], defaults: Defaults) -> tuple[list[Candidate], list[Refusal]]:
    """What can be done, the best first, and why the other gateways cannot. Raises RefusedError for a gateway that is not there."""
    refusals: list[Refusal] = []
    found: dict[int, list[Candidate]] = {}
    for profile in sorted(_profiles_to_try(spec, profiles), key=lambda profile: -profile.priority):
        tried = _candidate(spec, profile, defaults)
        if isinstance(tried, Candidate):
            found.setdefault(profile.priority, []).append(tried)
        else:
            refusals.append(tried)
    return [candidate for of_priority in found.values() for candidate in _by_price(of_priority)], refusals


def _by_price(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The cheapest first; of equal ones, the default model; of those, as they are configured. Unknown prices come last.

    Amounts in different currencies are not compared: those whose cheapest is a default model come first, then as they are
    configured.
    """

    def order(candidate: Candidate) -> tuple[int, bool]:
        return 0 if candidate.rank_price is None else candidate.rank_price.micros, candidate.instead_of is not None

    currencies: dict[str | None, list[Candidate]] = {}
    for one in sorted(candidates, key=order):
        currencies.setdefault(None if one.price is None else one.price.most.currency, []).append(one)

    def order_of_currency(group: Sequence[Candidate]) -> tuple[bool, bool, int]:
        return group[0].price is None, group[0].instead_of is not None, min(map(candidates.index, group))

    return [candidate for group in sorted(currencies.values(), key=order_of_currency) for candidate in group]


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


def _candidate(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Candidate | Refusal:
    default = profile.models.get(profile.default_model)
    withdrawn = spec.options.model is None and default is not None and not default.is_offered(spec.now)
    try:
        request = try_request(spec, profile, defaults)
    except RuleViolationError as violation:
        refusal = Refusal(violation=violation, spec=spec, profile=profile)
        if spec.options.model is not None or violation.code in ONLY_MEMBERS_CHANGE:
            return refusal
        other = _other_model(spec, profile, defaults, withdrawn=withdrawn)
        if isinstance(other, Candidate):
            return other
        # What a model that has the option still needs helps more than that the default has not.
        return other if violation.code is RefusalCode.OPTION_NOT_SUPPORTED and other is not None else refusal
    if withdrawn and request.instead is None:
        # Said to be withdrawn by others: it is tried where it is named, and where there is nothing else.
        other = _other_model(spec, profile, defaults, withdrawn=True)
        return other if isinstance(other, Candidate) else _priced(request, profile)
    return _priced(request, profile)


def _other_model(
    spec: RequestSpec, profile: GatewayProfile, defaults: Defaults, *, withdrawn: bool
) -> Candidate | Refusal | None:
    """The newest other model that can do it and is not dearer than the default, else the cheapest; of two, the first.

    If none can: why the first one cannot that has the options which are asked for.
    """
    found: list[tuple[GatewayModel, Candidate]] = []
    refused: Refusal | None = None
    for model in profile.models.values():
        if model.name == profile.default_model or not model.is_offered(spec.now):
            continue
        named = replace(spec, options=replace(spec.options, model=model.name))
        try:
            request = try_request(named, profile, defaults)
        except RuleViolationError as violation:
            if refused is None and violation.code is not RefusalCode.OPTION_NOT_SUPPORTED:
                refused = Refusal(violation=violation, spec=named, profile=profile)
            continue
        found.append((model, _priced(request, profile)))
    if not found:
        return refused
    default = profile.models.get(profile.default_model)
    follows = default.retirement.instead if withdrawn and default is not None and default.retirement is not None else None
    _, chosen = min(found, key=lambda pair: _preference(*pair, default=default, follows=follows))
    price = None if chosen.price is None else chosen.price.most
    missing = default is not None and default.is_unusable(spec.now)
    instead = Substitution(
        instead_of=profile.default_model,
        withdrawn=withdrawn and not missing,
        missing_at=profile.name if missing else None,
        price=price,
    )
    usual_price = _usual_price(spec, profile, defaults) if missing else None
    return replace(chosen, request=replace(chosen.request, instead=instead), usual_price=usual_price)


def _usual_price(spec: RequestSpec, profile: GatewayProfile, defaults: Defaults) -> Quote | None:
    """What the request would cost if the gateway had its default model; None if it could not do it, or unknown."""
    usual = _without_marks(profile)
    try:
        return _priced(try_request(spec, usual, defaults), usual).price
    except RuleViolationError:
        return None


def _preference(
    model: GatewayModel, candidate: Candidate, *, default: GatewayModel | None, follows: ModelName | None
) -> tuple[bool, bool, float, float]:
    """The smallest is taken. What the catalog, or the operator, names as following a withdrawn model counts most."""
    found = _VERSION.search(model.name)
    newest = -float(found[0]) if found is not None else 0.0
    other = model.name != follows
    if candidate.price is None:
        return (other, True, float("inf"), newest)
    price, usual = candidate.price.most, None if default is None else default.price
    count = candidate.request.count
    dearer = usual is not None and price.micros > max(one.micros for one in usual.picture_prices) * count
    return (other, dearer, price.micros, newest) if dearer else (other, False, newest, price.micros)


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
    others = _ranked(anywhere, profiles, defaults)[0]
    return RefusedError(refusal.refusal, nearest=f"--gateway {others[0].gateway}", **refusal.parameters) if others else refusal


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
