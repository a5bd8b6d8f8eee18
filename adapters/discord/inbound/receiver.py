"""Each message and interaction: read, answered in time, handed to the core."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord

from adapters.discord.address import decode_address
from adapters.discord.commands import Payload, overwrite
from adapters.discord.failures import FAILURES, RESPONDED_ALREADY, UNKNOWN_INTERACTION, delivery_error, has_code
from adapters.discord.inbound.attachments import Json, target_pictures
from adapters.discord.inbound.events import gesture_of_interaction, gesture_of_message
from adapters.discord.inbound.history import History, Thread
from adapters.discord.inbound.message_json import message_json
from adapters.discord.inbound.messages import heard, member_message
from adapters.discord.inbound.priority import AcknowledgementsFirst
from adapters.discord.inbound.reading import submission_of, to_command
from adapters.discord.outbound.delivery import Delivery
from adapters.discord.outbound.forms import to_modal
from adapters.discord.outbound.payload import to_payload
from adapters.discord.outbound.sender import Sender, to_view
from adapters.discord.session import REPLAYED
from adapters.discord.settings import NAME
from adapters.shared.controls import answers_question, command_of_press
from adapters.shared.core import Core
from adapters.shared.delivery import log_unanswered
from adapters.shared.gesture import Gesture
from adapters.shared.recent_keys import DOUBLE_PRESS_SECONDS, RecentKeys
from adapters.shared.unexpected import internal_error
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.action import ActionKind, decode_action
from bot.commands.command import AnswerQuestion, CancelQuestion, Command, ShowResult
from bot.commands.form import FormSubmission
from bot.commands.interpretation import interpret_form
from bot.commands.message import Heard
from bot.errors import BotError, DeliveryError, RefusedError
from bot.ids import JobId, MessageId, new_job_id

logger = logging.getLogger(__name__)

MESSAGE_MENU = 3
ACKNOWLEDGE_TRIES = 2
ANSWER_SECONDS = 2.8
"""Discord waits three seconds for the first response; the library would repeat a failed call for half a minute."""
TOLD_BY_DISCORD = (UNKNOWN_INTERACTION, RESPONDED_ALREADY)
"""Of an interaction that is too old, Discord itself says that the application did not respond; the other has its answer."""


class Receiver:
    def __init__(self, core: Core, delivery: Delivery, sender: Sender, clock: Clock, first: AcknowledgementsFirst) -> None:
        self._core = core
        self._delivery = delivery
        self._history = History(sender)
        self._first = first
        self._presses = RecentKeys(clock, seconds=DOUBLE_PRESS_SECONDS)

    async def menu_to_send(self, known: Sequence[Mapping[str, Any]]) -> list[Payload] | None:
        """The commands for Discord's menus; None if they are those that it knows."""
        return overwrite(known, await self._core.menu())

    async def receive_message(self, message: discord.Message, *, bot_user: int, application: int) -> None:
        received = message_json(message)
        why = heard(received, str(bot_user), direct=isinstance(message.channel, discord.DMChannel))
        if why is None:
            return
        thread = await self._history.thread_of(message.channel)
        gesture = gesture_of_message(message, application, in_thread=thread is not None)
        try:
            reply = await self._handle_message(gesture, received, why, thread, str(bot_user))
        except BotError as error:
            reply = self._core.refusal(error)
        except Exception as error:  # noqa: BLE001  # logged there
            reply = self._core.refusal(internal_error(error, NAME, "message"))
        if reply is not None:
            try:
                await self._delivery.answer_message(gesture.origin, reply, nonce=f"m{message.id}")
            except DeliveryError as error:
                log_unanswered(NAME, error)

    async def receive_interaction(self, interaction: discord.Interaction) -> None:
        """Whatever happens, the member gets an answer."""
        gesture = gesture_of_interaction(interaction)
        try:
            await self._handle_interaction(interaction, gesture)
        except Exception as error:  # noqa: BLE001  # logged there
            await self._refuse(interaction, gesture, internal_error(error, NAME, f"interaction {interaction.id}"))

    async def _handle_message(
        self, gesture: Gesture, message: Json, why: Heard, thread: Thread | None, bot_user: str
    ) -> Reply | None:
        """The answer to a message; None where messages about a job follow. Raises BotError."""
        self._core.admit(gesture.origin)
        if await self._core.job_of_message(NAME, MessageId(str(message["id"]))) is not None:
            # Discord delivers it again after a restart; by now it may mean something else.
            return None
        pointed = await self._history.pointed_by(message, why, thread, bot_user)
        command = await self._core.interpret(gesture.origin, member_message(message, bot_user, why, pointed))
        if command is None:
            return None
        # A message needs no acknowledgement; this refuses what can be refused before any work.
        self._core.opening(command)
        reply = await self._core.handle(gesture.arrival(command))
        if isinstance(command, AnswerQuestion | CancelQuestion):
            await self._delivery.take_away_answered(gesture.origin)
        return reply

    async def _handle_interaction(self, interaction: discord.Interaction, gesture: Gesture) -> None:
        data: Any = interaction.data or {}
        if interaction.type is not discord.InteractionType.autocomplete:
            try:
                self._core.admit(gesture.origin)
            except RefusedError as error:
                await self._refuse(interaction, gesture, error)
                return
        match interaction.type:
            case discord.InteractionType.application_command if data.get("type") == MESSAGE_MENU:
                await self._open_form(interaction, gesture, data)
            case discord.InteractionType.application_command:
                await self._execute(interaction, gesture, lambda: to_command(data))
            case discord.InteractionType.component:
                await self._handle_press(interaction, gesture)
            case discord.InteractionType.modal_submit:
                await self._submit(interaction, gesture, data)
            case discord.InteractionType.autocomplete:
                await interaction.response.autocomplete([])
            case _:
                return

    async def _handle_press(self, interaction: discord.Interaction, gesture: Gesture) -> None:
        message = "" if interaction.message is None else str(interaction.message.id)
        control = gesture.control or ""
        if self._presses.seen(f"{message}:{control}:{interaction.user.id}"):
            # The first press of a double click is being handled; the second is acknowledged, with nothing to see.
            with contextlib.suppress(*FAILURES):
                await interaction.response.defer()
            return
        action = decode_action(control)
        if action is not None and action.kind is ActionKind.REOPEN_FORM:
            await self._reopen_form(interaction, gesture, action.job)
            return
        private = interaction.message is not None and interaction.message.flags.ephemeral
        done = await self._execute(interaction, gesture, lambda: command_of_press(control), private=private)
        if done and not private and interaction.message is not None and answers_question(control):
            await self._delivery.take_away_question(gesture.origin, interaction.message.id)

    async def _submit(self, interaction: discord.Interaction, gesture: Gesture, data: Any) -> None:  # noqa: ANN401 (JSON)
        """A filled form. Discord has closed it: what was filled in is kept if it is refused."""
        try:
            form = submission_of(data)
        except RefusedError as error:
            await self._refuse(interaction, gesture, error)
            return
        await self._execute(interaction, gesture, lambda: interpret_form(form), form=form)

    async def _execute(
        self,
        interaction: discord.Interaction,
        gesture: Gesture,
        read: Callable[[], Command],
        *,
        private: bool = False,
        form: FormSubmission | None = None,
    ) -> bool:
        """Decide purely, then let the first await be the answer: Discord waits three seconds. False if it was refused.

        `private`: the member alone sees the button, and so the answer, unless the button belongs to a question. `form` is what
        the command was read from.
        """
        try:
            command = read()
            opening = self._core.opening(command)
        except RefusedError as error:
            await self._answer(interaction, gesture, await self._refusal(gesture, error, form))
            return False
        if opening.wait:
            alone = opening.private or (private and not opening.answers_question)
            return await self._acknowledge_and_handle(interaction, gesture, command, private=alone, form=form)
        with self._first.acknowledging():
            try:
                reply, done = await self._core.handle(gesture.arrival(command)), True
            except BotError as error:
                reply, done = self._core.refusal(error), False
            if reply is None:
                raise TypeError(f"{type(command).__name__} was to be answered at once")
            await self._answer(interaction, gesture, reply, replaces=done and private and opening.answers_question)
        return done

    async def _acknowledge_and_handle(
        self,
        interaction: discord.Interaction,
        gesture: Gesture,
        command: Command,
        *,
        private: bool,
        form: FormSubmission | None,
    ) -> bool:
        """False if it was refused, or could not be acknowledged."""
        with self._first.acknowledging():
            # What is shown again is shown in the response; a job has a message of its own, wherever the bot may post.
            own_message = not private and not isinstance(command, ShowResult) and decode_address(gesture.origin.address).posts
            acknowledged = await self._acknowledge(interaction, gesture, private=private, own_message=own_message)
        if acknowledged is None:
            # Too late, or another process answers: the member would never see a job recorded here.
            return False
        origin, done = acknowledged.origin, False
        nonce = f"i{interaction.id}"
        await self._first.others_turn()
        try:
            try:
                reply, done = await self._core.handle(acknowledged.arrival(command)), True
            except BotError as error:
                reply = await self._refusal(acknowledged, error, form)
            except Exception as error:  # noqa: BLE001  # logged there
                reply = self._core.refusal(internal_error(error, NAME, f"interaction {interaction.id}"))
            if reply is not None:
                await self._delivery.answer_privately(origin, reply, nonce=nonce)
        except DeliveryError as failure:
            log_unanswered(NAME, failure)
        return done

    async def _acknowledge(
        self, interaction: discord.Interaction, gesture: Gesture, *, private: bool, own_message: bool
    ) -> Gesture | None:
        """The gesture with the address of its response; None if it could not be acknowledged.

        An attempt that broke off may have reached Discord: that the second is called a repeat is then a success. The same
        holds for an interaction that is replayed: a process that was killed may have answered it without recording that.
        """
        perhaps_answered = REPLAYED in interaction.extras
        address = replace(decode_address(gesture.origin.address), acknowledged=own_message)
        for attempt in range(1, ACKNOWLEDGE_TRIES + 1):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    callback = await interaction.response.defer(thinking=True, ephemeral=private or own_message)
            except FAILURES as error:
                if perhaps_answered and has_code(error, RESPONDED_ALREADY):
                    return gesture.with_address(replace(address, ephemeral=private).encode())
                failure = delivery_error(error)
                _log_not_acknowledged(interaction, failure)
                if failure.certain or attempt == ACKNOWLEDGE_TRIES:
                    await self._tell_directly(gesture, error)
                    return None
                perhaps_answered = True
            else:
                if own_message:
                    return gesture.with_address(address.encode())
                response = None if callback is None else callback.message_id
                # Without the permission Use External Apps, Discord turns a public response into a private one.
                ephemeral = private or (callback is not None and callback.is_ephemeral())
                return gesture.with_address(replace(address, response=response, ephemeral=ephemeral).encode())
        raise AssertionError("every attempt was made")

    async def _open_form(self, interaction: discord.Interaction, gesture: Gesture, data: Any) -> None:  # noqa: ANN401 (JSON)
        """The form is the first response, so nothing may be written before it."""
        origin = gesture.origin
        draft = new_job_id()
        try:
            pictures = target_pictures(data["resolved"]["messages"][data["target_id"]], str(interaction.application_id))
            form = to_modal(self._core.form("edit", origin, draft=draft))
        except RefusedError as error:
            await self._refuse(interaction, gesture, error)
            return
        try:
            await interaction.response.send_modal(form)
        except FAILURES as error:
            log_unanswered(NAME, delivery_error(error))
            await self._tell_directly(gesture, error)
            return
        try:
            await self._core.save_draft(draft, origin, pictures)
        except BotError as error:
            await self._delivery.send_ephemeral(origin, self._core.refusal(error))

    async def _reopen_form(self, interaction: discord.Interaction, gesture: Gesture, draft: JobId) -> None:
        """The form as it was filled in, as the first response."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                form = to_modal(await self._core.reopened_form(gesture.origin, draft))
                await interaction.response.send_modal(form)
        except BotError as error:
            await self._refuse(interaction, gesture, error)
        except FAILURES as error:
            log_unanswered(NAME, delivery_error(error))
            await self._tell_directly(gesture, error)

    async def _refusal(self, gesture: Gesture, error: BotError, form: FormSubmission | None) -> Reply:
        """The answer to a command that is refused. A form is refused in its own words, and can be opened again."""
        return self._core.refusal(error) if form is None else await self._core.keep_form(gesture.origin, form, error)

    async def _refuse(self, interaction: discord.Interaction, gesture: Gesture, error: BotError) -> None:
        await self._answer(interaction, gesture, self._core.refusal(error))

    async def _answer(self, interaction: discord.Interaction, gesture: Gesture, reply: Reply, *, replaces: bool = False) -> None:
        """The complete answer, visible only to the member: as the first response, or as a follow-up, else by direct message.

        `replaces`: it takes the place of the question whose button was pressed.
        """
        try:
            if interaction.response.is_done():
                await self._delivery.send_ephemeral(gesture.origin, reply)
            elif not await self._respond(interaction, reply, replaces=replaces):
                await self._delivery.send_direct(gesture.origin, reply)
        except DeliveryError as error:
            log_unanswered(NAME, error)

    async def _tell_directly(self, gesture: Gesture, error: Exception) -> None:
        """Tell the member by direct message that the interaction could not be answered, unless Discord itself does."""
        if has_code(error, *TOLD_BY_DISCORD):
            return
        try:
            await self._delivery.send_direct(gesture.origin, self._core.refusal(delivery_error(error)))
        except DeliveryError as failure:
            log_unanswered(NAME, failure)

    async def _respond(self, interaction: discord.Interaction, reply: Reply, *, replaces: bool) -> bool:
        """Answer as the first response, ephemerally. False if that failed, and the member was not told so by Discord itself."""
        for _ in range(ACKNOWLEDGE_TRIES):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await _send_response(interaction, reply, replaces=replaces)
            except FAILURES as error:
                failure = delivery_error(error)
                log_unanswered(NAME, failure)
                if has_code(error, *TOLD_BY_DISCORD):
                    return True
                if failure.certain:
                    return False
            else:
                return True
        return False


async def _send_response(interaction: discord.Interaction, reply: Reply, *, replaces: bool) -> None:
    payload = to_payload(reply)
    if replaces:
        await interaction.response.edit_message(content=payload.content, view=None)
        return
    await interaction.response.send_message(
        payload.content,
        view=to_view(payload),
        ephemeral=True,
        suppress_embeds=True,
        allowed_mentions=discord.AllowedMentions.none(),
    )


def _log_not_acknowledged(interaction: discord.Interaction, failure: DeliveryError) -> None:
    fields = {"platform": NAME, "interaction": str(interaction.id), "code": failure.code, "detail": failure.detail}
    logger.warning("interaction not acknowledged", extra=fields)
