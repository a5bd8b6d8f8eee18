"""The core, wired from explicit arguments. An adapter talks to `Bot`; nothing here knows which one."""

import asyncio
import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from bot.catalog.profiles import profile
from bot.chat.chat_platform import ChatPlatform
from bot.chat.reply import Form, Reply
from bot.clock import Clock
from bot.commands.command import (
    Arrival,
    Command,
    Generate,
    MessagePictures,
    Opening,
    Origin,
    Repeat,
    ShowHelp,
    ShowModels,
    ShowQuota,
    ShowResult,
    StoredPicture,
)
from bot.commands.interpretation import MessageJob
from bot.config.settings import Settings
from bot.config.tls import trust
from bot.engine.leases import LeaseEngine
from bot.engine.ownership import hold_ownership
from bot.errors import BotError
from bot.handlers import Handlers
from bot.handlers.answers import Answering
from bot.handlers.generate import Generating
from bot.ids import GatewayName, JobId, MessageId, PlatformName, message_event, new_job_id
from bot.images.processor import ImageProcessor
from bot.jobs.draft import Draft
from bot.pipeline.context import GatewayPort, JobContext
from bot.pipeline.progress_messages import ProgressMessages
from bot.pipeline.recovery import end_copied_jobs
from bot.pipeline.reference_transfer import ReferenceTransfer
from bot.pipeline.result_messages import ResultMessages
from bot.pipeline.settle import Settlement
from bot.pipeline.worker import Worker, build_worker
from bot.presentation import render
from bot.presentation.forms import picture_form
from bot.requests import checks
from bot.requests.checks import RequestRules
from bot.store import Store, open_store
from bot.store.retention import Retention
from bot.upstream import open_upstream
from bot.upstream.callbacks import ROUTE as CALLBACK_ROUTE
from bot.upstream.callbacks import Callbacks
from bot.upstream.download import ResultDownloader
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.admission import Admission
from bot.web.contract import Routes, WebAnswer, WebRequest
from bot.web.health import ROUTE as HEALTH_ROUTE
from bot.web.health import Health, PlatformStatus
from bot.web.references import SignedReferences
from bot.web.signing import ROUTE as REFERENCE_ROUTE
from bot.web.signing import Signer, signing_key
from bot.wording.words import Words

logger = logging.getLogger(__name__)

DOWNLOADS_AT_ONCE = 16
"""Results fetched together, of all gateways: each may hold 64 megabytes."""
GRACE_S = 60.0
"""What running work gets on a clean stop; what is longer waits in the database for the next start."""


@dataclass(frozen=True, kw_only=True)
class Reachable:
    """What there is only where the world can reach us, at `PUBLIC_URL`."""

    signer: Signer
    references: SignedReferences
    callbacks: Callbacks

    async def hear(self, request: WebRequest) -> WebAnswer:
        return WebAnswer(status=200 if self.callbacks.hear(request.path) else 404)


class Bot:
    """What an adapter may ask of the core."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        rules: RequestRules,
        handlers: Handlers,
        platforms: Mapping[PlatformName, ChatPlatform],
        words: Words,
        reachable: Reachable | None = None,
    ) -> None:
        self._reachable = reachable
        self._store = store
        self._clock = clock
        self._rules = rules
        self._handlers = handlers
        self._platforms = platforms
        self._words = words

    def opening(self, command: Command) -> Opening:
        """How to answer first; pure and instant. Raises RefusedError for whatever can be refused before any work."""
        match command:
            case Generate():
                checks.check(command, self._rules)
                return Opening(private=command.options.private is True, wait=True)
            case Repeat(private=private) | ShowResult(private=private):
                return Opening(private=private, wait=True)
            case ShowQuota() | ShowModels() | ShowHelp():
                return Opening(private=True, wait=False)

    def mount(self, server: Routes, platforms: Callable[[], Mapping[str, PlatformStatus]]) -> None:
        """What the core itself serves: its health, and references for gateways that fetch them."""
        gateways = tuple(profile.name for profile in self._rules.profiles)
        health = Health(self._store.jobs, self._clock, platforms=platforms, gateways=gateways)
        server.add_route("GET", HEALTH_ROUTE, health.serve)
        if self._reachable is not None:
            server.add_route("GET", REFERENCE_ROUTE, self._reachable.references.serve)
            server.add_route("POST", CALLBACK_ROUTE, self._reachable.hear)

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Carry out a command. A Reply is its whole answer; None: messages follow. Raises BotError."""
        return await self._handlers.handle(arrival)

    def refusal(self, error: BotError) -> Reply:
        """Words for any error."""
        return render.refusal(error, self._words)

    def form(
        self,
        verb: Literal["imagine", "edit"],
        origin: Origin,
        *,
        draft: JobId | None = None,
        prompt: str = "",
    ) -> Form:
        """The form for pictures; `draft` holds those it is opened on, `prompt` is what the member typed already."""
        return picture_form(
            verb=verb,
            job=draft or new_job_id(),
            drafted=draft is not None,
            prompt=prompt,
            capabilities=self._platforms[origin.platform].capabilities(origin),
            words=self._words,
        )

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        """The job that a message shows, or that it asked for; None if it is no job's. Raises StoreError."""
        jobs = self._store.jobs
        shown = await jobs.pictures_of_message(platform, message)
        found = shown[0] if shown is not None else await jobs.job_of_event(message_event(platform, message))
        job = await jobs.load(found) if found is not None else None
        if job is None:
            return None
        named = shown[1] if shown is not None else ()
        indices = named or [row.index for row in await jobs.pictures(job.id) if row.blob is not None]
        pictures = tuple(StoredPicture(job=job.id, number=index + 1) for index in indices)
        return MessageJob(requester=job.origin.user, pictures=pictures)

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        """Keep the pictures a form was opened on until it is submitted."""
        kept = Draft(
            id=draft,
            user=origin.user,
            references=pictures.attachments,
            message=pictures.message,
            platform=origin.platform,
        )
        await self._store.jobs.save_draft(kept, now=self._clock.now())


@asynccontextmanager
async def open_bot(
    settings: Settings,
    platforms: Sequence[ChatPlatform],
    clock: Clock,
    *,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Bot]:
    """The running core: on entry unfinished jobs go on, on exit running work gets its grace."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.data_dir))
        processor = await stack.enter_async_context(ImageProcessor())
        words = Words()
        by_name: dict[PlatformName, ChatPlatform] = {platform.name: platform for platform in platforms}
        rules = _rules(settings)
        reachable = await _open_reachable(settings, store, clock)
        admission = Admission(settings.quota.tiers, settings.time_zone)
        result_messages = ResultMessages(
            store=store.jobs,
            blobs=store.blobs,
            processor=processor,
            platforms=by_name,
            words=words,
            clock=clock,
        )
        progress_messages = ProgressMessages(by_name, store.jobs, words, clock)
        stopping = asyncio.Event()
        context = JobContext(
            store=store.jobs,
            blobs=store.blobs,
            processor=processor,
            clock=clock,
            gateways=await _open_gateways(settings, rules, clock, reachable, tls or trust(settings.tls_ca_file), stack),
            progress_messages=progress_messages,
            downloads_at_once=asyncio.Semaphore(DOWNLOADS_AT_ONCE),
            stopping=stopping.is_set,
        )
        settlement = Settlement(context, admission)
        worker = build_worker(
            context,
            settlement,
            platforms=by_name,
            rules=rules,
            admission=admission,
            reference_transfer=ReferenceTransfer(store.blobs, clock, reachable.signer if reachable is not None else None),
            result_messages=result_messages,
        )
        await end_copied_jobs(store, settlement, clock)
        engine = await _start_engine(settings, store, worker, progress_messages, clock, stopping, stack)
        _start_retention(Retention(history=store.history, blobs=store.blobs, clock=clock, settings=settings.retention), stack)
        handlers = Handlers(
            generating=Generating(store.jobs, clock, rules, engine.wake),
            answering=Answering(
                store=store.jobs,
                clock=clock,
                admission=admission,
                result_messages=result_messages,
                platforms=by_name,
                profiles=rules.profiles,
                words=words,
            ),
        )
        yield Bot(
            store=store,
            clock=clock,
            rules=rules,
            handlers=handlers,
            platforms=by_name,
            words=words,
            reachable=reachable,
        )


def _rules(settings: Settings) -> RequestRules:
    return RequestRules(
        profiles=tuple(profile(gateway, public_url=settings.public_url) for gateway in settings.gateways),
        defaults=settings.defaults,
    )


async def _open_reachable(settings: Settings, store: Store, clock: Clock) -> Reachable | None:
    if settings.public_url is None:
        return None
    signer = Signer(settings.public_url, await asyncio.to_thread(signing_key, settings.data_dir))
    return Reachable(
        signer=signer,
        references=SignedReferences(signer, store.blobs.read, clock),
        callbacks=Callbacks(settings.public_url),
    )


async def _start_engine(
    settings: Settings,
    store: Store,
    worker: Worker,
    progress_messages: ProgressMessages,
    clock: Clock,
    stopping: asyncio.Event,
    stack: AsyncExitStack,
) -> LeaseEngine:
    owner = secrets.token_hex(8)
    owners = await stack.enter_async_context(hold_ownership(settings.data_dir / "owners", owner))
    engine = LeaseEngine(
        store.jobs, worker.advance, clock, owner=owner, owners=owners, lost=progress_messages.forget, expire=worker.expire
    )
    running = asyncio.create_task(engine.run())
    stack.push_async_callback(_stop, engine, running, stopping)
    return engine


def _start_retention(retention: Retention, stack: AsyncExitStack) -> None:
    running = asyncio.create_task(retention.run())

    async def end() -> None:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    stack.push_async_callback(end)


async def _open_gateways(
    settings: Settings,
    rules: RequestRules,
    clock: Clock,
    reachable: Reachable | None,
    tls: ssl.SSLContext,
    stack: AsyncExitStack,
) -> Mapping[GatewayName, GatewayPort]:
    callbacks = reachable.callbacks if reachable is not None else None
    ports = {}
    for gateway, known in zip(settings.gateways, rules.profiles, strict=True):
        upstream = open_upstream(gateway, known, verify=tls, clock=clock, callbacks=callbacks)
        stack.push_async_callback(upstream.close)
        downloader = ResultDownloader(allow_private=gateway.allow_private_results, verify=tls)
        stack.push_async_callback(downloader.close)
        ports[GatewayName(gateway.name)] = GatewayPort(
            upstream=upstream,
            downloads=downloader,
            limiter=GatewayLimiter(clock, at_once=gateway.concurrency, images_per_minute=gateway.images_per_minute),
        )
    return ports


async def _stop(engine: LeaseEngine, running: asyncio.Task[None], stopping: asyncio.Event) -> None:
    stopping.set()
    await engine.stop(grace_s=GRACE_S)
    await running
