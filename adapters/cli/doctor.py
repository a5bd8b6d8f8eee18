"""`seedream-bot doctor`: what the bot needs, looked at one by one. Spends nothing, posts nothing, changes nothing."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from adapters.checkup.diagnoses import described
from adapters.checkup.finding import Checkup, Finding, FindingCode, fault, fine
from adapters.checkup.machine import clock_finding, look_at_data, look_at_web
from adapters.cli.logs import Scrubber
from adapters.cli.run import runnable_settings
from adapters.discord.address import NAME as DISCORD
from adapters.discord.checkup import DiscordCheckup
from adapters.slack.address import NAME as SLACK
from adapters.slack.checkup import SlackCheckup
from bot.catalog.profiles import GatewayProfile, profile
from bot.clock import Clock, SystemClock
from bot.config.settings import GatewaySettings, Settings
from bot.errors import ConfigurationError, UpstreamError
from bot.upstream.reachability import check_reachable
from bot.upstream.tls import trust

USAGE = 2
MARGIN = 9
"""As wide as the longest verdict, and two spaces."""

Channels = Mapping[str, Sequence[str]]
"""A platform's name, and its channels' ids."""


def doctor(
    *,
    channel: Annotated[
        list[str] | None, typer.Option(help="A channel to look at, like discord:ID or slack:ID.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of lines.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="The TOML file; else SEEDREAM_BOT_CONFIG, else ./seedream-bot.toml.")
    ] = None,
) -> None:
    """Look at everything the bot needs: what was checked, what is wrong, what to do. Nothing is spent or posted."""
    try:
        settings = runnable_settings(config)
        found = asyncio.run(examine(settings, _channels(channel or (), settings), SystemClock()))
    except ConfigurationError as error:
        _complain(error)
    scrub = Scrubber(settings.secrets())
    if as_json:
        typer.echo(json.dumps([_described(finding, scrub) for finding in found], ensure_ascii=False))
    else:
        for finding in found:
            typer.echo(_line(finding, scrub))
    if any(finding.verdict == "fault" for finding in found):
        raise typer.Exit(1)


def _complain(error: ConfigurationError) -> NoReturn:
    for problem in error.problems:
        typer.echo(problem, err=True)
    raise typer.Exit(USAGE) from error


def _channels(given: Sequence[str], settings: Settings) -> Channels:
    """`discord:ID`, by platform. Raises ConfigurationError for one that no configured platform has."""
    configured: dict[str, bool] = {DISCORD: settings.discord is not None, SLACK: settings.slack is not None}
    named: dict[str, list[str]] = defaultdict(list)
    problems = []
    for one in given:
        platform, _, channel = one.partition(":")
        known: dict[str, bool] = {
            DISCORD: channel.isascii() and channel.isdecimal(),
            SLACK: channel.isascii() and channel.isalnum(),
        }
        if not known.get(platform):
            problems.append(f"--channel: found {json.dumps(one)}; allowed: discord:ID or slack:ID, with the channel's own id.")
        elif not configured[platform]:
            problems.append(f"--channel: found {json.dumps(one)}, but {platform} is not configured.")
        else:
            named[platform].append(channel)
    if problems:
        raise ConfigurationError(tuple(problems))
    return named


async def examine(settings: Settings, channels: Channels, clock: Clock) -> list[Finding]:
    """Everything, side by side. Raises ConfigurationError."""
    trust(settings.tls_ca_file)
    profiles = [profile(gateway, public_url=settings.public_url) for gateway in settings.gateways]
    fetched_from = [known.name for known in profiles if known.dialect.references.bytes_as == "signed"]
    asking = [checkup.look(channels.get(name, ())) for name, checkup in _checkups(settings, clock).items()]
    looks, gateways, data, web = await asyncio.gather(
        asyncio.gather(*asking),
        asyncio.gather(
            *(_gateway_finding(*pair, settings.tls_ca_file) for pair in zip(settings.gateways, profiles, strict=True))
        ),
        look_at_data(settings.data_dir, settings.retention),
        look_at_web(settings, fetched_from=fetched_from),
    )
    clock_told = clock_finding([look.ahead_s for look in looks if look.ahead_s is not None])
    return [*(finding for look in looks for finding in look.findings), *gateways, *data, clock_told, *web]


def _checkups(settings: Settings, clock: Clock) -> dict[str, Checkup]:
    """Of the platforms that are configured."""
    checkups: dict[str, Checkup] = {}
    if settings.discord is not None:
        checkups[DISCORD] = DiscordCheckup(settings.discord, tls_ca_file=settings.tls_ca_file, clock=clock)
    if settings.slack is not None:
        checkups[SLACK] = SlackCheckup(settings.slack, tls_ca_file=settings.tls_ca_file, clock=clock)
    return checkups


async def _gateway_finding(settings: GatewaySettings, known: GatewayProfile, tls_ca_file: Path | None) -> Finding:
    try:
        await check_reachable(settings, known, tls_ca_file=tls_ca_file)
    except UpstreamError as error:
        return fault(FindingCode.GATEWAY_UNREACHABLE, name=known.name, address=known.base_url, detail=error.detail)
    return fine(FindingCode.GATEWAY_OK, name=known.name, address=known.base_url)


def _described(finding: Finding, scrub: Scrubber) -> dict[str, str | None]:
    words = described(finding)
    return {
        "check": scrub(words.check),
        "verdict": finding.verdict,
        "code": finding.code,
        "found": scrub(words.found),
        "advice": scrub(words.advice) or None,
    }


def _line(finding: Finding, scrub: Scrubber) -> str:
    words = described(finding)
    advice = f". {words.advice}" if words.advice else ""
    line = f"{finding.verdict:<{MARGIN}}{words.check}: {words.found}{advice}"
    return scrub(" ".join(line.splitlines()))
