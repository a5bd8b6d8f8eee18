"""Each interaction and message: read, answered in time, handed to the core."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord

from adapters.discord.address import Standing, direct_message_id
from adapters.discord.failures import FAILURES, RESPONDED_ALREADY, delivery_error, has_code
from adapters.discord.inbound.observed import place_of_interaction, place_of_message, said
from adapters.discord.inbound.reading import (
    Place,
    Said,
    asks_about,
    heard,
    is_for_us,
    pressed,
    submitted,
    target_pictures,
    to_command,
    to_event,
    to_origin,
)
from adapters.discord.outbound.delivery import Delivery
from adapters.discord.outbound.forms import modal
from adapters.discord.outbound.payload import to_payload
from adapters.discord.outbound.sender import to_view
from adapters.discord.settings import NAME
from adapters.shared.core import Core
from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Arrival, Command, Origin
from bot.commands.interpretation import MessageJob
from bot.errors import BotError, DeliveryError, RefusedError, StoreCode, StoreError
from bot.ids import new_job_id

logger = logging.getLogger(__name__)

MESSAGE_MENU = 3
ACKNOWLEDGE_TRIES = 2
REPLAYED = "replayed"
"""Among an interaction's extras: a resumed session tells of it, perhaps once more."""
DOUBLE_PRESS_SECONDS = 3.0


class Receiver:
    def __init__(self, core: Core, delivery: Delivery, clock: Clock) -> None:
        self._core = core
        self._delivery = delivery
        self._presses = RecentPresses(clock)

    async def receive_interaction(self, interaction: discord.Interaction) -> None:
        """Whatever happens, the member gets an answer."""
        origin = to_origin(place_of_interaction(interaction))
        try:
            await self._hear_interaction(interaction)
        except Exception:
            logger.exception("interaction failed", extra={"platform": origin.platform, "interaction": str(interaction.id)})
            await self._refuse(interaction, StoreError(StoreCode.BROKEN, detail="unexpected"))

    async def receive_message(self, message: discord.Message, *, us: int, application: int) -> None:
        spoken = said(message, us)
        if not is_for_us(spoken, str(us)):
            return
        place = place_of_message(message, application)
        origin = to_origin(place)
        try:
            reply = await self._obey(spoken, place, us)
        except BotError as error:
            reply = self._core.refusal(error)
        if reply is not None:
            try:
                await self._delivery.answer(origin, reply, nonce=f"m{message.id}")
            except DeliveryError as error:
                _log_unanswered(origin, error)

    async def _obey(self, spoken: Said, place: Place, us: int) -> Reply | None:
        """What the core answers to a message: nothing, if messages about a job follow. Raises BotError."""
        command = heard(spoken, str(us), await self._discussed(spoken, place, us))
        if command is None:
            return None
        origin = to_origin(place)
        # There is nothing to open here; what can be refused before any work is refused.
        self._core.opening(command)
        return await self._core.handle(Arrival(events=(to_event(place),), origin=origin, command=command))

    async def _discussed(self, spoken: Said, place: Place, us: int) -> MessageJob | None:
        """The job that the replied message of ours speaks of, also where that went to direct messages instead."""
        about = asks_about(spoken, str(us))
        if about is None:
            return None
        instead = direct_message_id(Standing(channel=place.address.channel, message=int(about)))
        return await self._core.job_of_message(NAME, about) or await self._core.job_of_message(NAME, instead)

    async def _hear_interaction(self, interaction: discord.Interaction) -> None:
        data: Any = interaction.data or {}
        match interaction.type:
            case discord.InteractionType.application_command if data.get("type") == MESSAGE_MENU:
                await self._open_form(interaction, data)
            case discord.InteractionType.application_command:
                await self._carry_out(interaction, lambda: to_command(data))
            case discord.InteractionType.component:
                await self._hear_press(interaction, data)
            case discord.InteractionType.modal_submit:
                await self._carry_out(interaction, lambda: submitted(data))
            case discord.InteractionType.autocomplete:
                await interaction.response.autocomplete([])
            case _:
                return

    async def _hear_press(self, interaction: discord.Interaction, data: Any) -> None:  # noqa: ANN401 (JSON)
        message = "" if interaction.message is None else str(interaction.message.id)
        if self._presses.is_double((message, str(data.get("custom_id")), str(interaction.user.id))):
            # Answered by nothing visible: the first press is being carried out.
            with contextlib.suppress(*FAILURES):
                await interaction.response.defer()
        else:
            alone = interaction.message is not None and interaction.message.flags.ephemeral
            await self._carry_out(interaction, lambda: pressed(data), alone=alone)

    async def _carry_out(self, interaction: discord.Interaction, read: Callable[[], Command], *, alone: bool = False) -> None:
        """Decide purely, then let the first await be the answer: Discord waits three seconds.

        `alone`: what was pressed is seen by the member alone, and so is what comes of it.
        """
        place = place_of_interaction(interaction)
        origin = to_origin(place)
        try:
            command = read()
            opening = self._core.opening(command)
        except RefusedError as error:
            await self._refuse(interaction, error)
            return
        if opening.wait:
            await self._acknowledge_and_handle(interaction, place, command, private=opening.private or alone)
            return
        try:
            reply = await self._core.handle(Arrival(events=(to_event(place),), origin=origin, command=command))
        except BotError as error:
            reply = self._core.refusal(error)
        if reply is None:
            raise TypeError(f"{type(command).__name__} was to be answered at once")
        await self._answer(interaction, reply)

    async def _acknowledge_and_handle(
        self,
        interaction: discord.Interaction,
        place: Place,
        command: Command,
        *,
        private: bool,
    ) -> None:
        acknowledged = await self._acknowledge(interaction, place, private=private)
        if acknowledged is None:
            # Too late, or another process answers: nothing is recorded that nobody would see.
            return
        origin = to_origin(acknowledged)
        nonce = f"i{interaction.id}"
        try:
            reply = await self._core.handle(
                Arrival(events=(to_event(place),), origin=origin, command=command, control=place.control),
            )
        except BotError as error:
            try:
                await self._delivery.decline(origin, self._core.refusal(error), nonce=nonce, message=None)
            except DeliveryError as failure:
                _log_unanswered(origin, failure)
            return
        if reply is not None:
            await self._delivery.show_progress(origin, reply, nonce=nonce, message=None, anew=False)

    async def _acknowledge(self, interaction: discord.Interaction, place: Place, *, private: bool) -> Place | None:
        """The place with what is now known of its response; None if it could not be had.

        A try that broke may have got through: that the second is called a repeat is then good news. So it is for what is
        told again: a process that was killed may have answered and not recorded it.
        """
        perhaps_answered = REPLAYED in interaction.extras
        for _ in range(ACKNOWLEDGE_TRIES):
            try:
                callback = await interaction.response.defer(thinking=True, ephemeral=private)
            except FAILURES as error:
                if perhaps_answered and has_code(error, RESPONDED_ALREADY):
                    return replace(place, address=replace(place.address, ephemeral=private))
                failure = delivery_error(error)
                logger.warning(
                    "interaction not acknowledged",
                    extra={"platform": "discord", "interaction": place.event, "code": failure.code, "detail": failure.detail},
                )
                if failure.certain:
                    return None
                perhaps_answered = True
            else:
                response = None if callback is None else callback.message_id
                # Without the right to use external apps, Discord makes a public response private by itself.
                ephemeral = private or (callback is not None and callback.is_ephemeral())
                return replace(place, address=replace(place.address, response=response, ephemeral=ephemeral))
        return None

    async def _open_form(self, interaction: discord.Interaction, data: Any) -> None:  # noqa: ANN401 (JSON)
        """The form is the first response, so nothing may be written before it."""
        origin = to_origin(place_of_interaction(interaction))
        draft = new_job_id()
        try:
            pictures = target_pictures(data["resolved"]["messages"][data["target_id"]], str(interaction.application_id))
            form = modal(self._core.form("edit", origin, draft=draft))
        except RefusedError as error:
            await self._refuse(interaction, error)
            return
        try:
            await interaction.response.send_modal(form)
        except FAILURES as error:
            _log_unanswered(origin, delivery_error(error))
            return
        try:
            await self._core.save_draft(draft, origin, pictures)
        except BotError as error:
            await self._delivery.send_ephemeral(origin, self._core.refusal(error))

    async def _refuse(self, interaction: discord.Interaction, error: BotError) -> None:
        await self._answer(interaction, self._core.refusal(error))

    async def _answer(self, interaction: discord.Interaction, reply: Reply) -> None:
        """The whole answer, to the member alone: as the first response, or beside the one there is."""
        payload = to_payload(reply)
        try:
            if interaction.response.is_done():
                await self._delivery.send_ephemeral(to_origin(place_of_interaction(interaction)), reply)
                return
            await interaction.response.send_message(
                payload.content,
                view=to_view(payload),
                ephemeral=True,
                suppress_embeds=True,
                allowed_mentions=discord.AllowedMentions.none(),
            )
        except DeliveryError as error:
            _log_unanswered(to_origin(place_of_interaction(interaction)), error)
        except FAILURES as error:
            _log_unanswered(to_origin(place_of_interaction(interaction)), delivery_error(error))


class RecentPresses:
    """Which member pressed which button just now: a double click leaves nothing to see. What another process heard, the core knows."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str, str], float] = {}

    def is_double(self, press: tuple[str, str, str]) -> bool:
        now = self._clock.now()
        self._seen = {known: at for known, at in self._seen.items() if now - at < DOUBLE_PRESS_SECONDS}
        double = press in self._seen
        self._seen.setdefault(press, now)
        return double


def _log_unanswered(origin: Origin, error: DeliveryError) -> None:
    logger.warning(
        "not answered",
        extra={"platform": origin.platform, "code": error.code, "detail": error.detail},
    )
