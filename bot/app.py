"""The core, wired from explicit arguments. An adapter talks to `Bot`; nothing here knows which one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Literal

from bot.catalog.profiles import profile
from bot.chat.chat_platform import ChatPlatform, PlatformStatus
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
from bot.errors import BotError
from bot.ids import JobId, MessageId, PlatformName, message_event, new_job_id
from bot.images.processor import ImageProcessor
from bot.jobs.draft import Draft
from bot.requests import checks
from bot.requests.checks import RequestRules
from bot.resources import Resources
from bot.store import Store, open_store
from bot.wallet.admission import Admission
from bot.web.contract import Routes, WebAnswer, WebRequest
from bot.web.health import ROUTE as HEALTH_ROUTE
from bot.web.health import Health
from bot.web.references import SignedReferences
from bot.web.signing import ROUTE as REFERENCE_ROUTE
from bot.web.signing import Signer, signing_key
from bot.wording.words import Words

if TYPE_CHECKING:
    from bot.handlers import Handlers
    from bot.job_runner import JobRunner

CALLBACK_ROUTE = "/callbacks/{token}"
"""Where gateways call us when a task has ended."""


class Jobs:
    """What advances jobs. It is loaded when it is started: receiving commands needs none of it."""

    def __init__(self, resources: Resources, stack: AsyncExitStack) -> None:
        self._resources = resources
        self._stack = stack
        self._runner: JobRunner | None = None

    async def start(self) -> None:
        """Advance jobs, those of an earlier process first. Raises StoreError, ConfigurationError."""
        open_job_runner = await asyncio.to_thread(self._load)
        self._runner = await self._stack.enter_async_context(open_job_runner(self._resources))

    def wake(self, job: JobId) -> None:
        """A job was recorded; before the start there is nobody to wake, and the start looks for it."""
        if self._runner is not None:
            self._runner.engine.wake(job)

    async def answer_callback(self, request: WebRequest) -> WebAnswer:
        callbacks = None if self._runner is None else self._runner.callbacks
        return WebAnswer(status=200 if callbacks is not None and callbacks.hear(request.path) else 404)

    def _load(self) -> Callable[[Resources], AbstractAsyncContextManager["JobRunner"]]:
        """In a thread of its own: the event loop goes on meanwhile."""
        from bot.job_runner import open_job_runner  # noqa: PLC0415  # gateways and pipeline, which receiving does not need

        self._resources.words.prepare()
        self._resources.store.jobs.prepare()
        return open_job_runner


class Bot:
    """What an adapter may ask of the core."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        rules: RequestRules,
        load_handlers: Callable[[], "Handlers"],
        platforms: Mapping[PlatformName, ChatPlatform],
        words: Words,
        signer: Signer | None = None,
        jobs: Jobs | None = None,
    ) -> None:
        self._signer = signer
        self._jobs = jobs
        self._store = store
        self._clock = clock
        self._rules = rules
        self._load_handlers = load_handlers
        self._handlers: Handlers | None = None
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
        if self._signer is not None:
            references = SignedReferences(self._signer, self._store.blobs.read, self._clock)
            server.add_route("GET", REFERENCE_ROUTE, references.serve)
        if self._signer is not None and self._jobs is not None:
            server.add_route("POST", CALLBACK_ROUTE, self._jobs.answer_callback)

    async def start(self) -> None:
        """Begin to advance jobs; until then they are only recorded. Raises StoreError, ConfigurationError."""
        if self._jobs is not None:
            await self._jobs.start()

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Carry out a command. A Reply is its whole answer; None: messages follow. Raises BotError."""
        if self._handlers is None:
            self._handlers = await asyncio.to_thread(self._load_handlers)
        return await self._handlers.handle(arrival)

    def refusal(self, error: BotError) -> Reply:
        """Words for any error."""
        from bot.presentation import render  # noqa: PLC0415  # as in _load_handlers

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
        from bot.presentation.forms import picture_form  # noqa: PLC0415  # as in _load_handlers

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
    """The core, ready to receive commands; jobs wait for `Bot.start`. On exit running work gets its grace."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.data_dir))
        processor = await stack.enter_async_context(ImageProcessor())
        words = Words()
        by_name: dict[PlatformName, ChatPlatform] = {platform.name: platform for platform in platforms}
        resources = Resources(
            settings=settings,
            clock=clock,
            tls=tls or trust(settings.tls_ca_file),
            platforms=by_name,
            store=store,
            processor=processor,
            words=words,
            rules=_rules(settings),
            admission=Admission(settings.quota.tiers, settings.time_zone),
            signer=await _open_signer(settings),
            callback_address=None if settings.public_url is None else settings.public_url + CALLBACK_ROUTE,
        )
        jobs = Jobs(resources, stack)
        yield Bot(
            store=store,
            clock=clock,
            rules=resources.rules,
            load_handlers=partial(_load_handlers, resources, jobs.wake),
            platforms=by_name,
            words=words,
            signer=resources.signer,
            jobs=jobs,
        )


def _load_handlers(resources: Resources, wake: Callable[[JobId], None]) -> "Handlers":
    # What answers commands is not needed to receive them; presentation alone is a tenth of the core.
    from bot.handlers import Handlers  # noqa: PLC0415  # as above
    from bot.handlers.answers import Answering  # noqa: PLC0415  # as above
    from bot.handlers.generate import Generating  # noqa: PLC0415  # as above
    from bot.pipeline.result_messages import ResultMessages  # noqa: PLC0415  # as above

    store, clock, rules = resources.store, resources.clock, resources.rules
    return Handlers(
        generating=Generating(store.jobs, clock, rules, wake),
        answering=Answering(
            store=store.jobs,
            clock=clock,
            admission=resources.admission,
            result_messages=ResultMessages(
                store=store.jobs,
                blobs=store.blobs,
                processor=resources.processor,
                platforms=resources.platforms,
                words=resources.words,
                clock=clock,
            ),
            platforms=resources.platforms,
            profiles=rules.profiles,
            words=resources.words,
        ),
    )


def _rules(settings: Settings) -> RequestRules:
    return RequestRules(
        profiles=tuple(profile(gateway, public_url=settings.public_url) for gateway in settings.gateways),
        defaults=settings.defaults,
    )


async def _open_signer(settings: Settings) -> Signer | None:
    if settings.public_url is None:
        return None
    return Signer(settings.public_url, await asyncio.to_thread(signing_key, settings.data_dir))
