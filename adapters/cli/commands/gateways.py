"""`seedream-bot gateways`: what each gateway can do, what an image costs, and whether it answers. Spends nothing."""

import asyncio
import json
import ssl
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from adapters.cli.failures import FAILED, configuration_errors
from adapters.cli.options import Config
from adapters.cli.settings import keyless_settings
from bot.catalog.price import PriceSchedule, PriceStep
from bot.catalog.profiles import GatewayModel, GatewayProfile, mode_problems, profiles_of, with_unusable
from bot.catalog.retirement import day_of, notices, state_of
from bot.clock import SystemClock
from bot.config.settings import GatewaySettings, Settings
from bot.config.tls import trust
from bot.errors import ConfigurationError, StoreError, UpstreamError
from bot.money import Money
from bot.store import DATABASE
from bot.store.maintenance.inspection import unusable_models
from bot.upstream.reachability import check_reachable
from bot.values import dataclass

JsonObject = dict[str, Any]
NONE = (
    "No gateway is configured: add a [[gateway]] table with name, dialect and api_key_env to the configuration file. "
    "To see the request of a dialect without a gateway: seedream-bot explain --gateway ark_intl a red fox"
)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One gateway; `trouble` says why it cannot be reached (None: it answered)."""

    settings: GatewaySettings
    profile: GatewayProfile
    trouble: str | None


def gateways(
    *,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of tables.")] = False,
) -> None:
    """Show what each configured gateway can do, what an image costs, and whether it answers. Needs no key."""
    with configuration_errors():
        settings = keyless_settings(config)
        now = SystemClock().now()
        checked = asyncio.run(_check(settings, _profiles(settings), now))
    if as_json:
        typer.echo(json.dumps([_described(one, now) for one in checked]))
    else:
        for one in checked:
            _print(one, now)
    if any(one.trouble is not None for one in checked):
        raise typer.Exit(FAILED)


def _profiles(settings: Settings) -> list[GatewayProfile]:
    problems = tuple(problem for gateway in settings.gateways for problem in mode_problems(gateway))
    if problems or not settings.gateways:
        raise ConfigurationError(problems or (NONE,))
    return list(profiles_of(settings))


async def _check(settings: Settings, profiles: list[GatewayProfile], now: float) -> list[Checked]:
    tls = trust(settings.tls_ca_file)
    try:
        marks = await unusable_models(settings.data_dir / DATABASE, now)
    except StoreError:
        # Its trouble is `doctor`'s to tell.
        marks = ()
    pairs = zip(settings.gateways, with_unusable(profiles, marks), strict=True)
    return list(await asyncio.gather(*(_check_one(gateway, known, tls) for gateway, known in pairs)))


async def _check_one(settings: GatewaySettings, known: GatewayProfile, tls: ssl.SSLContext) -> Checked:
    trouble = None
    try:
        await check_reachable(settings, known, tls=tls)
    except UpstreamError as error:
        trouble = error.detail
    return Checked(settings=settings, profile=known, trouble=trouble)


def _described(one: Checked, now: float) -> JsonObject:
    known = one.profile
    return {
        "gateway": known.name,
        "dialect": known.dialect.name,
        "url": known.base_url,
        "mode": known.mode,
        "modes": list(known.dialect.modes),
        "priority": known.priority,
        "concurrency": one.settings.concurrency,
        "images_per_minute": one.settings.images_per_minute,
        "watermark": known.dialect.watermark,
        "references": _references(known),
        "models": [_model(terms, known, now) for terms in known.models.values()],
        "reachable": one.trouble is None,
        "trouble": one.trouble,
    }


def _references(known: GatewayProfile) -> str | None:
    """How reference images reach the gateway; None if they cannot."""
    way = known.dialect.references.bytes_as
    return None if way == "signed" and not known.can_sign else way


def _model(terms: GatewayModel, known: GatewayProfile, now: float) -> JsonObject:
    retirement = terms.retirement
    return {
        "model": terms.name,
        "id": terms.id,
        "tiers": list(terms.sizes.tiers),
        "pixels": [terms.sizes.least_pixels, terms.sizes.most_pixels],
        "default": terms.name == known.default_model,
        "images": terms.most_images,
        "one_picture": terms.one_picture,
        "references": terms.most_references,
        "formats": list(terms.formats),
        "search": terms.search,
        "prompt_modes": list(terms.prompt_modes),
        "backgrounds": list(terms.backgrounds),
        "transparent": terms.transparent,
        "layers": terms.most_layers,
        "regions": terms.regions,
        "seed": terms.seed,
        "guidance": terms.guidance,
        "price": _price(terms.price),
        "retired": None
        if retirement is None
        else {
            "on": day_of(retirement.at),
            "source": retirement.source,
            "instead": retirement.instead,
            "remap": retirement.remap,
            "state": state_of(terms, now),
        },
        "unusable": None if terms.unusable is None else {"reason": terms.unusable.reason, "until": terms.unusable.until_text},
    }


def _price(schedule: PriceSchedule | None) -> JsonObject | None:
    """`amount` is the price of a picture at the dearest step."""
    if schedule is None:
        return None
    dearest = schedule.picture_prices[-1]
    return {
        "amount": dearest.amount,
        "currency": dearest.currency,
        "steps": _steps(schedule, schedule.picture),
        "reference": _amount(schedule, schedule.reference),
        "free_references": schedule.free_references,
        "layers": _steps(schedule, schedule.layer or schedule.picture),
        "layer_input": _amount(schedule, schedule.layer_input),
    }


def _steps(schedule: PriceSchedule, steps: Sequence[PriceStep]) -> list[JsonObject]:
    return [{"up_to_px": step.up_to_pixels, "price": _amount(schedule, step.micros)} for step in steps]


def _amount(schedule: PriceSchedule, micros: int) -> str:
    return Money(micros=micros, currency=schedule.currency).amount


def _print(one: Checked, now: float) -> None:
    known = one.profile
    console = Console(highlight=False, markup=False, soft_wrap=True)
    state = "answers" if one.trouble is None else f"cannot be reached: {one.trouble}"
    console.print(f"{known.name} ({known.dialect.name}) at {known.base_url}: {state}")
    ways = {"data": "in the request", "upload": "through its upload service", "signed": "downloaded from PUBLIC_URL"}
    way = _references(known)
    console.print(f"  references: {ways[way] if way is not None else 'none, until PUBLIC_URL is set'}")
    table = Table("model", "sizes", "images", "references", "extras", "price")
    for terms in known.models.values():
        name = f"{terms.name} (default)" if terms.name == known.default_model else str(terms.name)
        tiers = ", ".join(terms.sizes.tiers) or terms.sizes.default
        table.add_row(name, tiers, _images(terms), str(terms.most_references), ", ".join(_extras(terms)), _cost(terms))
    console.print(table)
    if any(terms.one_picture for terms in known.models.values()):
        console.print("  one a call: --count makes independent images; one set: --count makes a set that belongs together")
    for notice in notices([known], now):
        console.print(f"  {notice}.")
    for terms in known.models.values():
        if terms.unusable is not None:
            console.print(f"  {terms.unusable}.")


def _images(terms: GatewayModel) -> str:
    """How several images of one request belong together."""
    if terms.most_images == 1:
        return "1"
    if terms.one_picture:
        return f"{terms.most_images}, one a call"
    return f"{terms.most_images}, one set"


def _extras(terms: GatewayModel) -> list[str]:
    transparent = {"drawn": "transparent", "kept": "keeps transparency"}
    return [
        *terms.formats,
        *(["search"] if terms.search else []),
        *terms.prompt_modes,
        *([transparent[terms.transparent]] if terms.transparent is not None else []),
        *([f"{terms.most_layers} layers"] if terms.most_layers else []),
        *(["regions"] if terms.regions else []),
        *(["seed"] if terms.seed is not None else []),
        *(["guidance"] if terms.guidance is not None else []),
    ]


def _cost(terms: GatewayModel) -> str:
    """By steps of pixels and by references."""
    schedule = terms.price
    if schedule is None:
        return "unknown"
    steps = [
        Money(micros=step.micros, currency=schedule.currency).amount
        + (f" up to {step.up_to_pixels:,} px" if step.up_to_pixels is not None else "")
        for step in schedule.picture
    ]
    parts = [f"{', then '.join(steps)} {schedule.currency} per image"]
    if schedule.reference:
        free = f" after {schedule.free_references} free" if schedule.free_references else ""
        parts.append(f"{_amount(schedule, schedule.reference)} per reference{free}")
    if terms.most_layers:
        parts.append(f"at most {schedule.most_layers(pictures=terms.most_layers, pixels=None)} for layers")
    return ", ".join(parts)
