"""Each event, command, press and form: read, recorded or answered in time, handed to the core."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, Literal

from adapters.shared.controls import command_of_press
from adapters.shared.core import Core
from adapters.shared.delivery import log_unanswered
from adapters.shared.gesture import Gesture
from adapters.shared.recent_keys import DOUBLE_PRESS_SECONDS, RecentKeys
from adapters.shared.unexpected import internal_error
from adapters.slack.address import decode_address, message_id
from adapters.slack.inbound.attachments import target_pictures
from adapters.slack.inbound.events import (
    form_metadata,
    gesture_of_command,
    gesture_of_form,
    gesture_of_interaction,
    gesture_of_message,
)
from adapters.slack.inbound.history import History, ThreadRead
from adapters.slack.inbound.messages import current, edition, heard, member_message, thread_messages, thread_of
from adapters.slack.inbound.reading import OpenForm, redirect_private, refuse_spoiler, submission_of, to_command
from adapters.slack.outbound.delivery import Delivery
from adapters.slack.outbound.forms import to_modal
from adapters.slack.outbound.payload import to_answer
from adapters.slack.outbound.sender import Sender
from adapters.slack.settings import NAME
from bot.chat.moment import plain
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.action import ActionKind, decode_action
from bot.commands.command import AnswerQuestion, CancelQuestion, Command, Generate, MessagePictures, Repeat, StartFresh
from bot.commands.form import FormSubmission
from bot.commands.interpretation import interpret_form
from bot.commands.message import Heard, PointedMessage
from bot.commands.table import MENU
from bot.errors import BotError, DeliveryError, RefusedError, StoreCode, StoreError
from bot.ids import JobId, new_job_id
from bot.presentation.forms import field_of
from bot.values import dataclass

logger = logging.getLogger(__name__)

Json = Mapping[str, Any]

EVENT_SECONDS = 2.5
"""An event is recorded within this or comes again: Slack waits three seconds for the acknowledgement."""
RECORD_SECONDS = 0.8
"""A command is recorded within this, or the member is informed in the same second that it is not."""
DOUBLE_ANSWER_SECONDS = 600.0
"""Slack delivers an event again after at most five minutes."""
UNINSTALLED = frozenset({"app_uninstalled", "tokens_revoked"})


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """The response to Slack. Without `accepted`, Slack delivers the event again. `body` is shown at once."""

    accepted: bool = True
    body: Mapping[str, Any] | None = None


ACCEPTED = Acknowledgement()
NOT_ACCEPTED = Acknowledgement(accepted=False)


class Receiver:
    def __init__(self, core: Core, delivery: Delivery, sender: Sender, clock: Clock) -> None:
        self._core = core
        self._delivery = delivery
        self._sender = sender
        self._clock = clock
        self._presses = RecentKeys(clock, seconds=DOUBLE_PRESS_SECONDS)
        self._answers = RecentKeys(clock, seconds=DOUBLE_ANSWER_SECONDS)
        self._history = History(sender, clock)
        self._tasks: set[asyncio.Task[None]] = set()

    def refusal(self, error: BotError) -> Reply:
        """The core's reply for an error."""
        return self._core.refusal(error)

    async def receive(self, body: Json, *, bot_user: str) -> Acknowledgement:
        """Handle one envelope. An acknowledged event is recorded, or answered by a background task."""
        try:
            return await self._handle_envelope(body, bot_user)
        except Exception as error:  # noqa: BLE001  # logged there
            # It would fail in the same way the next time.
            return self._answer_unexpected(body, self._unexpected(error, f"envelope {body.get('type')}"))

    async def drain(self, seconds: float) -> None:
        """Let the commands that were acknowledged be handled."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _handle_envelope(self, body: Json, bot_user: str) -> Acknowledgement:
        if "command" in body:
            return self._handle_command(body)
        match body.get("type"):
            case "event_callback":
                return await self._handle_event(body, bot_user)
            case "block_actions":
                self._handle_press(body)
            case "view_submission":
                return self._handle_form(body)
            case "message_action" | "shortcut":
                self._handle_shortcut(body, bot_user)
            case _:
                pass
        return ACCEPTED

    async def _handle_event(self, body: Json, bot_user: str) -> Acknowledgement:
        event = body.get("event") or {}
        if event.get("type") in UNINSTALLED:
            logger.error("uninstalled", extra={"platform": NAME, "reason": event["type"]})
        if event.get("type") not in {"message", "app_mention"}:
            return ACCEPTED
        message = current(event)
        why = None if message is None else heard(message, bot_user)
        if message is None or why is None:
            return ACCEPTED
        try:
            gesture = gesture_of_message({**body, "event": message}, self._clock.now())
            await self._handle_message(gesture, message, why, bot_user)
        except StoreError as error:
            logger.warning("event not recorded", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            return NOT_ACCEPTED
        return ACCEPTED

    async def _handle_message(self, gesture: Gesture, event: Json, why: Heard, bot_user: str) -> None:
        """Recorded before it is acknowledged, or answered after. Raises StoreError, and only that."""
        reply: Reply | None
        due = self._clock.monotonic() + EVENT_SECONDS
        try:
            if why is not Heard.THREAD:
                # Before anything is looked up; other messages may not be for the bot.
                self._core.admit(gesture.origin)
            if await self._is_job(gesture, event):
                # Delivered or edited again: it was carried out as it was, and by now it may mean something else.
                return
            pointed = await self._pointed_by(event, why, decode_address(gesture.origin.address).channel, bot_user)
            command = await self._core.interpret(gesture.origin, member_message(event, bot_user, why, pointed))
            if command is None:
                return
            gesture = redirect_private(gesture, command)
            self._check(command)
            reply = await self._record(gesture, command, due - self._clock.monotonic())
        except StoreError:
            raise
        except BotError as error:
            if await self._is_job(gesture, event):
                # Its other delivery was understood.
                return
            reply = self._core.refusal(error)
        except Exception as error:  # noqa: BLE001  # logged there
            reply = self._unexpected(error, "message")
            if why is Heard.THREAD:
                # Others talk in the thread of a result: perhaps this was not for the bot.
                return
        # Slack delivers a mention twice, as a mention and as a message; what became a job is known by its ids, an answer here.
        version = edition(event)
        if reply is not None and not self._answers.seen(*(f"{one} {version}" for one in gesture.events)):
            self._start(gesture, self._delivery.send_ephemeral(gesture.origin, reply))

    async def _is_job(self, gesture: Gesture, event: Json) -> bool:
        """Whether a message became a job. Raises StoreError."""
        channel = decode_address(gesture.origin.address).channel
        return await self._core.job_of_message(NAME, message_id(channel, str(event["ts"]))) is not None

    async def _pointed_by(self, event: Json, why: Heard, channel: str, bot_user: str) -> tuple[PointedMessage, ...]:
        """The messages of the thread in which a member writes; they are read only for what is meant for the bot."""
        thread = thread_of(event)
        if thread is None:
            return ()
        read = ThreadRead() if why is Heard.THREAD else await self._history.read(event, channel, thread)
        return thread_messages(event, channel, thread, read.messages, bot_user, unread=not read.complete)

    def _handle_command(self, body: Json) -> Acknowledgement:
        """An immediate refusal is the acknowledgement itself; everything else follows in a task."""
        gesture = gesture_of_command(body, self._clock.now())
        try:
            self._core.admit(gesture.origin)
            command = to_command(body)
            if isinstance(command, OpenForm):
                self._start(gesture, self._open_form(str(body["trigger_id"]), gesture, command.verb, prompt=command.prompt))
                return ACCEPTED
            self._check(command)
        except RefusedError as error:
            return Acknowledgement(body=to_answer(self._core.refusal(error)))
        self._start(gesture, self._execute(redirect_private(gesture, command), command))
        return ACCEPTED

    def _handle_press(self, payload: Json) -> None:
        action = payload["actions"][0]
        if action.get("type") != "button":
            return
        gesture = gesture_of_interaction(payload, self._clock.now())
        channel = decode_address(gesture.origin.address).channel
        message = str((payload.get("container") or {}).get("message_ts", ""))
        control = str(action["action_id"])
        if self._presses.seen(f"{channel}:{message}:{control}:{gesture.origin.user}"):
            # The first press of a double click is being handled.
            return
        pressed = decode_action(control)
        if pressed is not None and pressed.kind is ActionKind.REOPEN_FORM:
            self._start(gesture, self._reopen_form(str(payload["trigger_id"]), gesture, pressed.job))
            return
        try:
            self._core.admit(gesture.origin)
            command = command_of_press(control)
            self._check(command)
        except RefusedError as error:
            self._start(gesture, self._delivery.send_ephemeral(gesture.origin, self._core.refusal(error)))
        else:
            self._start(gesture, self._execute(redirect_private(gesture, command), command))

    def _handle_form(self, payload: Json) -> Acknowledgement:
        """An error in a form is shown at its field, and the form stays open."""
        gesture = gesture_of_form(payload)
        form: FormSubmission | None = None
        try:
            self._core.admit(gesture.origin)
            form = submission_of(payload["view"])
            command = interpret_form(form)
            self._check(command)
        except RefusedError as error:
            words = plain(self._core.refusal(error).text if form is None else self._core.form_error(form, error))
            return Acknowledgement(body={"response_action": "errors", "errors": {field_of(error): words}})
        self._start(gesture, self._execute(redirect_private(gesture, command), command, form))
        return ACCEPTED

    def _handle_shortcut(self, payload: Json, bot_user: str) -> None:
        gesture = gesture_of_interaction(payload, self._clock.now())
        trigger = str(payload["trigger_id"])
        row = next((row for row in MENU if row.name == payload.get("callback_id")), None)
        if row is None:
            # A shortcut that an older manifest declared.
            return
        if row.on == "anywhere":
            self._start(gesture, self._open_form(trigger, gesture, row.verb))
            return
        try:
            self._core.admit(gesture.origin)
            pictures = target_pictures(payload["message"], decode_address(gesture.origin.address).channel, bot_user)
        except RefusedError as error:
            self._start(gesture, self._delivery.send_ephemeral(gesture.origin, self._core.refusal(error)))
        else:
            self._start(gesture, self._open_form(trigger, gesture, row.verb, pictures=pictures))

    def _check(self, command: Command) -> None:
        """Refuse what can be refused before any work. Raises RefusedError."""
        refuse_spoiler(command)
        self._core.opening(command)

    async def _execute(self, gesture: Gesture, command: Command, form: FormSubmission | None = None) -> None:
        """After the acknowledgement: whatever goes wrong now, the member gets an answer. `form` is what it was read from."""
        answered = isinstance(command, AnswerQuestion | CancelQuestion)
        try:
            reply = await self._record(gesture, command, RECORD_SECONDS)
        except BotError as error:
            answered = False
            reply = self._core.refusal(error) if form is None else await self._core.keep_form(gesture.origin, form, error)
        if answered:
            await self._delivery.replace_question(gesture.origin, reply)
        elif reply is not None:
            await self._delivery.send_ephemeral(gesture.origin, reply)

    async def _record(self, gesture: Gesture, command: Command, seconds: float) -> Reply | None:
        """The core's answer. What is to become a job is recorded within `seconds` or not at all: StoreError BUSY."""
        if not isinstance(command, Generate | Repeat | StartFresh | AnswerQuestion):
            return await self._core.handle(gesture.arrival(command))
        # What takes the place of another request cannot be taken back, so it is recorded however late.
        until = None if isinstance(command, StartFresh) else self._clock.monotonic() + seconds
        arrival = gesture.arrival(command, until=until)
        handling = asyncio.ensure_future(self._core.handle(arrival))
        done, _ = await asyncio.wait({handling}, timeout=seconds)
        if done:
            return handling.result()
        # The task is not cancelled halfway: it checks its own deadline.
        self._keep(asyncio.create_task(_forgotten(handling)))
        raise StoreError(StoreCode.BUSY, detail=f"not recorded within {seconds} s")

    async def _open_form(
        self,
        trigger: str,
        gesture: Gesture,
        verb: Literal["imagine", "edit"],
        *,
        prompt: str = "",
        pictures: MessagePictures | None = None,
    ) -> None:
        """The form comes first: its trigger expires within three seconds."""
        origin = gesture.origin
        draft = None if pictures is None else new_job_id()
        try:
            form = self._core.form(verb, origin, draft=draft, prompt=prompt)
            await self._sender.open_form(trigger, to_modal(form, metadata=form_metadata(gesture)))
            if draft is not None and pictures is not None:
                await self._core.save_draft(draft, origin, pictures)
        except BotError as error:
            detail = getattr(error, "detail", "")
            logger.warning("form not opened", extra={"platform": NAME, "code": error.code, "detail": detail})
            await self._delivery.send_ephemeral(origin, self._core.refusal(error))

    async def _reopen_form(self, trigger: str, gesture: Gesture, draft: JobId) -> None:
        """The form as it was filled in."""
        try:
            form = await self._core.reopened_form(gesture.origin, draft)
            await self._sender.open_form(trigger, to_modal(form, metadata=form_metadata(gesture)))
        except BotError as error:
            await self._delivery.send_ephemeral(gesture.origin, self._core.refusal(error))

    def _unexpected(self, error: Exception, event: str) -> Reply:
        """Log the exception; the reply for its member."""
        return self._core.refusal(internal_error(error, NAME, event))

    def _answer_unexpected(self, body: Json, reply: Reply) -> Acknowledgement:
        """Tell the member of an envelope that could not be handled, if it can be read who that is."""
        if "command" in body:
            return Acknowledgement(body=to_answer(reply))
        try:
            match body.get("type"):
                case "view_submission":
                    gesture = gesture_of_form(body)
                case "block_actions" | "message_action" | "shortcut":
                    gesture = gesture_of_interaction(body, self._clock.now())
                case _:
                    return ACCEPTED
        except (LookupError, TypeError, ValueError, AttributeError):
            return ACCEPTED
        self._start(gesture, self._delivery.send_ephemeral(gesture.origin, reply))
        return ACCEPTED

    def _start(self, gesture: Gesture, work: Coroutine[Any, Any, None]) -> None:
        self._keep(asyncio.create_task(self._answered(gesture, work)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        """The event loop holds its tasks weakly, and `drain` waits for them."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answered(self, gesture: Gesture, work: Coroutine[Any, Any, None]) -> None:
        """Work after the acknowledgement: it ends with an answer to the member, whatever happens."""
        try:
            try:
                await work
            except DeliveryError:
                raise
            except Exception as error:  # noqa: BLE001  # logged there
                await self._delivery.send_ephemeral(gesture.origin, self._unexpected(error, "gesture"))
        except DeliveryError as error:
            log_unanswered(NAME, error)


async def _forgotten(handling: "asyncio.Future[Reply | None]") -> None:
    """The end of a command whose member was told that it is not recorded."""
    try:
        await handling
    except BotError as error:
        logger.info("given up", extra={"platform": NAME, "code": error.code})
    except Exception as error:  # noqa: BLE001  # logged there
        internal_error(error, NAME, "command that was given up")
