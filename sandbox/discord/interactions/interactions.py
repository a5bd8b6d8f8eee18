"""Interactions: what a member started, the token that answers it, and how long that token lives."""

import asyncio
import time
from dataclasses import dataclass, field

from sandbox.discord.errors import refusal
from sandbox.discord.interactions.modals import OpenModal
from sandbox.discord.snowflakes import born
from sandbox.stage import JsonObject, StageClock

CALLBACK_S = 3.0
TOKEN_S = 900.0
MOST_USER_INSTALL_FOLLOWUPS = 5


@dataclass(kw_only=True)
class Interaction:
    """One thing a member did; `delivered_at` and `answered_at` are on the monotonic clock, the token's age is in its id."""

    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    metadata: JsonObject
    user_installed: bool
    source_id: str | None = None
    delivered_at: float = field(default_factory=time.monotonic)
    answered_at: float | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    original_id: str | None = None
    ephemeral: bool = False
    own_messages: list[str] = field(default_factory=list)
    followups: int = 0
    modal: OpenModal | None = None

    @property
    def acknowledged_ms(self) -> float | None:
        return None if self.answered_at is None else round((self.answered_at - self.delivered_at) * 1000, 3)

    def acknowledge(self) -> None:
        self.answered_at = time.monotonic()
        self.answered.set()


class Interactions:
    """All interactions, by id and by token, and the modals that stand open."""

    def __init__(self, clock: StageClock, application_id: str, *, callback_s: float = CALLBACK_S) -> None:
        self.callback_s = callback_s
        self._clock = clock
        self._application_id = application_id
        self._by_id: dict[str, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}
        self.modals: list[OpenModal] = []

    def add(self, interaction: Interaction) -> None:
        self._by_id[interaction.id] = interaction
        self._by_token[interaction.token] = interaction

    def get(self, interaction_id: str) -> Interaction:
        return self._by_id[interaction_id]

    def to_answer(self, interaction_id: str, token: str) -> Interaction:
        """Find the interaction a callback is for, refused when unknown, answered already or too late."""
        interaction = self._by_id.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise refusal(10062)
        if interaction.answered_at is not None:
            raise refusal(40060)
        if time.monotonic() - interaction.delivered_at > self.callback_s:
            raise refusal(10062)
        return interaction

    def by_token(self, application_id: str, token: str) -> Interaction:
        """Find the interaction behind a webhook token, refused when unknown, never answered or older than 15 minutes."""
        interaction = self._by_token.get(token)
        if interaction is None:
            raise refusal(50027)
        if application_id != self._application_id:
            raise refusal(10015)
        if self._clock.now() - born(interaction.id) > TOKEN_S:
            raise refusal(50027)
        if interaction.answered_at is None:
            raise refusal(10015)
        return interaction

    def open_modal(self, modal: OpenModal) -> None:
        self.modals.append(modal)

    def find_modal(self, user_id: str, action: str) -> OpenModal | None:
        """Find the member's newest open form with this id or custom_id."""
        mine = [modal for modal in self.modals if modal.user_id == user_id and action in (modal.id, modal.custom_id)]
        return mine[-1] if mine else None

    def close_modal(self, modal: OpenModal) -> None:
        if modal in self.modals:
            self.modals.remove(modal)
