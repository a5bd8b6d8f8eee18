"""Each event, command, press and form: read, recorded or answered in time, handed to the core."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from adapters.shared.core import Core
from adapters.shared.recent import Recent
from adapters.slack.address import message_id, thread_id
from adapters.slack.commands import EDIT_WITH, NEW_IMAGE
from adapters.slack.inbound.observed import metadata, place_of_command, place_of_event, place_of_interaction, place_of_submission
from adapters.slack.inbound.reading import (
    OpenForm,
    Place,
    Said,
    heard,
    is_picture,
    kept_alone,
    may_be_for_us,
    pressed,
    refuse_spoiler,
    said,
    submitted,
    target_pictures,
    to_attachment,
    to_command,
    to_events,
    to_origin,
)
from adapters.slack.outbound.delivery import Delivery
from adapters.slack.outbound.forms import to_view
from adapters.slack.outbound.payload import to_answer
from adapters.slack.outbound.sender import Sender
from adapters.slack.settings import NAME
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Arrival, Command, Generate, MessagePictures, Origin, Repeat
from bot.errors import BotError, DeliveryError, RefusedError, StoreCode, StoreError
from bot.ids import new_job_id
from bot.presentation.forms import field_of

logger = logging.getLogger(__name__)

Json = Mapping[str, Any]

EVENT_SECONDS = 2.5
"""An event is recorded within this or comes again: Slack waits three seconds for the acknowledgement."""
RECORD_SECONDS = 0.8
"""A command is recorded within this, or its member is told in the same second that it is not."""
DOUBLE_PRESS_SECONDS = 3.0
DOUBLE_ANSWER_SECONDS = 600.0
"""Slack brings an event again after at most five minutes."""
LOST = frozenset({"app_uninstalled", "tokens_revoked"})


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """What Slack is told. `accepted` False: nothing, so that it comes again. `body` is said or shown at once."""

    accepted: bool = True
    body: Mapping[str, Any] | None = None


DONE = Acknowledgement()
WITHHELD = Acknowledgement(accepted=False)


class Receiver:
    def __init__(self, core: Core, delivery: Delivery, sender: Sender, clock: Clock) -> None:
        self._core = core
        self._delivery = delivery
        self._sender = sender
        self._clock = clock
        self._presses = Recent(clock, seconds=DOUBLE_PRESS_SECONDS)
        self._answers = Recent(clock, seconds=DOUBLE_ANSWER_SECONDS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def hear(self, body: Json, *, us: str) -> Acknowledgement:
        """One envelope of Slack's. Whatever is acknowledged is written down, or answered by what runs on behind it."""
        try:
            return await self._hear(body, us)
        except Exception:
            logger.exception("envelope not understood", extra={"platform": NAME, "kind": str(body.get("type"))})
            # It would be as little understood the next time.
            return DONE

    async def drain(self, seconds: float) -> None:
        """Let what was acknowledged be carried out."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _hear(self, body: Json, us: str) -> Acknowledgement:
        if "command" in body:
            return self._hear_command(body)
        match body.get("type"):
            case "event_callback":
                return await self._hear_event(body, us)
            case "block_actions":
                self._hear_press(body)
            case "view_submission":
                return self._hear_submission(body)
            case "message_action" | "shortcut":
                self._hear_shortcut(body)
            case _:
                pass
        return DONE

    async def _hear_event(self, body: Json, us: str) -> Acknowledgement:
        event = body.get("event") or {}
        if event.get("type") in LOST:
            logger.error("uninstalled", extra={"platform": NAME, "reason": event["type"]})
        if event.get("type") not in {"message", "app_mention"}:
            return DONE
        spoken = said(event, us)
        if spoken is None or not may_be_for_us(spoken):
            return DONE
        place = place_of_event(body, self._clock.now())
        try:
            await self._obey_message(spoken, place)
        except StoreError as error:
            logger.warning("event not recorded", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            return WITHHELD
        return DONE

    async def _obey_message(self, spoken: Said, place: Place) -> None:
        """Written before it is acknowledged, or answered after. Raises StoreError, and only that."""
        try:
            command = await self._command_of(spoken, place)
            if command is None:
                return
            place = kept_alone(place, command)
            self._judge(command)
            reply = await self._record(place, command, EVENT_SECONDS)
        except StoreError:
            raise
        except BotError as error:
            reply = self._core.refusal(error)
        # Slack brings a mention twice, as a mention and as a message; what became a job is known by its ids, an answer here.
        if reply is not None and not self._answers.any_known(place.events):
            self._start(self._delivery.send_ephemeral(to_origin(place), reply))

    async def _command_of(self, spoken: Said, place: Place) -> Command | None:
        asked = newest = above = None
        if spoken.under is not None:
            channel = place.address.channel
            asked = await self._core.job_of_message(NAME, message_id(channel, spoken.under))
            newest = await self._core.job_of_message(NAME, thread_id(channel, spoken.under))
            if asked is None and newest is None:
                above = await self._pictures_above(spoken, channel)
        return heard(spoken, to_origin(place).user, asked=asked, newest=newest, above=above)

    async def _pictures_above(self, spoken: Said, channel: str) -> MessagePictures | None:
        """Those of the message that a member points at by answering in its thread; without the history, there are none."""
        if spoken.under is None or spoken.attachments or not (spoken.mentions_us or spoken.direct):
            return None
        try:
            message = await self._sender.first_message(channel, spoken.under)
        except DeliveryError as error:
            logger.info("thread not read", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            return None
        found = [to_attachment(file) for file in (message or {}).get("files") or ()]
        pictures = tuple(picture for picture in found if is_picture(picture))
        return MessagePictures(message=message_id(channel, spoken.under), attachments=pictures) if pictures else None

    def _hear_command(self, body: Json) -> Acknowledgement:
        """Whatever can be refused without work is the acknowledgement itself; everything else goes on behind it."""
        place = place_of_command(body, self._clock.now())
        try:
            command = to_command(body)
            if isinstance(command, OpenForm):
                self._start(self._open_form(str(body["trigger_id"]), place, command.verb, prompt=command.prompt))
                return DONE
            self._judge(command)
        except RefusedError as error:
            return Acknowledgement(body=to_answer(self._core.refusal(error)))
        self._start(self._carry_out(kept_alone(place, command), command))
        return DONE

    def _hear_press(self, payload: Json) -> None:
        action = payload["actions"][0]
        if action.get("type") != "button":
            return
        place = place_of_interaction(payload, self._clock.now())
        message = str((payload.get("container") or {}).get("message_ts", ""))
        if self._presses.any_known((f"{place.address.channel}:{message}:{action['action_id']}:{place.user}",)):
            # A double click is one wish: the first is being carried out. What another process heard, the core knows.
            return
        try:
            command = pressed(str(action["action_id"]))
            self._judge(command)
        except RefusedError as error:
            self._start(self._delivery.send_ephemeral(to_origin(place), self._core.refusal(error)))
        else:
            self._start(self._carry_out(kept_alone(place, command), command))

    def _hear_shortcut(self, payload: Json) -> None:
        place = place_of_interaction(payload, self._clock.now())
        trigger = str(payload["trigger_id"])
        match payload.get("callback_id"):
            case callback if callback == NEW_IMAGE:
                self._start(self._open_form(trigger, place, "imagine"))
            case callback if callback == EDIT_WITH:
                try:
                    pictures = target_pictures(payload["message"], place.address.channel)
                except RefusedError as error:
                    self._start(self._delivery.send_ephemeral(to_origin(place), self._core.refusal(error)))
                else:
                    self._start(self._open_form(trigger, place, "edit", pictures=pictures))
            case _:
                # A shortcut that an older manifest declared.
                return

    def _hear_submission(self, payload: Json) -> Acknowledgement:
        """What is wrong with a form is said at its field, and the form stays open."""
        place = place_of_submission(payload)
        try:
            command = submitted(payload["view"])
            self._judge(command)
        except RefusedError as error:
            words = self._core.refusal(error).text
            return Acknowledgement(body={"response_action": "errors", "errors": {field_of(error): words}})
        self._start(self._carry_out(kept_alone(place, command), command))
        return DONE

    def _judge(self, command: Command) -> None:
        """Whatever can be refused before any work. Raises RefusedError."""
        refuse_spoiler(command)
        self._core.opening(command)

    async def _open_form(
        self,
        trigger: str,
        place: Place,
        verb: Literal["imagine", "edit"],
        *,
        prompt: str = "",
        pictures: MessagePictures | None = None,
    ) -> None:
        """The form comes first: its trigger dies within three seconds."""
        origin = to_origin(place)
        draft = None if pictures is None else new_job_id()
        try:
            form = self._core.form(verb, origin, draft=draft, prompt=prompt)
            await self._sender.open_form(trigger, to_view(form, metadata=metadata(place)))
            if draft is not None and pictures is not None:
                await self._core.save_draft(draft, origin, pictures)
        except BotError as error:
            _log_unanswered(origin, error)
            await self._delivery.send_ephemeral(origin, self._core.refusal(error))

    async def _carry_out(self, place: Place, command: Command) -> None:
        """After the acknowledgement: whatever goes wrong now, the member is told."""
        origin = to_origin(place)
        try:
            reply = await self._record(place, command, RECORD_SECONDS)
        except BotError as error:
            reply = self._core.refusal(error)
        except Exception:
            logger.exception("command failed", extra={"platform": NAME, "command": type(command).__name__})
            reply = self._core.refusal(StoreError(StoreCode.BROKEN, detail="unexpected"))
        if reply is not None:
            await self._delivery.send_ephemeral(origin, reply)

    async def _record(self, place: Place, command: Command, seconds: float) -> Reply | None:
        """The core's answer. What is to become a job is recorded within `seconds` or not at all: StoreError BUSY."""
        arrival = Arrival(events=to_events(place), origin=to_origin(place), command=command, control=place.control)
        if not isinstance(command, Generate | Repeat):
            return await self._core.handle(arrival)
        timely = replace(arrival, until=self._clock.now() + seconds)
        handling = asyncio.ensure_future(self._core.handle(timely))
        done, _ = await asyncio.wait({handling}, timeout=seconds)
        if done:
            return handling.result()
        # It is not cut off in the middle: it finds by itself that nobody waits for it any more.
        self._start(_forgotten(handling))
        raise StoreError(StoreCode.BUSY, detail=f"not recorded within {seconds} s")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """The loop holds its tasks weakly, and the end waits for them."""
        task = asyncio.create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _forgotten(handling: "asyncio.Future[Reply | None]") -> None:
    try:
        await handling
    except BotError as error:
        logger.info("given up", extra={"platform": NAME, "code": error.code})


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except DeliveryError as error:
        logger.warning("not answered", extra={"platform": NAME, "code": error.code, "detail": error.detail})
    except Exception:
        logger.exception("gesture failed", extra={"platform": NAME})


def _log_unanswered(origin: Origin, error: BotError) -> None:
    detail = getattr(error, "detail", "")
    logger.warning("form not opened", extra={"platform": origin.platform, "code": error.code, "detail": detail})
