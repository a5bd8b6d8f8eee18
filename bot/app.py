"""The core, wired from explicit arguments. An adapter talks to `Bot`; nothing here knows which one."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

from bot import preparation
from bot.admission import Admission
from bot.announcer import Announcer
from bot.catalog.profiles import profile
from bot.chat_platform import ChatPlatform
from bot.clock import Clock
from bot.command import Arrival, Command, Generate, MessagePictures, Opening, Origin, Repeat, ShowHelp, ShowQuota, ShowResult
from bot.config.settings import Settings
from bot.engine.leases import LeaseEngine
from bot.engine.ownership import hold_ownership
from bot.errors import BotError
from bot.handlers import Handlers
from bot.handlers.answers import Answering
from bot.handlers.generate import Generating
from bot.ids import GatewayName, JobId, PlatformName, new_job_id
from bot.images.studio import Studio
from bot.job import Draft
from bot.posting import Posting
from bot.preparation import Preparation, Rules
from bot.presentation import render
from bot.presentation.forms import picture_form
from bot.presentation.reply import Form, Reply
from bot.store import Store, open_store
from bot.upstream import open_upstream
from bot.upstream.download import Downloader
from bot.wording.words import Words
from bot.worker import GatewayPort, Worker, Workshop

logger = logging.getLogger(__name__)

GRACE_S = 30.0
"""What running work gets on a clean stop; what is longer waits in the database for the next start."""


class Bot:
    """What an adapter may ask of the core."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        rules: Rules,
        handlers: Handlers,
        platforms: Mapping[PlatformName, ChatPlatform],
        words: Words,
    ) -> None:
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
                preparation.check(command, self._rules)
                return Opening(private=command.options.private is True, wait=True)
            case Repeat() | ShowResult():
                return Opening(private=False, wait=True)
            case ShowQuota() | ShowHelp():
                return Opening(private=True, wait=False)

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
async def open_bot(settings: Settings, platforms: Sequence[ChatPlatform], clock: Clock) -> AsyncIterator[Bot]:
    """The running core: on entry unfinished jobs go on, on exit running work gets its grace."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.data_dir))
        studio = await stack.enter_async_context(Studio())
        words = Words()
        by_name: dict[PlatformName, ChatPlatform] = {platform.name: platform for platform in platforms}
        rules = Rules(
            profiles=tuple(profile(gateway) for gateway in settings.gateways),
            defaults=settings.defaults,
        )
        admission = Admission(settings.tiers, settings.time_zone)
        posting = Posting(
            store=store.jobs,
            blobs=store.blobs,
            studio=studio,
            platforms=by_name,
            words=words,
            clock=clock,
        )
        preparing = Preparation(store=store.jobs, blobs=store.blobs, studio=studio, platforms=by_name, rules=rules)
        worker = Worker(
            Workshop(
                store=store.jobs,
                blobs=store.blobs,
                studio=studio,
                clock=clock,
                gateways=await _open_gateways(settings, rules, stack),
                preparation=preparing,
                admission=admission,
                announcer=Announcer(by_name, store.jobs, words, clock),
                posting=posting,
            ),
        )
        owner = secrets.token_hex(8)
        owners = await stack.enter_async_context(hold_ownership(settings.data_dir / "owners", owner))
        engine = LeaseEngine(store.jobs, worker.advance, clock, owner=owner, owners=owners)
        running = asyncio.create_task(engine.run())
        stack.push_async_callback(_stop, engine, running)
        handlers = Handlers(
            generating=Generating(store.jobs, clock, rules, engine.wake),
            answering=Answering(store=store.jobs, clock=clock, admission=admission, posting=posting, words=words),
        )
        yield Bot(store=store, clock=clock, rules=rules, handlers=handlers, platforms=by_name, words=words)


async def _open_gateways(settings: Settings, rules: Rules, stack: AsyncExitStack) -> Mapping[GatewayName, GatewayPort]:
    ports = {}
    for gateway, known in zip(settings.gateways, rules.profiles, strict=True):
        upstream = open_upstream(gateway, known, tls_ca_file=settings.tls_ca_file)
        stack.push_async_callback(upstream.close)
        downloader = Downloader(allow_private=gateway.allow_private_results, tls_ca_file=settings.tls_ca_file)
        stack.push_async_callback(downloader.close)
        ports[GatewayName(gateway.name)] = GatewayPort(
            upstream=upstream,
            downloads=downloader,
            slots=asyncio.Semaphore(gateway.concurrency),
        )
    return ports


async def _stop(engine: LeaseEngine, running: asyncio.Task[None]) -> None:
    await engine.stop(grace_s=GRACE_S)
    await running
