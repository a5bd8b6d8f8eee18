"""Wires the parts that advance jobs: gateways, pipeline, engine and retention."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from bot.engine.leases import LeaseEngine
from bot.engine.ownership import hold_ownership
from bot.ids import GatewayName
from bot.jobs.queues.turns import Turns
from bot.pipeline.budget_watch import BudgetWatch
from bot.pipeline.context import GatewayPort, JobContext
from bot.pipeline.job_message.picture_files import PictureFiles
from bot.pipeline.progress_messages import ProgressMessages
from bot.pipeline.recovery import end_restored_jobs
from bot.pipeline.references.reference_transfer import ReferenceTransfer
from bot.pipeline.settle import Settlement
from bot.pipeline.worker import Worker, build_worker
from bot.resources import Resources
from bot.store.retention import Retention
from bot.upstream.callbacks import Callbacks
from bot.upstream.download import ResultDownloader
from bot.upstream.gateway_upstream import open_upstream
from bot.upstream.limiter import GatewayLimiter
from bot.upstream.outcomes import ObservedUpstream
from bot.upstream.transport.spool import Spools
from bot.values import dataclass

MAX_DOWNLOADS = 16
"""Concurrent downloads of results, across all gateways."""
MAX_DOWNLOADS_EACH = 8
"""Of those, the ones of one member: a gateway that sends slowly makes no other member wait."""
GRACE_S = 60.0
"""How long a clean stop waits for running work; the next start continues the rest."""


@dataclass(frozen=True, kw_only=True)
class JobRunner:
    """`callbacks` is None if gateways cannot reach the bot."""

    engine: LeaseEngine
    callbacks: Callbacks | None


@asynccontextmanager
async def open_job_runner(resources: Resources) -> AsyncIterator[JobRunner]:
    """Advance jobs, beginning with those of an earlier process. On exit, running work gets time to finish."""
    store, clock, platforms = resources.store, resources.clock, resources.platforms
    callbacks = None if resources.callback_address is None else Callbacks(resources.callback_address)
    stopping = asyncio.Event()
    async with AsyncExitStack() as stack:
        gateways = _open_gateways(resources, callbacks, stack)
        progress_messages = _progress_messages(resources, gateways)
        context = _job_context(resources, gateways, progress_messages, stopping)
        settlement = Settlement(context, resources.admission)
        worker = build_worker(
            context,
            settlement,
            platforms=platforms,
            rules=resources.rules,
            admission=resources.admission,
            budget_watch=BudgetWatch(resources.admission.budgets, store.ledger, clock),
            reference_transfer=ReferenceTransfer(store.blobs, clock, resources.signer),
            result_messages=resources.result_messages(),
        )
        await resources.marks.refresh()
        _start_until_exit(resources.marks.run(), stack)
        await end_restored_jobs(store, settlement, clock)
        engine = await _start_engine(resources, worker, progress_messages, stopping, stack)
        _start_until_exit(progress_messages.run(), stack)
        _start_retention(resources, stack)
        yield JobRunner(engine=engine, callbacks=callbacks)


def _progress_messages(resources: Resources, gateways: Mapping[GatewayName, GatewayPort]) -> ProgressMessages:
    store, clock = resources.store, resources.clock
    return ProgressMessages(
        resources.platforms,
        store.jobs,
        store.messages,
        resources.words,
        clock,
        pictures=PictureFiles(
            pictures=store.pictures, blobs=store.blobs, processor=resources.processor, words=resources.words, clock=clock
        ),
        place=lambda job, gateway: gateways[gateway].limiter.place(job) if gateway in gateways else None,
    )


def _job_context(
    resources: Resources,
    gateways: Mapping[GatewayName, GatewayPort],
    progress_messages: ProgressMessages,
    stopping: asyncio.Event,
) -> JobContext:
    store = resources.store
    return JobContext(
        jobs=store.jobs,
        calls=store.calls,
        pictures=store.pictures,
        messages=store.messages,
        drafts=store.drafts,
        ledger=store.ledger,
        blobs=store.blobs,
        processor=resources.processor,
        clock=resources.clock,
        gateways=gateways,
        marks=resources.marks,
        progress_messages=progress_messages,
        downloads=Turns(at_once=MAX_DOWNLOADS, each=MAX_DOWNLOADS_EACH),
        stopping=stopping.is_set,
    )


def _open_gateways(resources: Resources, callbacks: Callbacks | None, stack: AsyncExitStack) -> Mapping[GatewayName, GatewayPort]:
    clock, tls = resources.clock, resources.tls
    # Not the system's folder for temporary files: in a container that is memory too.
    spools = Spools(resources.settings.data_dir)
    ports = {}
    for gateway, gateway_profile in zip(resources.settings.gateways, resources.rules.profiles, strict=True):
        upstream = open_upstream(gateway, gateway_profile, verify=tls, clock=clock, callbacks=callbacks, spools=spools)
        stack.push_async_callback(upstream.close)
        downloader = ResultDownloader(allow_private=gateway.allow_private_results, verify=tls)
        stack.push_async_callback(downloader.close)
        name = GatewayName(gateway.name)
        ports[name] = GatewayPort(
            upstream=ObservedUpstream(upstream, name, resources.outcomes),
            downloads=downloader,
            limiter=GatewayLimiter(clock, at_once=gateway.concurrency, images_per_minute=gateway.images_per_minute),
        )
    return ports


async def _start_engine(
    resources: Resources,
    worker: Worker,
    progress_messages: ProgressMessages,
    stopping: asyncio.Event,
    stack: AsyncExitStack,
) -> LeaseEngine:
    owner = secrets.token_hex(8)
    owners = await stack.enter_async_context(hold_ownership(resources.settings.data_dir / "owners", owner))
    engine = LeaseEngine(
        resources.store.claims,
        resources.store.jobs,
        worker.advance,
        resources.clock,
        owner=owner,
        owners=owners,
        on_claim_lost=progress_messages.drop,
        expire=worker.expire,
    )
    running = asyncio.create_task(engine.run())
    stack.push_async_callback(_stop, engine, running, stopping, progress_messages)
    return engine


async def _stop(
    engine: LeaseEngine,
    running: asyncio.Task[None],
    stopping: asyncio.Event,
    progress_messages: ProgressMessages,
) -> None:
    stopping.set()
    await progress_messages.stop()
    await engine.stop(grace_s=GRACE_S)
    await running


def _start_retention(resources: Resources, stack: AsyncExitStack) -> None:
    store = resources.store
    retention = Retention(history=store.history, blobs=store.blobs, clock=resources.clock, settings=resources.settings.retention)
    _start_until_exit(retention.run(), stack)


def _start_until_exit(work: Coroutine[Any, Any, None], stack: AsyncExitStack) -> None:
    running = asyncio.create_task(work)

    async def end() -> None:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    stack.push_async_callback(end)
