"""Interactions: trigger ids, response URLs, and what the bot shows the member meanwhile."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.clock import SandboxClock
from sandbox.slack.errors import ApiError
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.members.open_views import View
from sandbox.slack.urls import Urls
from sandbox.slack.world import Channel, Message, User

TRIGGER_LIFETIME_S = 3.0
RESPONSE_URL_LIFETIME_S = 1800.0
MOST_RESPONSES = 5


@dataclass(eq=False, kw_only=True)
class Interaction:
    """One command, press, shortcut or submission. `original` is the message that a response can replace, `thread_ts` its thread."""

    id: str
    user: User
    channel: Channel | None
    started_at: float
    trigger_id: str
    secret: str
    response_url: str
    thread_ts: str | None = None
    original: Message | None = None
    responses_left: int = MOST_RESPONSES
    exchanged: bool = False
    view: View | None = None
    private_messages: list[Message] = field(default_factory=list)
    reacted: asyncio.Event = field(default_factory=asyncio.Event)


class Interactions:
    """All interactions of this run."""

    def __init__(self, clock: SandboxClock, identifiers: Identifiers, urls: Urls) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._urls = urls
        self._by_trigger: dict[str, Interaction] = {}
        self._by_secret: dict[str, Interaction] = {}
        self._watched: list[Interaction] = []

    def start(
        self, user: User, channel: Channel | None, *, kind: str, age_s: float = 0.0, source: Message | None = None
    ) -> Interaction:
        """Start an interaction that is `age_s` old; `kind` is that of its response URL: `commands` or `actions`."""
        number = self._identifiers.ts().replace(".", "")
        secret = self._identifiers.secret()
        trigger_id = f"{number[-13:]}.{number[:12]}.{self._identifiers.secret(32)}"
        interaction = Interaction(
            id=number,
            user=user,
            channel=channel,
            started_at=self._clock.now() - age_s,
            trigger_id=trigger_id,
            secret=secret,
            response_url=self._urls.respond(kind, number, secret),
            thread_ts=source.thread_ts if source is not None else None,
            original=source,
        )
        self._by_trigger[trigger_id] = interaction
        self._by_secret[secret] = interaction
        return interaction

    def exchange(self, trigger_id: str) -> Interaction:
        """Use up a trigger id."""
        interaction = self._by_trigger.get(trigger_id)
        if interaction is None:
            raise ApiError("invalid_trigger_id")
        if interaction.exchanged:
            raise ApiError("exchanged_trigger_id")
        if self._clock.now() - interaction.started_at > TRIGGER_LIFETIME_S:
            raise ApiError("expired_trigger_id")
        interaction.exchanged = True
        return interaction

    def use_response_url(self, secret: str) -> Interaction:
        """Use one of a response URL's five uses. The errors are `expired_url` and `used_url`."""
        interaction = self._by_secret.get(secret)
        if interaction is None or self._clock.now() - interaction.started_at > RESPONSE_URL_LIFETIME_S:
            raise ApiError("expired_url")
        if interaction.responses_left == 0:
            raise ApiError("used_url")
        interaction.responses_left -= 1
        return interaction

    @contextlib.contextmanager
    def watching(self, interaction: Interaction) -> Iterator[None]:
        """Collect what the bot shows the member meanwhile."""
        self._watched.append(interaction)
        try:
            yield
        finally:
            self._watched.remove(interaction)

    def notify(self, message: Message) -> None:
        """Note that the bot wrote, changed or removed a message, for all interactions whose member sees it."""
        for interaction in self._watched:
            if message.private_to == interaction.user.id:
                if message not in interaction.private_messages:
                    interaction.private_messages.append(message)
                interaction.reacted.set()
            elif message.private_to is None and interaction.channel is not None and message.channel_id == interaction.channel.id:
                interaction.reacted.set()

    def view_opened(self, interaction: Interaction, view: View) -> None:
        interaction.view = view
        interaction.reacted.set()
