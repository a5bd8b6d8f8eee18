"""Wires what receives commands: the handlers, the interpreter of messages, and the forms."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal

from bot.chat.chat_platform import ChatPlatform
from bot.chat.reply import Form, Reply
from bot.clock import Clock
from bot.commands.action import DRAFT, ActionKind
from bot.commands.command import Arrival, Command, MessagePictures, Opening, Origin
from bot.commands.form import FormSubmission
from bot.commands.message import MemberMessage
from bot.commands.pointing import MessageJob
from bot.commands.table import HandlerKey, opening_of
from bot.errors import BotError, RefusalCode, RefusedError, StoreError
from bot.handlers.answer import AnswerHandler, CancelHandler
from bot.handlers.ask import AskHandler, RememberHandler
from bot.handlers.binding import Handlers, HandlersByKey
from bot.handlers.cancel_job import CancelJobHandler
from bot.handlers.generate import GenerateHandler
from bot.handlers.inquiries.help import HelpHandler
from bot.handlers.inquiries.models import ModelsHandler
from bot.handlers.inquiries.quota import QuotaHandler
from bot.handlers.inquiries.remark import RemarkHandler
from bot.handlers.interpreter import Interpreter
from bot.handlers.recorder import JobRecorder
from bot.handlers.repeat import RepeatHandler
from bot.handlers.show_result import ShowResultHandler
from bot.handlers.start_fresh import StartFreshHandler
from bot.ids import JobId, MessageId, PlatformName, new_job_id
from bot.jobs.draft import Draft
from bot.presentation import render
from bot.presentation.forms import FINAL, form_error, picture_form, refused_form
from bot.presentation.menu import Menu, menu
from bot.presentation.offers import offers_of
from bot.requests.checks import RequestRules
from bot.resources import Resources
from bot.store import Store
from bot.wording.lexicon import lexicon
from bot.wording.words import Words


class CommandReceiver:
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
    ) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._handlers = handlers
        self._platforms = platforms
        self._words = words
        self._interpreter = Interpreter(
            jobs=store.jobs,
            pictures=store.pictures,
            messages=store.messages,
            memory=store.memory,
            questions=store.questions,
            drafts=store.drafts,
            clock=clock,
            memory_minutes=rules.defaults.memory_minutes,
        )

    def admit(self, origin: Origin) -> None:
        """Refuse at once whom the operator's `[access]` excludes by the origin alone; pure and instant. Raises RefusedError."""
        self._handlers.access.check_place(origin)

    async def interpret(self, origin: Origin, message: MemberMessage) -> Command | None:
        """The command in a message; None if it is not for the bot. Raises RefusedError, StoreError."""
        buttons = self._platforms[origin.platform].capabilities(origin).buttons
        return await self._interpreter.interpret(origin, message, await asyncio.to_thread(lexicon), buttons=buttons)

    def opening(self, command: Command) -> Opening:
        """The first answer to a command; pure and instant. Raises RefusedError if the command can be refused at once."""
        self._handlers.check(command)
        return opening_of(command)

    async def menu(self) -> Menu:
        """The commands for a platform's menu."""
        await asyncio.to_thread(self._words.prepare)
        return menu(self._words, offers_of(self._rules.profiles, now=self._clock.now()))

    async def handle(self, arrival: Arrival) -> Reply | None:
        """Execute a command. Returns its answer, or None if messages follow. Raises BotError."""
        return await self._handlers.handle(arrival)

    def refusal(self, error: BotError) -> Reply:
        """The reply for any error."""
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
        return form_error(error, form.fields, self._words)

    async def keep_form(self, origin: Origin, form: FormSubmission, error: BotError) -> Reply:
        """The answer to a form that was refused and has closed: what was filled in is stored, so that it can be opened again."""
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
        return picture_form(
            verb=verb,
            job=job,
            drafted=drafted,
            values=values,
            capabilities=self._platforms[origin.platform].capabilities(origin),
            offers=offers_of(self._rules.current_profiles, now=self._clock.now()),
            words=self._words,
        )

    async def job_of_message(self, platform: PlatformName, message: MessageId) -> MessageJob | None:
        """The job that a message shows or requested; None for any other message. Raises StoreError."""
        return await self._interpreter.job_of_message(platform, message)

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        """Store the images that a form was opened with until it is submitted. Raises BotError."""
        await self._handlers.access.check(origin)
        stored_draft = Draft(
            id=draft,
            user=origin.user,
            references=pictures.attachments,
            message=pictures.message,
            platform=origin.platform,
        )
        await self._store.drafts.save_draft(stored_draft, now=self._clock.now())


def command_receiver(resources: Resources, on_recorded: Callable[[JobId], None]) -> CommandReceiver:
    """`on_recorded` is called with each job that a command becomes."""
    store, clock, rules, words = resources.store, resources.clock, resources.rules, resources.words
    remembers = rules.defaults.memory_minutes > 0
    recorder = JobRecorder(store.jobs, resources.admission, clock, on_recorded, remembers=remembers)
    result_messages = resources.result_messages()
    repeat = RepeatHandler(
        store.jobs, store.pictures, store.questions, recorder, rules, clock, words, platforms=resources.platforms
    )
    by_key: HandlersByKey = {
        HandlerKey.GENERATE: GenerateHandler(recorder, rules),
        HandlerKey.REPEAT: repeat,
        HandlerKey.START_FRESH: StartFreshHandler(store.jobs, recorder, rules, on_recorded),
        HandlerKey.CANCEL_JOB: CancelJobHandler(store.jobs, clock, words, on_recorded),
        HandlerKey.REMARK: RemarkHandler(resources.platforms, words),
        HandlerKey.ASK: AskHandler(store.drafts, store.questions, rules, clock, words),
        HandlerKey.REMEMBER: RememberHandler(store.memory, words),
        HandlerKey.ANSWER: AnswerHandler(store.questions, store.drafts, repeat, recorder, rules, clock, words),
        HandlerKey.CANCEL: CancelHandler(store.questions, clock, words),
        HandlerKey.SHOW_RESULT: ShowResultHandler(store.jobs, result_messages),
        HandlerKey.QUOTA: QuotaHandler(store.ledger, resources.admission, clock, words),
        HandlerKey.MODELS: ModelsHandler(rules, words, clock),
        HandlerKey.HELP: HelpHandler(resources.platforms, rules, words, clock),
    }
    return CommandReceiver(
        store=store,
        clock=clock,
        rules=rules,
        handlers=Handlers(by_key, store.jobs, resources.access, words, platforms=resources.platforms),
        platforms=resources.platforms,
        words=words,
    )
