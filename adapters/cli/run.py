"""`seedream-bot run`: the composition root. Settings in, platforms and core opened, run until a signal."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from adapters.cli.logs import configure
from adapters.discord.address import NAME as DISCORD
from adapters.discord.client import DiscordPlatform
from adapters.slack.address import NAME as SLACK
from adapters.slack.client import SlackPlatform
from bot.app import open_bot
from bot.catalog.dialects import DIALECTS
from bot.catalog.models import MODELS
from bot.catalog.profiles import mode_problems
from bot.clock import Clock, SystemClock
from bot.config.load import find_config, load, problems_for_run
from bot.config.settings import Settings
from bot.errors import ConfigurationError, StoreCode, StoreError
from bot.web.health import PlatformStatus
from bot.web.server import WebServer

logger = logging.getLogger(__name__)

USAGE = 2
Runner = Callable[[], Coroutine[Any, Any, None]]


def run(
    config: Annotated[
        Path | None, typer.Option(help="The TOML file; else SEEDREAM_BOT_CONFIG, else ./seedream-bot.toml.")
    ] = None,
) -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    try:
        settings = runnable_settings(config)
    except ConfigurationError as error:
        _complain(error)
    configure(settings.log, sys.stderr, secrets=settings.secrets())
    try:
        asyncio.run(serve(settings))
    except ConfigurationError as error:
        _complain(error)
    except StoreError as error:
        typer.echo(unusable(settings.data_dir, error), err=True)
        raise typer.Exit(1 if error.retryable else USAGE) from error


def unusable(data_dir: Path, error: StoreError) -> str:
    """What is wrong with the data folder, for whoever set it."""
    if error.store is StoreCode.NEWER:
        return f'DATA_DIR: found "{data_dir}", whose database a newer version of seedream-bot has written ({error.detail}).'
    return f'DATA_DIR: found "{data_dir}", which cannot be used ({error.detail}).'


def _complain(error: ConfigurationError) -> NoReturn:
    for problem in error.problems:
        typer.echo(problem, err=True)
    raise typer.Exit(USAGE) from error


def runnable_settings(config: Path | None) -> Settings:
    """Settings that a bot can run with; raises ConfigurationError with every problem at once."""
    settings = read_settings(config)
    wrong_modes = (problem for gateway in settings.gateways for problem in mode_problems(gateway))
    problems = (*problems_for_run(settings), *wrong_modes)
    if problems:
        raise ConfigurationError(problems)
    return settings


def read_settings(config: Path | None) -> Settings:
    """The operator's settings; raises ConfigurationError with every problem at once."""
    return load(
        find_config(config, os.environ, Path.cwd()),
        os.environ,
        dialects=frozenset(DIALECTS),
        models=frozenset(MODELS),
        terminal=sys.stderr.isatty(),
    )


async def serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    clock = SystemClock()
    server = WebServer(settings.listen)
    platforms = _platforms(settings, server, clock)
    async with AsyncExitStack() as stack:
        for platform in platforms:
            stack.push_async_callback(platform.close)
        # Closed after the bot: what it submitted last may still have to be fetched from here.
        stack.push_async_callback(server.close)
        bot = await stack.enter_async_context(open_bot(settings, platforms, clock))
        for platform in platforms:
            platform.bind(bot)
        bot.mount(server, lambda: _statuses(platforms))
        await server.start()
        await _until_stopped([platform.run for platform in platforms], stop)
        logger.info("stopping")


def _platforms(settings: Settings, server: WebServer, clock: Clock) -> list[DiscordPlatform | SlackPlatform]:
    """Those that are configured, mounted where they are to be sent to."""
    platforms: list[DiscordPlatform | SlackPlatform] = []
    if settings.discord is not None:
        discord = DiscordPlatform(settings.discord, tls_ca_file=settings.tls_ca_file, data_dir=settings.data_dir, clock=clock)
        platforms.append(discord)
    if settings.slack is not None:
        slack = SlackPlatform(settings.slack, tls_ca_file=settings.tls_ca_file, clock=clock)
        slack.mount(server)
        platforms.append(slack)
    return platforms


def _statuses(platforms: Sequence[DiscordPlatform | SlackPlatform]) -> dict[str, PlatformStatus]:
    """Every platform there is, those that are not configured included."""
    off: dict[str, PlatformStatus] = {DISCORD: "off", SLACK: "off"}
    return off | {platform.name: platform.status for platform in platforms}


async def _until_stopped(runners: list[Runner], stop: asyncio.Event) -> None:
    """Run every platform until a signal; a platform that ends by an error ends the program with it."""
    tasks = [asyncio.create_task(runner()) for runner in runners]
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        for task in (stopping, *tasks):
            task.cancel()
        await asyncio.gather(stopping, *tasks, return_exceptions=True)
