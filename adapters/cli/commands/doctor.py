"""`seedream-bot doctor`: checks everything that the bot needs. Spends nothing, posts nothing, changes nothing."""

import asyncio
import json
import ssl
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, assert_never

import typer

from adapters.checkup.diagnoses import WORDS, described
from adapters.checkup.finding import Diagnosis, Finding, FindingCode, fault, fine, warning
from adapters.checkup.limits import check_limits
from adapters.checkup.machine import check_data, check_models, check_web, clock_finding
from adapters.cli.failures import FAILED, configuration_errors
from adapters.cli.logs import Scrubber
from adapters.cli.options import Config
from adapters.cli.settings import runnable_settings
from adapters.platforms import PLATFORMS
from adapters.shared.entry import Entries
from bot.catalog.profiles import GatewayProfile, profiles_of
from bot.catalog.retirement import notices
from bot.clock import Clock, SystemClock
from bot.config.settings import GatewaySettings, Settings
from bot.config.tls import trust
from bot.errors import ConfigurationError, UpstreamError
from bot.upstream.key_check import check_key

MARGIN = 9
"""The width of the longest verdict, plus two spaces."""
CHANNELS = " or ".join(f"{entry.config.name}:ID" for entry in PLATFORMS)

Channels = Mapping[str, Sequence[str]]
"""Platform name → channel ids."""


def doctor(
    *,
    channel: Annotated[
        list[str] | None, typer.Option(help=f"Also check this channel, like {CHANNELS}. Repeatable.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of text.")] = False,
    config: Config = None,
) -> None:
    """Check everything that the bot needs, and print what is wrong and how to fix it. Spends and posts nothing."""
    with configuration_errors():
        settings = runnable_settings(config)
        found = asyncio.run(run_checks(settings, _channels(channel or (), settings), SystemClock()))
    scrub = Scrubber(settings.secrets())
    if as_json:
        typer.echo(json.dumps([_described(finding, words, scrub) for finding, words in found], ensure_ascii=False))
    else:
        for finding, words in found:
            typer.echo(_line(finding, words, scrub))
    if any(finding.verdict == "fault" for finding, _ in found):
        raise typer.Exit(FAILED)


def _channels(given: Sequence[str], settings: Settings) -> Channels:
    """Group the channels by platform. Raises ConfigurationError if an id is invalid or its platform is not configured."""
    known = {str(entry.config.name): entry for entry in PLATFORMS}
    named: dict[str, list[str]] = defaultdict(list)
    problems = []
    for one in given:
        platform, _, channel = one.partition(":")
        if platform not in known or not known[platform].is_channel(channel):
            problems.append(f"--channel: found {json.dumps(one)}; expected {CHANNELS}.")
        elif known[platform].config.name not in settings.platforms:
            problems.append(f"--channel: found {json.dumps(one)}, but {platform} is not configured; set its token.")
        else:
            named[platform].append(channel)
    if problems:
        raise ConfigurationError(tuple(problems))
    return named


async def run_checks(
    settings: Settings, channels: Channels, clock: Clock, entries: Entries = PLATFORMS
) -> list[tuple[Finding, Diagnosis]]:
    """Run all checks concurrently. Returns the findings with their texts. Raises ConfigurationError."""
    tls = trust(settings.tls_ca_file)
    profiles = profiles_of(settings)
    withdrawn = [
        warning(FindingCode.MODEL_WITHDRAWN, model=notice.model, sentence=str(notice))
        for notice in notices(profiles, clock.now())
    ]
    fetched_from = [known.name for known in profiles if known.dialect.references.bytes_as == "signed"]
    checkups = {
        entry.config.name: entry.open_checkup(settings.platforms[entry.config.name], tls, clock)
        for entry in entries
        if entry.config.name in settings.platforms
    }
    results, gateways, data, unusable, limits, web = await asyncio.gather(
        asyncio.gather(*(checkup.check(channels.get(name, ())) for name, checkup in checkups.items())),
        asyncio.gather(*(_gateway_finding(*pair, tls, clock) for pair in zip(settings.gateways, profiles, strict=True))),
        check_data(settings.data_dir, settings.retention),
        check_models(settings.data_dir, clock.now()),
        check_limits(settings, clock),
        check_web(settings, tls=tls, fetched_from=fetched_from),
    )
    diagnoses = dict(WORDS)
    for checkup in checkups.values():
        diagnoses.update(checkup.diagnoses)
    time = clock_finding([result.ahead_s for result in results if result.ahead_s is not None])
    findings = [
        *(finding for result in results for finding in result.findings),
        *gateways,
        *withdrawn,
        *unusable,
        *data,
        *limits,
        time,
        *web,
    ]
    return [(finding, described(finding, diagnoses)) for finding in findings]


async def _gateway_finding(settings: GatewaySettings, known: GatewayProfile, tls: ssl.SSLContext, clock: Clock) -> Finding:
    described = {"name": known.name, "address": known.base_url}
    try:
        found = await check_key(settings, known, tls=tls, clock=clock)
    except UpstreamError as error:
        return fault(FindingCode.GATEWAY_UNREACHABLE, **described, detail=error.detail)
    described["variable"] = settings.api_key.variable
    match found.state:
        case "accepted":
            return fine(FindingCode.GATEWAY_OK, **described)
        case "refused":
            return fault(FindingCode.GATEWAY_KEY_REFUSED, **described, detail=found.detail)
        case "unproven":
            return warning(FindingCode.GATEWAY_KEY_UNPROVEN, **described, detail=found.detail)
        case _:
            assert_never(found.state)


def _described(finding: Finding, words: Diagnosis, scrub: Scrubber) -> dict[str, str | None]:
    return {
        "check": scrub(words.check),
        "verdict": finding.verdict,
        "code": finding.code,
        "found": scrub(words.found),
        "advice": scrub(words.advice) or None,
    }


def _line(finding: Finding, words: Diagnosis, scrub: Scrubber) -> str:
    advice = f". {words.advice}" if words.advice else ""
    line = f"{finding.verdict:<{MARGIN}}{words.check}: {words.found}{advice}"
    return scrub(" ".join(line.splitlines()))
