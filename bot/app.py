"""Wires the core from explicit arguments. Adapters call `Bot`; this module depends on no adapter."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

from bot.catalog.profiles import profiles_of
from bot.catalog.retirement import notices
from bot.chat.chat_platform import ChatPlatform, PlatformStatus
from bot.chat.reply import Form, Reply
from bot.clock import Clock
from bot.commands.action import DRAFT, ActionKind
from bot.commands.command import (
    Arrival,
    Command,
    MessagePictures,
    Opening,
    Origin,
)
from bot.commands.form import FormSubmission
from bot.commands.message import MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.table import HandlerKey, opening_of
from bot.config.settings import Settings
from bot.config.tls import trust
from bot.errors import BotError, RefusalCode, RefusedError, StoreError
from bot.ids import GatewayName, JobId, MessageId, PlatformName, new_job_id
from bot.images.processor import ImageProcessor
from bot.jobs.draft import Draft
from bot.requests.checks import RequestRules
from bot.resources import Resources
from bot.store import Store, open_store
from bot.upstream.outcomes import GatewayFailure, GatewayOutcomes
from bot.wallet.access import Access
from bot.wallet.admission import Admission
from bot.wallet.budget import Budgets
from bot.web.contract import Routes, WebAnswer, WebRequest
from bot.web.health import ROUTE as HEALTH_ROUTE
from bot.web.health import Health
from bot.web.references import SignedReferences
from bot.web.signing import ROUTE as REFERENCE_ROUTE
from bot.web.signing import Signer, signing_key
from bot.wording.words import Disclosure, Words

if TYPE_CHECKING:
    from bot.handlers.binding import Handlers, HandlersByKey
    from bot.handlers.interpreter import Interpreter
    from bot.job_runner import JobRunner
    from bot.presentation.menu import Menu

CALLBACK_ROUTE = "/callbacks/{token}"
"""Gateways call this path when a task ends."""


class Jobs:
    """Starts the job runner. Its modules are loaded in `start`, because recording a job does not need them."""

    def __init__(self, resources: Resources, stack: AsyncExitStack) -> None:
        self._resources = resources
        self._stack = stack
        self._runner: JobRunner | None = None

    async def start(self) -> None:
        """Advance jobs, beginning with those of an earlier process. Raises StoreError, ConfigurationError."""
        open_job_runner = await asyncio.to_thread(self._load)
        self._runner = await self._stack.enter_async_context(open_job_runner(self._resources))

    def wake(self, job: JobId) -> None:
        """Advance a recorded job now. Does nothing before `start`, which looks for recorded jobs."""
        if self._runner is not None:
            self._runner.engine.wake(job)

    @property
    def gateway_failures(self) -> Mapping[GatewayName, GatewayFailure | None]:
        """The failure of each gateway's last call; the same mapping at all times."""
        return self._resources.outcomes.failures

    async def receive_callback(self, request: WebRequest) -> WebAnswer:
        callbacks = None if self._runner is None else self._runner.callbacks
        return WebAnswer(status=200 if callbacks is not None and callbacks.notify(request.path) else 404)

    def _load(self) -> Callable[[Resources], AbstractAsyncContextManager["JobRunner"]]:
        """Runs in a thread, so that the event loop is not blocked."""
        from bot.job_runner import open_job_runner  # noqa: PLC0415  # gateways and pipeline; receiving commands does not need them

        self._resources.words.prepare()
        self._resources.store.prepare()
        return open_job_runner


class Bot:
    """The core, as the adapters call it."""

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

    def admit(self, origin: Origin) -> None:
        """Refuse at once whom the operator's `[access]` excludes by the origin alone; pure and instant. Raises RefusedError."""
        self._loaded_handlers().access.check_place(origin)

    @cached_property
    def _interpreter(self) -> "Interpreter":
        """Loaded by `start`, or by the first message that arrives before it."""
        from bot.handlers.interpreter import Interpreter  # noqa: PLC0415  # as in _load_handlers

        return Interpreter(
            jobs=self._store.jobs,
            pictures=self._store.pictures,
            messages=self._store.messages,
            memory=self._store.memory,
            clock=self._clock,
            memory_minutes=self._rules.defaults.memory_minutes,
        )

    async def interpret(self, origin: Origin, message: MemberMessage) -> Command | None:
        """The command in a message; None if it is not for the bot. Raises RefusedError, StoreError."""
        buttons = self._platforms[origin.platform].capabilities(origin).buttons
        from bot.wording.lexicon import lexicon  # noqa: PLC0415  # as in _load_handlers

        return await self._interpreter.interpret(origin, message, await asyncio.to_thread(lexicon), buttons=buttons)

    def opening(self, command: Command) -> Opening:
        """The first answer to a command; pure and instant. Raises RefusedError if the command can be refused at once."""
        self._loaded_handlers().check(command)
        return opening_of(command)

    async def menu(self) -> "Menu":
        """The commands for a platform's menu."""
        from bot.presentation.menu import menu  # noqa: PLC0415  # as in _load_handlers
        from bot.presentation.offers import offers_of  # noqa: PLC0415  # as in _load_handlers

        await asyncio.to_thread(self._words.prepare)
        return menu(self._words, offers_of(self._rules.profiles, now=self._clock.now()))

    def mount(self, server: Routes, platforms: Callable[[], Mapping[str, PlatformStatus]]) -> None:
        """Add the core's own routes: health, reference images and callbacks."""
        health = Health(
            self._store.jobs,
            self._clock,
            platforms=platforms,
            gateways={} if self._jobs is None else self._jobs.gateway_failures,
            probe_write=self._store.write_probe.check,
            notices=partial(notices, self._rules.profiles),
        )
        server.add_route("GET", HEALTH_ROUTE, health.serve)
        if self._signer is not None:
            references = SignedReferences(self._signer, self._store.blobs.read, self._clock)
            server.add_route("GET", REFERENCE_ROUTE, references.serve)
        if self._signer is not None and self._jobs is not None:
            server.add_route("POST", CALLBACK_ROUTE, self._jobs.receive_callback)

    async def start(self) -> None:
        """Start to advance jobs; before that, they are only recorded. Raises StoreError, ConfigurationError."""
        await asyncio.to_thread(self._loaded_handlers)
        await asyncio.to_thread(lambda: self._interpreter)
        if self._jobs is not None:
            await self._jobs.start()

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Execute a command. Returns its answer, or None if messages follow. Raises BotError."""
        return await self._loaded_handlers().handle(arrival)

    def refusal(self, error: BotError) -> Reply:
        """The reply for any error."""
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
        """The form for a request. `draft` has the images that it is opened with; `prompt` is what the member has already typed.

        Raises RefusedError as `admit` does.
        """
        self.admit(origin)
        return self._form(verb, origin, draft or new_job_id(), drafted=draft is not None, values={"prompt": prompt})

    def form_error(self, form: FormSubmission, error: BotError) -> str:
        """What is wrong with a form, in the words of its fields."""
        from bot.presentation.forms import form_error  # noqa: PLC0415  # as in _load_handlers

        return form_error(error, form.fields, self._words)

    async def keep_form(self, origin: Origin, form: FormSubmission, error: BotError) -> Reply:
        """The answer to a form that was refused and has closed: what was filled in is stored, so that it can be opened again."""
        from bot.presentation.forms import FINAL, refused_form  # noqa: PLC0415  # as in _load_handlers

        if not isinstance(error, RefusedError) or error.refusal in FINAL:
            return self.refusal(error)
        drafted = form.action.argument == DRAFT
        try:
            before = await self._store.drafts.draft(form.action.job) if drafted else None
            if drafted and (before is None or before.user != origin.user):
                return Reply(text=self.form_error(form, error))
            draft = Draft(
                id=new_job_id(),
                user=origin.user,
                references=before.references if before is not None else (),
                message=before.message if before is not None else None,
                platform=origin.platform,
                verb="edit" if form.action.kind is ActionKind.EDIT_FORM else "imagine",
                fields=form.fields,
                uploads=(*(before.uploads if before is not None else ()), *form.files),
            )
            await self._store.drafts.save_draft(draft, now=self._clock.now())
        except StoreError:
            return Reply(text=self.form_error(form, error))
        return refused_form(error, draft.id, form.fields, self._words)

    async def reopened_form(self, origin: Origin, draft: JobId) -> Form:
        """The form that `keep_form` stored. Raises RefusedError, StoreError."""
        self.admit(origin)
        kept = await self._store.drafts.draft(draft)
        if kept is None:
            raise RefusedError(RefusalCode.FORM_EXPIRED)
        if kept.user != origin.user:
            raise RefusedError(RefusalCode.NOT_YOURS)
        return self._form(kept.verb, origin, draft, drafted=kept.has_pictures, values=kept.fields)

    def _form(
        self, verb: Literal["imagine", "edit"], origin: Origin, job: JobId, *, drafted: bool, values: Mapping[str, str]
    ) -> Form:
        from bot.presentation.forms import picture_form  # noqa: PLC0415  # as in _load_handlers
        from bot.presentation.offers import offers_of  # noqa: PLC0415  # as in _load_handlers

        return picture_form(
            verb=verb,
            job=job,
            drafted=drafted,
            values=values,
            capabilities=self._platforms[origin.platform].capabilities(origin),
            offers=offers_of(self._rules.profiles, now=self._clock.now()),
            words=self._words,
        )

    def _loaded_handlers(self) -> "Handlers":
        """The handlers, loaded by `start` or by the first command that arrives before it."""
        if self._handlers is None:
            self._handlers = self._load_handlers()
        return self._handlers

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        """The job that a message shows or requested; None for any other message. Raises StoreError."""
        return await self._interpreter.job_of_message(platform, message)

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        """Store the images that a form was opened with until it is submitted. Raises BotError."""
        await self._loaded_handlers().access.check(origin)
        stored_draft = Draft(
            id=draft,
            user=origin.user,
            references=pictures.attachments,
            message=pictures.message,
            platform=origin.platform,
        )
        await self._store.drafts.save_draft(stored_draft, now=self._clock.now())


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
        processor = await stack.enter_async_context(ImageProcessor())
        words = Words(disclosure=_disclosure(settings), now=clock.now)
        rules = _rules(settings, clock)
        by_name: dict[PlatformName, ChatPlatform] = {platform.name: platform for platform in platforms}
        resources = Resources(
            settings=settings,
            clock=clock,
            tls=tls or trust(settings.tls_ca_file),
            platforms=by_name,
            store=store,
            processor=processor,
            words=words,
            rules=rules,
            access=Access(settings.access, by_name),
            admission=Admission(settings.quota.tiers, settings.time_zone, Budgets(settings.budgets, settings.time_zone)),
            outcomes=GatewayOutcomes((known.name for known in rules.profiles), clock),
            signer=await _open_signer(settings),
            callback_address=None if settings.public_url is None else settings.public_url + CALLBACK_ROUTE,
        )
        jobs = Jobs(resources, stack)
        yield Bot(
            store=store,
            clock=clock,
            rules=rules,
            load_handlers=partial(_load_handlers, resources, jobs.wake),
            platforms=by_name,
            words=words,
            signer=resources.signer,
            jobs=jobs,
        )


def _load_handlers(resources: Resources, on_recorded: Callable[[JobId], None]) -> "Handlers":
    # Loaded late: connecting does not need them, and they take a good part of the start-up time.
    from bot.handlers.answer import AnswerHandler, CancelHandler  # noqa: PLC0415  # as above
    from bot.handlers.ask import AskHandler, RememberHandler  # noqa: PLC0415  # as above
    from bot.handlers.binding import Handlers  # noqa: PLC0415  # as above
    from bot.handlers.generate import GenerateHandler  # noqa: PLC0415  # as above
    from bot.handlers.help import HelpHandler  # noqa: PLC0415  # as above
    from bot.handlers.models import ModelsHandler  # noqa: PLC0415  # as above
    from bot.handlers.quota import QuotaHandler  # noqa: PLC0415  # as above
    from bot.handlers.recorder import JobRecorder  # noqa: PLC0415  # as above
    from bot.handlers.repeat import RepeatHandler  # noqa: PLC0415  # as above
    from bot.handlers.show_result import ShowResultHandler  # noqa: PLC0415  # as above
    from bot.handlers.start_fresh import StartFreshHandler  # noqa: PLC0415  # as above
    from bot.pipeline.result_messages import ResultMessages  # noqa: PLC0415  # as above

    store, clock, rules, words = resources.store, resources.clock, resources.rules, resources.words
    remembers = rules.defaults.memory_minutes > 0
    recorder = JobRecorder(store.jobs, resources.admission, clock, on_recorded, remembers=remembers)
    result_messages = ResultMessages(
        jobs=store.jobs,
        pictures=store.pictures,
        messages=store.messages,
        blobs=store.blobs,
        processor=resources.processor,
        platforms=resources.platforms,
        words=words,
        clock=clock,
    )
    repeat = RepeatHandler(
        store.jobs, store.pictures, store.questions, recorder, rules, clock, words, platforms=resources.platforms
    )
    by_key: HandlersByKey = {
        HandlerKey.GENERATE: GenerateHandler(recorder, rules),
        HandlerKey.REPEAT: repeat,
        HandlerKey.START_FRESH: StartFreshHandler(store.jobs, recorder, rules, on_recorded),
        HandlerKey.ASK: AskHandler(store.drafts, store.questions, rules, clock, words),
        HandlerKey.REMEMBER: RememberHandler(store.memory, clock, words),
        HandlerKey.ANSWER: AnswerHandler(store.questions, store.drafts, repeat, recorder, rules),
        HandlerKey.CANCEL: CancelHandler(store.questions, clock, words),
        HandlerKey.SHOW_RESULT: ShowResultHandler(store.jobs, result_messages),
        HandlerKey.QUOTA: QuotaHandler(store.ledger, resources.admission, clock, words),
        HandlerKey.MODELS: ModelsHandler(rules.profiles, words, clock),
        HandlerKey.HELP: HelpHandler(resources.platforms, rules, words, clock),
    }
    return Handlers(by_key, store.jobs, resources.access, words, platforms=resources.platforms)


def _disclosure(settings: Settings) -> Disclosure:
    defaults = settings.defaults
    return Disclosure(costs=defaults.show_costs, gateways=defaults.show_gateways, contact=settings.access.contact)


def _rules(settings: Settings, clock: Clock) -> RequestRules:
    return RequestRules(profiles=profiles_of(settings), defaults=settings.defaults, clock=clock)


async def _open_signer(settings: Settings) -> Signer | None:
    if settings.public_url is None:
        return None
    return Signer(settings.public_url, await asyncio.to_thread(signing_key, settings.data_dir))
