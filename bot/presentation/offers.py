"""What the configured gateways offer between them, for menus, forms and the help; pure."""

from collections.abc import Sequence
from decimal import Decimal

from bot.catalog.load import shipped
from bot.catalog.profiles import GatewayProfile
from bot.catalog.retirement import is_over, state_of
from bot.values import dataclass

EXAMPLE = "ark_intl"
"""The dialect whose default model stands first where no gateway is configured."""


@dataclass(frozen=True, kw_only=True)
class Offers:
    """Names of models, tiers of sizes and images at once, of all models and of the default one, which stands first."""

    models: tuple[str, ...]
    tiers: tuple[str, ...]
    most_images: int
    default_tiers: tuple[str, ...]
    default_most_images: int
    default_formats: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    layers: bool = False
    regions: bool = False

    @property
    def default_model(self) -> str:
        return self.models[0]


def offers_of(profiles: Sequence[GatewayProfile], *, now: float) -> Offers:
    """A request is checked against the gateway that is chosen for it: these are only what there is to choose from.

    Without what a gateway has withdrawn, or does not have at the moment, by its own account; and without sizes that only withdrawn
    models have, whoever says so.
    """
    models = [
        model
        for profile in profiles
        for model in profile.models.values()
        if state_of(model, now) != "refused" and not model.is_unusable(now)
    ]
    first = max(profiles, key=lambda profile: profile.priority, default=None)
    wanted = "" if first is None else first.default_at(now)
    found = [model for profile in profiles if (model := profile.find_model(wanted)) is not None]
    default = str(found[0].name) if found else wanted
    others = sorted({str(model.name) for model in models} - {default}, reverse=True)
    sold = [model for model in models if not is_over(model, now)] or models
    return Offers(
        models=(default, *others),
        tiers=_ordered({tier for model in sold for tier in model.sizes.tiers}),
        most_images=max((model.most_images for model in models), default=1),
        default_tiers=_ordered({tier for model in found for tier in model.sizes.tiers}),
        default_most_images=max((model.most_images for model in found), default=1),
        default_formats=tuple(dict.fromkeys(name for model in found for name in model.formats)),
        backgrounds=tuple(dict.fromkeys(name for model in models for name in model.backgrounds)),
        layers=any(model.most_layers for model in models),
        regions=any(model.regions for model in models),
    )


def catalog_offers() -> Offers:
    """What there is at all, where no gateway is configured; without what an operator has to switch on."""
    catalog = shipped()
    sold = {name for dialect in catalog.dialects.values() for name, terms in dialect.models.items() if not terms.off}
    rows = [catalog.models[name] for name in sold]
    default = catalog.models[catalog.dialects[EXAMPLE].default_model]
    return Offers(
        models=(default.name, *sorted(sold - {default.name}, reverse=True)),
        tiers=_ordered({tier for row in rows for tier in row.tiers}),
        most_images=max(row.most_images for row in rows),
        default_tiers=default.tiers,
        default_most_images=default.most_images,
        default_formats=default.formats,
        backgrounds=tuple(dict.fromkeys(name for row in rows for name in row.backgrounds)),
        layers=any(row.most_layers for row in rows),
        regions=any(row.regions for row in rows),
    )


def ordered_tiers(*several: tuple[str, ...]) -> tuple[str, ...]:
    """The tiers of several models together."""
    return _ordered({tier for tiers in several for tier in tiers})


def _ordered(tiers: set[str]) -> tuple[str, ...]:
    """From the smallest to the largest; words without a number last."""
    return tuple(sorted(tiers, key=lambda tier: (not tier[0].isdigit(), Decimal(tier[:-1]) if tier[0].isdigit() else Decimal(0))))
