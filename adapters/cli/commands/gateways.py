"""`seedream-bot gateways`: what each gateway can do, what an image costs, and whether it answers. Spends nothing."""

import asyncio
import json
import ssl
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from adapters.cli.failures import FAILED, configuration_errors
from adapters.cli.options import Config
from adapters.cli.settings import keyless_settings
from bot.catalog.price import PriceSchedule
from bot.catalog.profiles import GatewayModel, GatewayProfile, mode_problems, profiles_of
from bot.config.settings import GatewaySettings, Settings
from bot.config.tls import trust
from bot.errors import ConfigurationError, UpstreamError
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
        checked = asyncio.run(_check(settings, _profiles(settings)))
    if as_json:
        typer.echo(json.dumps([_described(one) for one in checked]))
    else:
        for one in checked:
            _print(one)
    if any(one.trouble is not None for one in checked):
        raise typer.Exit(FAILED)


def _profiles(settings: Settings) -> list[GatewayProfile]:
    problems = tuple(problem for gateway in settings.gateways for problem in mode_problems(gateway))
    if problems or not settings.gateways:
        raise ConfigurationError(problems or (NONE,))
    return list(profiles_of(settings))


async def _check(settings: Settings, profiles: list[GatewayProfile]) -> list[Checked]:
    tls = trust(settings.tls_ca_file)
    pairs = zip(settings.gateways, profiles, strict=True)
    return list(await asyncio.gather(*(_check_one(gateway, known, tls) for gateway, known in pairs)))


async def _check_one(settings: GatewaySettings, known: GatewayProfile, tls: ssl.SSLContext) -> Checked:
    trouble = None
    try:
        await check_reachable(settings, known, tls=tls)
    except UpstreamError as error:
        trouble = error.detail
    return Checked(settings=settings, profile=known, trouble=trouble)


def _described(one: Checked) -> JsonObject:
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
        "models": [_model(terms) for terms in known.models.values()],
        "reachable": one.trouble is None,
        "trouble": one.trouble,
    }


def _references(known: GatewayProfile) -> str | None:
    """How reference images reach the gateway; None if they cannot."""
    way = known.dialect.references.bytes_as
    return None if way == "signed" and not known.can_sign else way


def _model(terms: GatewayModel) -> JsonObject:
    return {
        "model": terms.name,
        "id": terms.id,
        "tiers": list(terms.sizes.tiers),
        "pixels": [terms.sizes.least_pixels, terms.sizes.most_pixels],
        "images": terms.most_images,
        "references": terms.most_references,
        "formats": list(terms.formats),
        "search": terms.search,
        "prompt_modes": list(terms.prompt_modes),
        "price": _price(terms.price),
    }


def _price(schedule: PriceSchedule | None) -> JsonObject | None:
    """The price of a picture at the dearest step."""
    if schedule is None:
        return None
    dearest = schedule.picture_prices[-1]
    return {"amount": dearest.amount, "currency": dearest.currency}


def _print(one: Checked) -> None:
    known = one.profile
    console = Console(highlight=False, markup=False, soft_wrap=True)
    state = "answers" if one.trouble is None else f"cannot be reached: {one.trouble}"
    console.print(f"{known.name} ({known.dialect.name}) at {known.base_url}: {state}")
    ways = {"data": "in the request", "upload": "through its upload service", "signed": "downloaded from PUBLIC_URL"}
    way = _references(known)
    console.print(f"  references: {ways[way] if way is not None else 'none, until PUBLIC_URL is set'}")
    table = Table("model", "sizes", "set", "references", "extras", "per image")
    for terms in known.models.values():
        extras = [*terms.formats, *(["search"] if terms.search else []), *terms.prompt_modes]
        price = "unknown" if terms.price is None else " or ".join(map(str, terms.price.picture_prices))
        tiers = ", ".join(terms.sizes.tiers)
        table.add_row(terms.name, tiers, str(terms.most_images), str(terms.most_references), ", ".join(extras), price)
    console.print(table)
