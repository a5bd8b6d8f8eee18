"""The core, wired from explicit arguments. Adapters call `Bot`; nothing here depends on a particular one."""

import asyncio
import logging
import secrets
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
    MessagePictures,
    Opening,
    Origin,
    StoredPicture,
)
from bot.commands.interpretation import MessageJob
from bot.commands.table import HandlerKey, opening_of
from bot.config.settings import Settings
from bot.engine.leases import LeaseEngine
from bot.engine.ownership import hold_ownership
from bot.errors import BotError
from bot.handlers.binding import Handlers, HandlersByKey
from bot.handlers.generate import GenerateHandler
from bot.handlers.help import HelpHandler
from bot.handlers.models import ModelsHandler
from bot.handlers.quota import QuotaHandler
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import RepeatHandler
from bot.handlers.show_result import ShowResultHandler
from bot.ids import GatewayName, JobId, MessageId, PlatformName, message_event, new_job_id
from bot.images.processor import ImageProcessor
from bot.jobs.draft import Draft
from bot.pipeline.context import GatewayPort, JobContext
from bot.pipeline.progress_messages import ProgressMessages
from bot.pipeline.recovery import end_restored_jobs
from bot.pipeline.reference_transfer import ReferenceTransfer
from bot.pipeline.result_messages import ResultMessages
from bot.pipeline.settle import Settlement
from bot.pipeline.worker import Worker, build_worker
from bot.presentation import render
from bot.presentation.forms import picture_form
from bot.presentation.menu import Menu, menu
from bot.requests.checks import RequestRules
from bot.store import Store, open_store
from bot.store.retention import Retention
from bot.upstream.callbacks import ROUTE as CALLBACK_ROUTE
from bot.upstream.callbacks import Callbacks
from bot.upstream.download import ResultDownloader
from bot.upstream.gateway_upstream import open_upstream
from bot.upstream.limiter import GatewayLimiter
from bot.upstream.tls import trust
from bot.wallet.admission import Admission
from bot.web.health import ROUTE as HEALTH_ROUTE
from bot.web.health import Health, PlatformStatus
from bot.web.references import SignedReferences
from bot.web.server import WebAnswer, WebRequest, WebServer
from bot.web.signing import ROUTE as REFERENCE_ROUTE
from bot.web.signing import Signer, signing_key
from bot.wording.words import Words

logger = logging.getLogger(__name__)

MAX_DOWNLOADS = 16
"""Results of all gateways that are downloaded at the same time: each may hold 64 MB in memory."""
GRACE_S = 60.0
"""How long a clean stop waits for running work; the rest is continued after the next start."""


@dataclass(frozen=True, kw_only=True)
class PublicRoutes:
    """What the core serves at `PUBLIC_URL`, if that is set."""

    signer: Signer
    references: SignedReferences
    callbacks: Callbacks

    async def receive_callback(self, request: WebRequest) -> WebAnswer:
        return WebAnswer(status=200 if self.callbacks.notify(request.path) else 404)


class Bot:
    """The core, as the adapters call it."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        rules: RequestRules,
        handlers: Handlers,
        platforms: Mapping[PlatformName, ChatPlatform],
        words: Words,
        public_routes: PublicRoutes | None = None,
    ) -> None:
        self._public_routes = public_routes
        self._store = store
        self._clock = clock
        self._rules = rules
        self._handlers = handlers
        self._platforms = platforms
        self._words = words

    def opening(self, command: Command) -> Opening:
        """How to answer first; pure and instant. Raises RefusedError for what can be refused before any work."""
        self._handlers.check(command)
        return opening_of(command)

    def menu(self) -> Menu:
        """The commands of a platform's menu."""
        return menu(self._words)

    def mount(self, server: WebServer, platforms: Callable[[], Mapping[str, PlatformStatus]]) -> None:
        """Add the core's own routes: health, references for gateways that fetch them, and callbacks."""
        gateways = tuple(profile.name for profile in self._rules.profiles)
        health = Health(self._store.jobs, self._clock, platforms=platforms, gateways=gateways)
        server.add_route("GET", HEALTH_ROUTE, health.serve)
        if self._public_routes is not None:
            server.add_route("GET", REFERENCE_ROUTE, self._public_routes.references.serve)
            server.add_route("POST", CALLBACK_ROUTE, self._public_routes.receive_callback)

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Carry out a command. Returns its whole answer, or None if messages follow. Raises BotError."""
        return await self._handlers.handle(arrival)

    def refusal(self, error: BotError) -> Reply:
        """The words for any error."""
        return render.refusal(error, self._words)

    def form(
        self,
        verb: Literal["imagine", "edit"],
        origin: Origin,
        *,
        draft: JobId | None = None,
        prompt: str = "",
    ) -> Form:
        """The form for a request; `draft` holds the pictures it is opened with, `prompt` is what the member has already typed."""
        return picture_form(
            verb=verb,
            job=draft or new_job_id(),
            drafted=draft is not None,
            prompt=prompt,
            capabilities=self._platforms[origin.platform].capabilities(origin),
            words=self._words,
        )

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        """The job that a message shows or asked for; None for any other message. Raises StoreError."""
        store = self._store
        shown = await store.messages.pictures_of_message(platform, message)
        job_id = shown[0] if shown is not None else await store.jobs.job_of_event(message_event(platform, message))
        job = await store.jobs.load(job_id) if job_id is not None else None
        if job is None:
            return None
        shown_indices = shown[1] if shown is not None else ()
        indices = shown_indices or [row.index for row in await store.pictures.pictures(job.id) if row.blob is not None]
        pictures = tuple(StoredPicture(job=job.id, number=index + 1) for index in indices)
        return MessageJob(requester=job.origin.user, pictures=pictures)

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        """Store the pictures that a form was opened with until it is submitted."""
        stored_draft = Draft(
            id=draft,
            user=origin.user,
            references=pictures.attachments,
            message=pictures.message,
            platform=origin.platform,
        )
        await self._store.drafts.save_draft(stored_draft, now=self._clock.now())


@asynccontextmanager
async def open_bot(settings: Settings, platforms: Sequence[ChatPlatform], clock: Clock) -> AsyncIterator[Bot]:
    """The running core: on entry it continues unfinished jobs, on exit it gives running work time to end."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.data_dir))
        processor = await stack.enter_async_context(ImageProcessor())
        words = Words()
        by_name: dict[PlatformName, ChatPlatform] = {platform.name: platform for platform in platforms}
        rules = _rules(settings)
        public_routes = await _open_public_routes(settings, store, clock)
        admission = Admission(settings.tiers, settings.time_zone)
        stopping = asyncio.Event()
        result_messages = ResultMessages(
            jobs=store.jobs,
            pictures=store.pictures,
            messages=store.messages,
            blobs=store.blobs,
            processor=processor,
            platforms=by_name,
            words=words,
            clock=clock,
        )
        context = JobContext(
            jobs=store.jobs,
            pictures=store.pictures,
            messages=store.messages,
            drafts=store.drafts,
            ledger=store.ledger,
            blobs=store.blobs,
            processor=processor,
            clock=clock,
            gateways=await _open_gateways(settings, rules, clock, public_routes, stack),
            progress_messages=ProgressMessages(by_name, store.jobs, store.messages, words, clock),
            downloads_at_once=asyncio.Semaphore(MAX_DOWNLOADS),
            stopping=stopping.is_set,
        )
        settlement = Settlement(context, admission)
        worker = build_worker(
            context,
            settlement,
            platforms=by_name,
            rules=rules,
            admission=admission,
            reference_transfer=ReferenceTransfer(store.blobs, clock, public_routes.signer if public_routes is not None else None),
            result_messages=result_messages,
        )
        await end_restored_jobs(store, settlement, clock)
        engine = await _start_engine(settings, store, worker, context.progress_messages, clock, stopping, stack)
        _start_retention(Retention(history=store.history, blobs=store.blobs, clock=clock, settings=settings.retention), stack)
        recorder = JobRecorder(store.jobs, clock, engine)
        yield Bot(
            store=store,
            clock=clock,
            rules=rules,
            handlers=_handlers(store, recorder, rules, admission, result_messages, by_name, words, clock),
            platforms=by_name,
            words=words,
            public_routes=public_routes,
        )


def _handlers(
    store: Store,
    recorder: JobRecorder,
    rules: RequestRules,
    admission: Admission,
    result_messages: ResultMessages,
    platforms: Mapping[PlatformName, ChatPlatform],
    words: Words,
    clock: Clock,
) -> Handlers:
    by_key: HandlersByKey = {
        HandlerKey.GENERATE: GenerateHandler(recorder, rules),
        HandlerKey.REPEAT: RepeatHandler(store.jobs, store.pictures, recorder, rules),
        HandlerKey.SHOW_RESULT: ShowResultHandler(store.jobs, result_messages),
        HandlerKey.QUOTA: QuotaHandler(store.ledger, admission, clock, words),
        HandlerKey.MODELS: ModelsHandler(rules.profiles, words),
        HandlerKey.HELP: HelpHandler(platforms, words),
    }
    return Handlers(by_key, store.jobs, words)


def _rules(settings: Settings) -> RequestRules:
    return RequestRules(
        profiles=tuple(profile(gateway, public_url=settings.public_url) for gateway in settings.gateways),
        defaults=settings.defaults,
    )


async def _open_public_routes(settings: Settings, store: Store, clock: Clock) -> PublicRoutes | None:
    if settings.public_url is None:
        return None
    signer = Signer(settings.public_url, await asyncio.to_thread(signing_key, settings.data_dir))
    return PublicRoutes(
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
        store.claims,
        store.jobs,
        worker.advance,
        clock,
        owner=owner,
        owners=owners,
        on_claim_lost=progress_messages.drop,
        expire=worker.expire,
    )
    running = asyncio.create_task(engine.run())
    stack.push_async_callback(_stop, engine, running, stopping)
    return engine


def _start_retention(retention: Retention, stack: AsyncExitStack) -> None:
    running = asyncio.create_task(retention.run())

    async def stop() -> None:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    stack.push_async_callback(stop)


async def _open_gateways(
    settings: Settings,
    rules: RequestRules,
    clock: Clock,
    public_routes: PublicRoutes | None,
    stack: AsyncExitStack,
) -> Mapping[GatewayName, GatewayPort]:
    callbacks = public_routes.callbacks if public_routes is not None else None
    # Shared by all of them: reading the system's certificate authorities takes about 20 ms.
    verify = trust(settings.tls_ca_file)
    ports = {}
    for gateway, gateway_profile in zip(settings.gateways, rules.profiles, strict=True):
        upstream = open_upstream(gateway, gateway_profile, verify=verify, clock=clock, callbacks=callbacks)
        stack.push_async_callback(upstream.close)
        downloader = ResultDownloader(allow_private=gateway.allow_private_results, verify=verify)
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
