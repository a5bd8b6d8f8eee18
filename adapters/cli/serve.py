"""The composition root: loads the settings, opens the platforms and the core, and runs until a signal."""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.cli.failures import FAILED, USAGE, configuration_errors, fail, unusable
from adapters.cli.logs import configure
from adapters.cli.settings import runnable_settings
from adapters.cli.signals import require_signals, watch_signals
from adapters.platforms import PLATFORMS
from adapters.shared.entry import Entries, Surroundings
from adapters.shared.loading import without_collection
from bot.clock import SystemClock
from bot.config.settings import Settings
from bot.config.tls import trust
from bot.errors import StoreError
from bot.wallet.access import is_unlimited
from bot.web.server import WebServer

if TYPE_CHECKING:
    from adapters.shared.runnable_platform import RunnablePlatform
    from bot.app import Bot
    from bot.chat.chat_platform import PlatformStatus

    OpenBot = Callable[..., AbstractAsyncContextManager[Bot]]

logger = logging.getLogger(__name__)

CONNECTING_S = 5.0
"""Jobs start when every platform is connected, or after this time."""
POLL_S = 0.02


def run_bot(config: Path | None, *, fresh: bool = False) -> None:
    """Run the bot until SIGTERM or Ctrl-C. Exits with an error message if it cannot run."""
    require_signals()
    with configuration_errors():
        settings = runnable_settings(config)
        configure(settings.log, sys.stderr, secrets=settings.secrets())
        try:
            asyncio.run(serve(settings, fresh=fresh))
        except StoreError as error:
            fail(unusable(settings.data_dir, error), code=FAILED if error.retryable else USAGE)


async def serve(settings: Settings, entries: Entries = PLATFORMS, *, fresh: bool = False) -> None:
    """Run until a signal. The core and the platforms are loaded concurrently; events are received when both are open."""
    if is_unlimited(settings):
        logger.warning("spending not limited", extra={"hint": "set a [[budget]], or list servers and workspaces in [access]"})
    stop = asyncio.Event()
    watch_signals(stop)
    loop = asyncio.get_running_loop()
    clock, server = SystemClock(), WebServer(settings.listen)
    platforms: list[RunnablePlatform] = []
    tasks: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:
        try:
            with without_collection():
                # In threads: OpenSSL and the disk work while this thread imports a platform.
                trusting = loop.run_in_executor(None, trust, settings.tls_ca_file)
                for entry in entries:
                    if entry.config.name in settings.platforms:
                        open_platform = entry.load()
                        surroundings = Surroundings(clock=clock, tls=await trusting, data_dir=settings.data_dir, routes=server)
                        platform = open_platform(settings.platforms[entry.config.name], surroundings)
                        stack.push_async_callback(platform.close)
                        platforms.append(platform)
                        tasks.append(asyncio.create_task(platform.run()))
                open_bot = await asyncio.to_thread(_load_core)
                # Closed after the bot: a gateway may still download the references of its last job from here.
                stack.push_async_callback(server.close)
                bot = await stack.enter_async_context(open_bot(settings, platforms, clock, tls=await trusting, fresh=fresh))
            await _bind(bot, platforms, server, entries)
            tasks.append(asyncio.create_task(_start_jobs(settings, bot, platforms, server)))
            await _until_stopped(tasks, stop)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        logger.info("stopping")


def _described(settings: Settings) -> dict[str, str]:
    from adapters.cli.startup import described  # noqa: PLC0415  # the catalog, which the core has loaded by then

    return described(settings, now=SystemClock().now())


def _load_core() -> "OpenBot":
    from bot.app import open_bot  # noqa: PLC0415  # imported concurrently with the platforms

    return open_bot


async def _bind(bot: "Bot", platforms: Sequence["RunnablePlatform"], server: WebServer, entries: Entries) -> None:
    """Start to receive events."""
    receives_here = server.mounted
    bot.mount(server, lambda: _statuses(platforms, entries))
    await server.listen()
    if receives_here:
        await server.start()
    for platform in platforms:
        platform.bind(bot)


async def _start_jobs(settings: Settings, bot: "Bot", platforms: Sequence["RunnablePlatform"], server: WebServer) -> None:
    """Start the job runner when the platforms are connected or take too long; receiving commands does not need it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CONNECTING_S):
            # Platforms have a status, but no event to wait for.
            while any(platform.status != "ready" for platform in platforms):  # noqa: ASYNC110  # see above
                await asyncio.sleep(POLL_S)
    with without_collection():
        # The server first: gateways download the references of jobs from it.
        await server.start()
        await bot.start()
    # Last, because to look the version up takes longer than all of this.
    logger.info("started", extra=await asyncio.to_thread(_described, settings))


def _statuses(platforms: Sequence["RunnablePlatform"], entries: Entries) -> "dict[str, PlatformStatus]":
    """The status of every platform, including those that are not configured."""
    off: dict[str, PlatformStatus] = {entry.config.name: "off" for entry in entries}
    return off | {platform.name: platform.status for platform in platforms}


async def _until_stopped(tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait for a signal. Raises the error of a task that fails."""
    stopping = asyncio.create_task(stop.wait())
    pending: set[asyncio.Task[Any]] = {stopping, *tasks}
    try:
        while not stopping.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        stopping.cancel()
