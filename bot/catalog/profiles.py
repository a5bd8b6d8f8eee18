"""What one configured gateway really offers: the operator's settings over its dialect's row over the models' rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from bot.catalog.dialects import DIALECTS, DialectRow, ModelOnDialect
from bot.catalog.models import MODELS, ModelRow, find_model
from bot.catalog.sizes import SizeRules
from bot.config.settings import GatewayLimits, GatewaySettings, Price
from bot.errors import ConfigurationError
from bot.ids import GatewayName, ModelName


@dataclass(frozen=True, kw_only=True)
class ModelTerms:
    """One model at one gateway, every limit already merged."""

    name: ModelName
    id: str
    second_id: str | None
    """Tried once where the gateway does not know the first."""
    sizes: SizeRules
    most_references: int
    most_images: int
    most_together: int
    own_format: str
    formats: tuple[str, ...]
    search: bool
    prompt_modes: tuple[str, ...]
    stream: bool
    price: Price | None


@dataclass(frozen=True, kw_only=True)
class GatewayProfile:
    """What request and routing read of a gateway. It holds no secret. `dialect` is its row with the operator's limits."""

    name: GatewayName
    dialect: DialectRow
    base_url: str
    upload_url: str | None
    can_sign: bool
    """Whether this bot has a public address to show reference pictures at."""
    mode: Literal["auto", "sync", "async", "stream"]
    models: Mapping[str, ModelTerms]
    priority: int

    def terms(self, spelling: str) -> ModelTerms | None:
        """A model by a member's spelling or by the id this gateway wants."""
        row = find_model(spelling)
        if row is not None:
            return self.models.get(row.name)
        return next((terms for terms in self.models.values() if terms.id == spelling), None)


def profile(settings: GatewaySettings, *, public_url: str | None = None) -> GatewayProfile:
    """Raises ConfigurationError for a dialect or model that the catalog does not have, or where an address is missing."""
    problems = tuple(_problems(settings))
    if problems:
        raise ConfigurationError(problems)
    dialect = _limited(DIALECTS[settings.dialect], settings.limits)
    ids = {_canonical(name): wanted for name, wanted in settings.models.items()}
    prices = {_canonical(name): price for name, price in settings.prices.items()}
    offered = {name: on.id for name, on in dialect.models.items()} | ids
    return GatewayProfile(
        name=GatewayName(settings.name),
        dialect=dialect,
        base_url=(settings.base_url or dialect.base_url or "").rstrip("/"),
        upload_url=settings.upload_url or dialect.upload_url,
        can_sign=public_url is not None,
        mode=settings.mode,
        models={
            name: _terms(MODELS[name], wanted, dialect, prices.get(name), settings.limits) for name, wanted in offered.items()
        },
        priority=settings.priority,
    )


def mode_problems(settings: GatewaySettings) -> tuple[str, ...]:
    """What is wrong with a gateway's mode: everything asked of it would be refused."""
    dialect = DIALECTS.get(settings.dialect)
    if dialect is None or settings.mode in ("auto", *dialect.modes):
        return ()
    allowed = ", ".join(("auto", *dialect.modes))
    return (f'gateway {settings.name}: mode is "{settings.mode}"; the dialect {dialect.name} has {allowed}.',)


def _limited(row: DialectRow, limits: GatewayLimits) -> DialectRow:
    """The row as the operator knows it better."""
    said = {
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
        **_given(said),
        references=replace(row.references, **_given(references)),
        polls=replace(row.polls, **_given(polls)),
    )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _problems(settings: GatewaySettings) -> list[str]:
    dialect = DIALECTS.get(settings.dialect)
    gateway = f"gateway {settings.name}"
    if dialect is None:
        return [f"{gateway}: dialect is {settings.dialect!r}, allowed are {', '.join(DIALECTS)}"]
    problems = [
        f"{gateway}: {table} names the model {name!r}, allowed are {', '.join(MODELS)}"
        for table, names in (("models", settings.models), ("prices", settings.prices))
        for name in names
        if find_model(name) is None
    ]
    if settings.base_url is None and dialect.base_url is None:
        problems.append(f"{gateway}: base_url is missing, the dialect {dialect.name} has no default")
    return problems


def _canonical(name: str) -> str:
    row = find_model(name)
    return row.name if row is not None else name


def _terms(row: ModelRow, wanted: str, dialect: DialectRow, said: Price | None, limits: GatewayLimits) -> ModelTerms:
    on = dialect.models.get(row.name, ModelOnDialect(id=wanted))
    tiers = limits.tiers.get(row.name, row.tiers if on.tiers is None else on.tiers)
    most_pixels = limits.most_pixels.get(row.name, row.most_pixels if on.most_pixels is None else on.most_pixels)
    return ModelTerms(
        name=ModelName(row.name),
        id=wanted,
        second_id=on.second_id if wanted == on.id else None,
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
        most_together=row.most_together,
        own_format=row.own_format,
        formats=tuple(name for name in row.formats if name in dialect.formats),
        search=row.search and dialect.search,
        prompt_modes=tuple(mode for mode in row.prompt_modes if mode in dialect.prompt_modes),
        stream=row.stream and "stream" in dialect.modes,
        price=said if said is not None else _published(on.price, dialect),
    )


def _published(amount: Decimal | None, dialect: DialectRow) -> Price | None:
    return None if amount is None else Price(amount=amount, currency=dialect.currency)
