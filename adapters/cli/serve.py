"""The composition root. Settings in, platforms and core opened, run until a signal."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.cli.failures import FAILED, USAGE, configuration_errors, fail, unusable
from adapters.cli.logs import configure
from adapters.cli.settings import runnable_settings
from adapters.platforms import PLATFORMS
from adapters.shared.entry import Entries, Surroundings
from adapters.shared.loading import without_collection
from bot.clock import SystemClock
from bot.config.settings import Settings
from bot.config.tls import trust
from bot.errors import StoreError
from bot.web.server import WebServer

if TYPE_CHECKING:
    from adapters.shared.runnable_platform import RunnablePlatform
    from bot.app import Bot
    from bot.chat.chat_platform import PlatformStatus

    OpenBot = Callable[..., AbstractAsyncContextManager[Bot]]

logger = logging.getLogger(__name__)

CONNECTING_S = 5.0
"""Jobs are loaded and advanced once every platform is connected, or after this time."""
LOOK_S = 0.02


def run_bot(config: Path | None) -> None:
    """Run the bot until SIGTERM or Ctrl-C; ends the process with an exit code if that cannot be done."""
    with configuration_errors():
        settings = runnable_settings(config)
        configure(settings.log, sys.stderr, secrets=settings.secrets())
        try:
            asyncio.run(serve(settings))
        except StoreError as error:
            fail(unusable(settings.data_dir, error), code=FAILED if error.retryable else USAGE)


async def serve(settings: Settings, entries: Entries = PLATFORMS) -> None:
    """Run until a signal. The core is loaded while the platforms are, and events come once it is open."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    clock, server = SystemClock(), WebServer(settings.listen)
    platforms: list[RunnablePlatform] = []
    tasks: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:
        try:
            with without_collection():
                # Both are done in threads: OpenSSL and the disk are waited for there while this one imports a platform.
                trusting = loop.run_in_executor(None, trust, settings.tls_ca_file)
                loading = loop.run_in_executor(None, _load_core)
                for entry in entries:
                    if entry.config.name in settings.platforms:
                        open_platform = entry.load()
                        surroundings = Surroundings(clock=clock, tls=await trusting, data_dir=settings.data_dir, routes=server)
                        platform = open_platform(settings.platforms[entry.config.name], surroundings)
                        stack.push_async_callback(platform.close)
                        platforms.append(platform)
                        tasks.append(asyncio.create_task(platform.run()))
                open_bot = await loading
                # Closed after the bot: a gateway may still have to fetch the references of its last job from here.
                stack.push_async_callback(server.close)
                bot = await stack.enter_async_context(open_bot(settings, platforms, clock, tls=await trusting))
            await _bind(bot, platforms, server, entries)
            tasks.append(asyncio.create_task(_start_jobs(bot, platforms, server)))
            await _until_stopped(tasks, stop)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        logger.info("stopping")


def _load_core() -> "OpenBot":
    from bot.app import open_bot  # noqa: PLC0415  # here it is imported beside the platforms, not before them

    return open_bot


async def _bind(bot: "Bot", platforms: Sequence["RunnablePlatform"], server: WebServer, entries: Entries) -> None:
    """From here on events are received."""
    receives_here = server.mounted
    bot.mount(server, lambda: _statuses(platforms, entries))
    await server.listen()
    if receives_here:
        await server.start()
    for platform in platforms:
        platform.bind(bot)


async def _start_jobs(bot: "Bot", platforms: Sequence["RunnablePlatform"], server: WebServer) -> None:
    """Start what receiving commands does not need, once the platforms are connected or take too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CONNECTING_S):
            # A platform has a status and sends no event.
            while any(platform.status != "ready" for platform in platforms):  # noqa: ASYNC110  # see above
                await asyncio.sleep(LOOK_S)
    with without_collection():
        # First the server: gateways fetch the references of jobs from it.
        await server.start()
        await bot.start()


def _statuses(platforms: Sequence["RunnablePlatform"], entries: Entries) -> "dict[str, PlatformStatus]":
    """Every platform there is, those that are not configured included."""
    off: dict[str, PlatformStatus] = {entry.config.name: "off" for entry in entries}
    return off | {platform.name: platform.status for platform in platforms}


async def _until_stopped(tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait for a signal; a task that fails ends the program with its error."""
    stopping = asyncio.create_task(stop.wait())
    pending: set[asyncio.Task[Any]] = {stopping, *tasks}
    try:
        while not stopping.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        stopping.cancel()
