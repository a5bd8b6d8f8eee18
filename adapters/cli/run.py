"""`seedream-bot run`: the composition root. Settings in, platforms and core opened, run until a signal."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

from adapters.cli.failures import FAILED, USAGE, configuration_errors, fail, unusable
from adapters.cli.logs import configure
from adapters.cli.settings import Config, runnable_settings
from adapters.platforms import PLATFORMS
from adapters.shared.entry import RunnablePlatform, Surroundings
from bot.app import open_bot
from bot.clock import SystemClock
from bot.config.settings import Settings
from bot.config.tls import trust
from bot.errors import StoreError
from bot.web.health import PlatformStatus
from bot.web.server import WebServer

logger = logging.getLogger(__name__)

Runner = Callable[[], Coroutine[Any, Any, None]]


def run(config: Config = None) -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    with configuration_errors():
        settings = runnable_settings(config)
        configure(settings.log, sys.stderr, secrets=settings.secrets())
        try:
            asyncio.run(serve(settings))
        except StoreError as error:
            fail(unusable(settings.data_dir, error), code=FAILED if error.retryable else USAGE)


async def serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    clock = SystemClock()
    server = WebServer(settings.listen)
    tls = trust(settings.tls_ca_file)
    platforms = _open_platforms(settings, Surroundings(clock=clock, tls=tls, data_dir=settings.data_dir, routes=server))
    async with AsyncExitStack() as stack:
        for platform in platforms:
            stack.push_async_callback(platform.close)
        # Closed after the bot: a gateway may still have to fetch the references of its last job from here.
        stack.push_async_callback(server.close)
        bot = await stack.enter_async_context(open_bot(settings, platforms, clock, tls=tls))
        for platform in platforms:
            platform.bind(bot)
        bot.mount(server, lambda: _statuses(platforms))
        await server.start()
        await _until_stopped([platform.run for platform in platforms], stop)
        logger.info("stopping")


def _open_platforms(settings: Settings, surroundings: Surroundings) -> list[RunnablePlatform]:
    """The platforms that are configured."""
    configured = settings.platforms
    return [entry.open(configured[entry.config.name], surroundings) for entry in PLATFORMS if entry.config.name in configured]


def _statuses(platforms: Sequence[RunnablePlatform]) -> dict[str, PlatformStatus]:
    """Every platform there is, those that are not configured included."""
    off: dict[str, PlatformStatus] = {entry.config.name: "off" for entry in PLATFORMS}
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
