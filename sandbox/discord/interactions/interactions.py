"""Interactions, their tokens, and how long a token is valid."""

import asyncio
import time
from dataclasses import dataclass, field

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.discord.errors import api_error
from sandbox.discord.interactions.modals import OpenModal
from sandbox.discord.snowflakes import created_at

CALLBACK_TIMEOUT_S = 3.0
TOKEN_S = 900.0
MOST_USER_INSTALL_FOLLOWUPS = 5


@dataclass(kw_only=True)
class Interaction:
    """One interaction. `delivered_at` and `responded_at` are on the monotonic clock; the token's age follows from the id."""

    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    metadata: JsonObject
    user_installed: bool
    source_id: str | None = None
    delivered_at: float = field(default_factory=time.monotonic)
    responded_at: float | None = None
    responded: asyncio.Event = field(default_factory=asyncio.Event)
    original_id: str | None = None
    ephemeral: bool = False
    message_ids: list[str] = field(default_factory=list)
    followups: int = 0
    modal: OpenModal | None = None

    @property
    def acknowledged_ms(self) -> float | None:
        return None if self.responded_at is None else round((self.responded_at - self.delivered_at) * 1000, 3)

    def acknowledge(self) -> None:
        self.responded_at = time.monotonic()
        self.responded.set()


class Interactions:
    """All interactions, by id and by token, and the open modals."""

    def __init__(self, clock: SandboxClock, application_id: str, *, callback_timeout_s: float = CALLBACK_TIMEOUT_S) -> None:
        self.callback_timeout_s = callback_timeout_s
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

    def find_for_callback(self, interaction_id: str, token: str) -> Interaction:
        """Find the interaction of a callback. Raises if it is unknown, already acknowledged or too late."""
        interaction = self._by_id.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise api_error(10062)
        if interaction.responded_at is not None:
            raise api_error(40060)
        if time.monotonic() - interaction.delivered_at > self.callback_timeout_s:
            raise api_error(10062)
        return interaction

    def find_by_token(self, application_id: str, token: str) -> Interaction:
        """Find the interaction of a webhook token. Raises if it is unknown, not yet acknowledged or older than 15 minutes."""
        interaction = self._by_token.get(token)
        if interaction is None:
            raise api_error(50027)
        if application_id != self._application_id:
            raise api_error(10015)
        if self._clock.now() - created_at(interaction.id) > TOKEN_S:
            raise api_error(50027)
        if interaction.responded_at is None:
            raise api_error(10015)
        return interaction

    def open_modal(self, modal: OpenModal) -> None:
        self.modals.append(modal)

    def find_modal(self, user_id: str, action: str) -> OpenModal | None:
        """Find the member's newest open modal with this id or custom_id."""
        mine = [modal for modal in self.modals if modal.user_id == user_id and action in (modal.id, modal.custom_id)]
        return mine[-1] if mine else None

    def close_modal(self, modal: OpenModal) -> None:
        if modal in self.modals:
            self.modals.remove(modal)
