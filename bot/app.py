"""Wires the core from explicit arguments, in two steps; this module depends on no adapter.

A platform connects as soon as the store is open, so only what that takes is imported with this module. What receives commands
and what advances jobs is most of the program: it is loaded when every platform is connected, or by the first command before.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from bot.chat.chat_platform import ChatPlatform, PlatformStatus
from bot.clock import Clock
from bot.config.settings import Settings
from bot.config.tls import trust
from bot.ids import GatewayName, JobId, PlatformName
from bot.store import Store, open_store
from bot.web.contract import Routes, WebAnswer, WebRequest
from bot.web.health import ROUTE as HEALTH_ROUTE
from bot.web.health import Health
from bot.web.references import SignedReferences
from bot.web.signing import ROUTE as REFERENCE_ROUTE
from bot.web.signing import Signer, signing_key

if TYPE_CHECKING:
    from bot.catalog.health import UnusableModel
    from bot.catalog.retirement import Notice
    from bot.command_receiver import CommandReceiver
    from bot.job_runner import JobRunner
    from bot.resources import Resources
    from bot.upstream.outcomes import GatewayFailure

CALLBACK_ROUTE = "/callbacks/{token}"
"""Gateways call this path when a task ends."""


class Bot:
    """The core with its store open. Its methods run in the event loop, so that what they load is built once."""

    def __init__(
        self,
        settings: Settings,
        platforms: Mapping[PlatformName, ChatPlatform],
        clock: Clock,
        store: Store,
        *,
        tls: ssl.SSLContext,
        signer: Signer | None,
        stack: AsyncExitStack,
    ) -> None:
        self._settings = settings
        self._platforms = platforms
        self._clock = clock
        self._store = store
        self._tls = tls
        self._signer = signer
        self._stack = stack
        self._resources: Resources | None = None
        self._receiver: CommandReceiver | None = None
        self._runner: JobRunner | None = None

    def mount(self, server: Routes, platforms: Callable[[], Mapping[str, PlatformStatus]]) -> None:
        """Add the core's own routes: health, reference images and callbacks."""
        health = Health(
            self._store.jobs,
            self._clock,
            platforms=platforms,
            gateways=self._gateway_failures,
            probe_write=self._store.write_probe.check,
            notices=self._notices,
            unusable=self._unusable_models,
        )
        server.add_route("GET", HEALTH_ROUTE, health.serve)
        if self._signer is not None:
            references = SignedReferences(self._signer, self._store.blobs.read, self._clock)
            server.add_route("GET", REFERENCE_ROUTE, references.serve)
            server.add_route("POST", CALLBACK_ROUTE, self._receive_callback)

    async def receiver(self) -> "CommandReceiver":
        """What receives commands."""
        command_receiver = await asyncio.to_thread(_import_receiver)
        if self._receiver is None:
            self._receiver = command_receiver(self._loaded_resources(), self._wake)
        return self._receiver

    async def start(self) -> None:
        """Advance jobs, beginning with those of an earlier process; until then, they are only recorded.

        Raises StoreError, ConfigurationError.
        """
        await self.receiver()
        resources = self._loaded_resources()
        await asyncio.to_thread(resources.prepare)
        open_job_runner = await asyncio.to_thread(_import_runner)
        self._runner = await self._stack.enter_async_context(open_job_runner(resources))

    def _loaded_resources(self) -> "Resources":
        if self._resources is None:
            from bot.resources import build_resources  # noqa: PLC0415  # see the top

            self._resources = build_resources(
                self._settings,
                self._platforms,
                self._clock,
                self._store,
                tls=self._tls,
                signer=self._signer,
                callback_route=CALLBACK_ROUTE,
            )
            self._stack.push_async_exit(self._resources.processor)
        return self._resources

    def _wake(self, job: JobId) -> None:
        """Advance a recorded job now. Does nothing before `start`, which looks for recorded jobs."""
        if self._runner is not None:
            self._runner.engine.wake(job)

    # What health reports of gateways is nothing until they are loaded: a question must not do that in the event loop.

    def _gateway_failures(self) -> "Mapping[GatewayName, GatewayFailure | None]":
        return {} if self._resources is None else self._resources.outcomes.failures

    def _notices(self, now: float) -> "Sequence[Notice]":
        from bot.catalog.retirement import notices  # noqa: PLC0415  # see the top

        return () if self._resources is None else notices(self._resources.rules.profiles, now)

    def _unusable_models(self) -> "Sequence[UnusableModel]":
        return () if self._resources is None else self._resources.marks.known()

    async def _receive_callback(self, request: WebRequest) -> WebAnswer:
        callbacks = None if self._runner is None else self._runner.callbacks
        return WebAnswer(status=200 if callbacks is not None and callbacks.notify(request.path) else 404)


@asynccontextmanager
async def open_bot(
    settings: Settings,
    platforms: Sequence[ChatPlatform],
    clock: Clock,
    *,
    tls: ssl.SSLContext | None = None,
    fresh: bool = False,
) -> AsyncIterator[Bot]:
    """The core, ready to receive commands; jobs wait for `Bot.start`. On exit, running work gets time to finish.

    `fresh`: begin with an empty database where the earlier one is lost.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.data_dir, fresh=fresh))
        yield Bot(
            settings,
            {platform.name: platform for platform in platforms},
            clock,
            store,
            tls=tls or trust(settings.tls_ca_file),
            signer=await _open_signer(settings),
            stack=stack,
        )


# Both run in threads, so that the event loop is not blocked.


def _import_receiver() -> "Callable[[Resources, Callable[[JobId], None]], CommandReceiver]":
    from bot.command_receiver import command_receiver  # noqa: PLC0415  # see the top

    return command_receiver


def _import_runner() -> "Callable[[Resources], AbstractAsyncContextManager[JobRunner]]":
    from bot.job_runner import open_job_runner  # noqa: PLC0415  # see the top

    return open_job_runner


async def _open_signer(settings: Settings) -> Signer | None:
    if settings.public_url is None:
        return None
    return Signer(settings.public_url, await asyncio.to_thread(signing_key, settings.data_dir))
