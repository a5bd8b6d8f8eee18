"""The features of a configured gateway: the operator's settings merged over the rows of its dialect and models."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from bot.catalog.catalog import Catalog
from bot.catalog.dialects import DialectRow
from bot.catalog.health import UnusableModel
from bot.catalog.load import catalog_of, context_of, shipped
from bot.catalog.models import spelled
from bot.catalog.price import PriceSchedule, flat_price
from bot.catalog.retirement import Retirement, is_over
from bot.catalog.sizes import SizeRules
from bot.catalog.tables.prices import Priced, read_price
from bot.catalog.tables.rows import Offer, read_offers
from bot.config.settings import GatewayLimits, GatewaySettings, Settings
from bot.errors import ConfigurationError
from bot.ids import GatewayName, ModelName
from bot.money import Money
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class GatewayModel:
    """One model as one gateway offers it, with every limit merged."""

    name: ModelName
    id: str
    second_id: str | None
    """Tried once if the gateway does not know the first."""
    sizes: SizeRules
    most_references: int
    most_images: int
    most_references_and_images: int
    default_format: str
    formats: tuple[str, ...]
    search: bool
    prompt_modes: tuple[str, ...]
    stream: bool
    price: PriceSchedule | None
    one_picture: bool = False
    """A paid call makes one picture: a set is that many calls, and the fields of sets are never sent."""
    backgrounds: tuple[str, ...] = ()
    """What a request can ask of the background; empty if it cannot."""
    transparent: Literal["drawn", "kept"] | None = None
    """How a transparent background comes about: drawn from the prompt, or kept from the one reference that has it."""
    most_layers: int = 0
    """How many pictures a picture is taken apart into at most, its base included; 0: not at all."""
    regions: bool = False
    """Whether the prompt can point at places of a reference, with tags."""
    seed: tuple[int, int] | None = None
    guidance: tuple[float, float] | None = None
    least_references: int = 0
    retirement: Retirement | None = None
    """When the gateway withdraws it, as far as anything is known."""
    all_spellings: tuple[str, ...] = ()
    spellings_until_retired: tuple[str, ...] = ()
    unusable: UnusableModel | None = None
    """The gateway itself said that it does not have it."""

    def is_unusable(self, now: float) -> bool:
        return self.unusable is not None and self.unusable.holds(now)

    def is_offered(self, now: float) -> bool:
        """Whether it is taken or suggested unasked: not where the gateway, or anybody else, says that it is gone."""
        return not is_over(self, now) and not self.is_unusable(now)


@dataclass(frozen=True, kw_only=True)
class GatewayProfile:
    """A gateway without its secrets. `dialect` is its row with the operator's limits applied."""

    name: GatewayName
    dialect: DialectRow
    base_url: str
    upload_url: str | None
    can_sign: bool
    """Whether this bot has a public address at which it can serve reference pictures."""
    mode: Literal["auto", "sync", "async", "stream"]
    models: Mapping[str, GatewayModel]
    priority: int
    default_model: ModelName = ModelName("")
    """Made where a member names no model: the operator's word, else the dialect's."""

    def default_at(self, now: float) -> ModelName:
        """The default model, or, where it is said to be gone, the dialect's, or any other."""
        names = (self.default_model, self.dialect.default_model, *self.models)
        found = next((name for name in names if name in self.models and self.models[name].is_offered(now)), None)
        return self.default_model if found is None else ModelName(found)

    def find_model(self, spelling: str, *, now: float | None = None) -> GatewayModel | None:
        """A model by a member's spelling or by its id at this gateway.

        With `now`, a spelling that meant a withdrawn model means its successor, or nothing.
        """
        version = spelled(spelling)
        for model in self.models.values():
            if version in model.spellings_until_retired and not (now is not None and is_over(model, now)):
                return model
        found = next((model for model in self.models.values() if version in model.all_spellings), None)
        return found or next((model for model in self.models.values() if model.id == spelling), None)


def with_unusable(profiles: Sequence[GatewayProfile], marks: Sequence[UnusableModel]) -> tuple[GatewayProfile, ...]:
    """The gateways as they are while these marks hold. A mark of what is not configured any more changes nothing."""
    by_gateway: dict[GatewayName, dict[str, UnusableModel]] = {}
    for mark in marks:
        by_gateway.setdefault(mark.gateway, {})[mark.model] = mark
    return tuple(_marked(one, by_gateway[one.name]) if one.name in by_gateway else one for one in profiles)


def _marked(known: GatewayProfile, marks: Mapping[str, UnusableModel]) -> GatewayProfile:
    models = {name: replace(model, unusable=marks.get(name)) for name, model in known.models.items()}
    return replace(known, models=models)


def profiles_of(settings: Settings) -> tuple[GatewayProfile, ...]:
    """Every configured gateway. Raises ConfigurationError as `profile` does."""
    catalog = catalog_of(settings)
    return tuple(
        profile(gateway, public_url=settings.public_url, catalog=catalog, default_model=settings.defaults.model)
        for gateway in settings.gateways
    )


def profile(
    settings: GatewaySettings,
    *,
    public_url: str | None = None,
    catalog: Catalog | None = None,
    default_model: str | None = None,
) -> GatewayProfile:
    """`default_model`: the operator's for all gateways. `catalog`: without it, that of this release.

    Raises ConfigurationError for what the catalog does not have (dialect, model, tasks), or for a missing address.
    """
    known = shipped() if catalog is None else catalog
    problems = tuple(_problems(settings, known))
    if problems:
        raise ConfigurationError(problems)
    row = known.dialects[settings.dialect]
    dialect = _with_limits(row, settings.limits)
    prices = {_canonical_name(name, known): _priced(price) for name, price in settings.prices.items()}
    given = {_canonical_name(name, known): said for name, said in settings.models.items()}
    offers, _ = read_offers(row, given, known, context_of(known.models))
    models = {name: _merge_model(offer, dialect, known, prices.get(name), settings.limits) for name, offer in offers.items()}
    return GatewayProfile(
        name=GatewayName(settings.name),
        dialect=dialect,
        base_url=(settings.base_url or dialect.base_url or "").rstrip("/"),
        upload_url=settings.upload_url or dialect.upload_url,
        can_sign=public_url is not None,
        mode=settings.mode,
        models=models,
        priority=settings.priority,
        default_model=_default_model(settings.default_model, default_model, row.default_model, models),
    )


def mode_problems(settings: GatewaySettings) -> tuple[str, ...]:
    """Problems of a gateway's mode, with which it would refuse every request."""
    dialect = shipped().dialects.get(settings.dialect)
    if dialect is None or settings.mode in ("auto", *dialect.modes):
        return ()
    allowed = ", ".join(("auto", *dialect.modes))
    return (f'gateway {settings.name}: mode "{settings.mode}" is not supported; the dialect {dialect.name} supports {allowed}.',)


def _default_model(own: str | None, common: str | None, of_dialect: str, models: Mapping[str, GatewayModel]) -> ModelName:
    """The first of them that the gateway sells."""
    return ModelName(next((name for name in (own, common, of_dialect, *models) if name in models), of_dialect) or of_dialect)


def _with_limits(row: DialectRow, limits: GatewayLimits) -> DialectRow:
    """The row with the limits that the operator has configured."""
    limits_of_dialect = {
        "most_side": limits.most_side,
        "most_images": limits.most_images,
        "most_references": limits.most_references,
        "formats": limits.formats,
        "search": limits.search,
        "prompt_modes": limits.prompt_modes,
    }
    references = {"most_bytes": limits.reference_bytes, "forms": limits.reference_forms}
    polls = {"first_s": limits.first_poll_s, "then_s": limits.poll_s, "deadline_s": limits.deadline_s}
    return replace(
        row,
        **_without_none(limits_of_dialect),
        references=replace(row.references, **_without_none(references)),
        polls=replace(row.polls, **_without_none(polls)),
    )


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _problems(settings: GatewaySettings, catalog: Catalog) -> list[str]:
    dialect = catalog.dialects.get(settings.dialect)
    gateway = f"gateway {settings.name}"
    if dialect is None:
        return [f"{gateway}: unknown dialect {settings.dialect!r}; expected one of {', '.join(catalog.dialects)}."]
    problems = [
        f"{gateway}: unknown model {name!r} in {table}; expected one of {', '.join(catalog.models)}."
        for table, names in (("models", settings.models), ("prices", settings.prices))
        for name in names
        if catalog.find_model(name) is None
    ]
    if settings.mode == "async":
        # The other modes have refusals of their own, which `explain` shows.
        problems += mode_problems(settings)
    if settings.base_url is None and dialect.base_url is None:
        problems.append(f"{gateway}: base_url is missing; set it, because the dialect {dialect.name} has no default.")
    return problems


def _canonical_name(name: str, catalog: Catalog) -> str:
    row = catalog.find_model(name)
    return row.name if row is not None else name


def _priced(price: Money | Mapping[str, Any]) -> Priced:
    """A schedule in the operator's words has been checked with the settings."""
    if isinstance(price, Money):
        return Priced(schedule=flat_price(price))
    return read_price(price, context_of({}))


def _merge_model(
    offer: Offer, dialect: DialectRow, catalog: Catalog, price: Priced | None, limits: GatewayLimits
) -> GatewayModel:
    """`price`: as the operator has configured it, else the published one is used."""
    row, terms = offer.row, offer.terms
    priced = price or terms.price
    # A price alone switches nothing on.
    capped = None if priced is None else priced.most_layers
    backgrounds = row.backgrounds if dialect.background else ()
    return GatewayModel(
        name=ModelName(row.name),
        id=terms.id,
        second_id=terms.second_id,
        sizes=SizeRules(
            tiers=limits.tiers.get(row.name, row.tiers),
            tier_words=dialect.tier_words,
            least_pixels=row.least_pixels,
            most_pixels=limits.most_pixels.get(row.name, row.most_pixels),
            sides=catalog.sides,
            recommended={} if row.sizes is None else catalog.sizes[row.sizes],
            most_aspect=row.most_aspect,
            most_side=dialect.most_side,
            default=row.default_size,
            pixel_sizes=row.pixel_sizes,
        ),
        most_references=min(row.most_references, dialect.most_references),
        most_images=min(row.most_images, dialect.most_images),
        most_references_and_images=row.most_references_and_images,
        default_format=row.default_format,
        formats=tuple(name for name in row.formats if name in dialect.formats),
        search=row.search and dialect.search,
        prompt_modes=tuple(mode for mode in row.prompt_modes if mode in dialect.prompt_modes),
        stream=row.stream and "stream" in dialect.modes,
        price=None if priced is None else priced.schedule,
        one_picture=row.one_picture,
        backgrounds=backgrounds,
        transparent=row.transparent if "transparent" in backgrounds else None,
        most_layers=(capped or row.most_layers) if dialect.layers and row.most_layers else 0,
        regions=row.regions,
        seed=row.seed if dialect.seed else None,
        guidance=row.guidance if dialect.guidance else None,
        least_references=row.least_references,
        retirement=row.retirement,
        all_spellings=row.all_spellings,
        spellings_until_retired=row.spellings_until_retired,
    )
