"""The features of a configured gateway: the operator's settings merged over the rows of its dialect and models."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from bot.catalog.dialects import DIALECTS, DialectRow, ModelOnDialect
from bot.catalog.models import MODELS, ModelRow, find_model
from bot.catalog.price import PriceSchedule, flat_price
from bot.catalog.sizes import SizeRules
from bot.config.settings import GatewayLimits, GatewaySettings
from bot.errors import ConfigurationError
from bot.ids import GatewayName, ModelName
from bot.money import Money, to_micros
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

    def find_model(self, spelling: str) -> GatewayModel | None:
        """A model by a member's spelling or by its id at this gateway."""
        row = find_model(spelling)
        if row is not None:
            return self.models.get(row.name)
        return next((model for model in self.models.values() if model.id == spelling), None)


def profile(settings: GatewaySettings, *, public_url: str | None = None) -> GatewayProfile:
    """Raises ConfigurationError for what the catalog does not have (dialect, model, tasks), or for a missing address."""
    problems = tuple(_problems(settings))
    if problems:
        raise ConfigurationError(problems)
    dialect = _with_limits(DIALECTS[settings.dialect], settings.limits)
    ids = {_canonical_name(name): model_id for name, model_id in settings.models.items()}
    prices = {_canonical_name(name): price for name, price in settings.prices.items()}
    offered = {name: model.id for name, model in dialect.models.items()} | ids
    return GatewayProfile(
        name=GatewayName(settings.name),
        dialect=dialect,
        base_url=(settings.base_url or dialect.base_url or "").rstrip("/"),
        upload_url=settings.upload_url or dialect.upload_url,
        can_sign=public_url is not None,
        mode=settings.mode,
        models={
            name: _merge_model(MODELS[name], model_id, dialect, prices.get(name), settings.limits)
            for name, model_id in offered.items()
        },
        priority=settings.priority,
    )


def mode_problems(settings: GatewaySettings) -> tuple[str, ...]:
    """Problems of a gateway's mode, with which it would refuse every request."""
    dialect = DIALECTS.get(settings.dialect)
    if dialect is None or settings.mode in ("auto", *dialect.modes):
        return ()
    allowed = ", ".join(("auto", *dialect.modes))
    return (f'gateway {settings.name}: mode "{settings.mode}" is not supported; the dialect {dialect.name} supports {allowed}.',)


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


def _problems(settings: GatewaySettings) -> list[str]:
    dialect = DIALECTS.get(settings.dialect)
    gateway = f"gateway {settings.name}"
    if dialect is None:
        return [f"{gateway}: unknown dialect {settings.dialect!r}; expected one of {', '.join(DIALECTS)}."]
    problems = [
        f"{gateway}: unknown model {name!r} in {table}; expected one of {', '.join(MODELS)}."
        for table, names in (("models", settings.models), ("prices", settings.prices))
        for name in names
        if find_model(name) is None
    ]
    if settings.mode == "async":
        # The other modes have refusals of their own, which `explain` shows.
        problems += mode_problems(settings)
    if settings.base_url is None and dialect.base_url is None:
        problems.append(f"{gateway}: base_url is missing; set it, because the dialect {dialect.name} has no default.")
    return problems


def _canonical_name(name: str) -> str:
    row = find_model(name)
    return row.name if row is not None else name


def _merge_model(row: ModelRow, model_id: str, dialect: DialectRow, price: Money | None, limits: GatewayLimits) -> GatewayModel:
    """`price`: as the operator has configured it, else the published one is used."""
    on_dialect = dialect.models.get(row.name, ModelOnDialect(id=model_id))
    tiers = limits.tiers.get(row.name, row.tiers if on_dialect.tiers is None else on_dialect.tiers)
    most_pixels = limits.most_pixels.get(row.name, row.most_pixels if on_dialect.most_pixels is None else on_dialect.most_pixels)
    backgrounds = row.backgrounds if on_dialect.backgrounds is None else on_dialect.backgrounds
    return GatewayModel(
        name=ModelName(row.name),
        id=model_id,
        second_id=on_dialect.second_id if model_id == on_dialect.id else None,
        sizes=SizeRules(
            tiers=tiers,
            tier_words=dialect.tier_words,
            least_pixels=row.least_pixels,
            most_pixels=most_pixels,
            most_aspect=row.most_aspect,
            most_side=dialect.most_side,
        ),
        most_references=min(row.most_references, dialect.most_references),
        most_images=min(row.most_images, dialect.most_images),
        most_references_and_images=row.most_references_and_images,
        default_format=row.default_format,
        formats=tuple(name for name in row.formats if name in dialect.formats),
        search=row.search and dialect.search,
        prompt_modes=tuple(mode for mode in row.prompt_modes if mode in dialect.prompt_modes),
        stream=row.stream and "stream" in dialect.modes,
        price=_schedule(price if price is not None else _published_price(on_dialect.price, dialect)),
        one_picture=row.one_picture if on_dialect.one_picture is None else on_dialect.one_picture,
        backgrounds=backgrounds,
        transparent=(on_dialect.transparent or row.transparent) if "transparent" in backgrounds else None,
        most_layers=row.most_layers if on_dialect.most_layers is None else on_dialect.most_layers,
        regions=row.regions if on_dialect.regions is None else on_dialect.regions,
        seed=row.seed if on_dialect.seed is None else on_dialect.seed or None,
        guidance=row.guidance if on_dialect.guidance is None else on_dialect.guidance or None,
    )


def _schedule(price: Money | None) -> PriceSchedule | None:
    return None if price is None else flat_price(price)


def _published_price(amount: Decimal | None, dialect: DialectRow) -> Money | None:
    return None if amount is None else Money(micros=to_micros(amount), currency=dialect.currency)
