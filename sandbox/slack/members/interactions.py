"""Triggers and response URLs, and who still waits to see what the bot does."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.slack.errors import ApiError
from sandbox.slack.identifiers import Identifiers
from sandbox.slack.links import Links
from sandbox.slack.members.open_views import View
from sandbox.slack.world import Channel, Message, User
from sandbox.stage import StageClock

TRIGGER_S = 3.0
RESPONSE_S = 1800.0
MOST_RESPONSES = 5


@dataclass(eq=False, kw_only=True)
class Interaction:
    """One command, press, shortcut or submission; `original` is what a response can replace, `thread_ts` where it happened."""

    id: str
    user: User
    channel: Channel | None
    born: float
    trigger_id: str
    secret: str
    response_url: str
    thread_ts: str | None = None
    original: Message | None = None
    responses_left: int = MOST_RESPONSES
    exchanged: bool = False
    view: View | None = None
    private: list[Message] = field(default_factory=list)
    noticed: asyncio.Event = field(default_factory=asyncio.Event)


class Interactions:
    """All interactions of this run."""

    def __init__(self, clock: StageClock, identifiers: Identifiers, links: Links) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._links = links
        self._by_trigger: dict[str, Interaction] = {}
        self._by_secret: dict[str, Interaction] = {}
        self._watched: list[Interaction] = []

    def begin(
        self, user: User, channel: Channel | None, *, kind: str, age_s: float = 0.0, source: Message | None = None
    ) -> Interaction:
        """Open an interaction that began `age_s` ago; `kind` is the response URL's: `commands` or `actions`."""
        number = self._identifiers.ts().replace(".", "")
        secret = self._identifiers.secret()
        trigger_id = f"{number[-13:]}.{number[:12]}.{self._identifiers.secret(32)}"
        interaction = Interaction(
            id=number,
            user=user,
            channel=channel,
            born=self._clock.now() - age_s,
            trigger_id=trigger_id,
            secret=secret,
            response_url=self._links.respond(kind, number, secret),
            thread_ts=source.thread_ts if source is not None else None,
            original=source,
        )
        self._by_trigger[trigger_id] = interaction
        self._by_secret[secret] = interaction
        return interaction

    def exchange(self, trigger_id: str) -> Interaction:
        """Use a trigger up."""
        interaction = self._by_trigger.get(trigger_id)
        if interaction is None:
            raise ApiError("invalid_trigger_id")
        if interaction.exchanged:
            raise ApiError("exchanged_trigger_id")
        if self._clock.now() - interaction.born > TRIGGER_S:
            raise ApiError("expired_trigger_id")
        interaction.exchanged = True
        return interaction

    def respond(self, secret: str) -> Interaction:
        """Use one of a response URL's five uses; the errors are `expired_url` and `used_url`."""
        interaction = self._by_secret.get(secret)
        if interaction is None or self._clock.now() - interaction.born > RESPONSE_S:
            raise ApiError("expired_url")
        if interaction.responses_left == 0:
            raise ApiError("used_url")
        interaction.responses_left -= 1
        return interaction

    @contextlib.contextmanager
    def watching(self, interaction: Interaction) -> Iterator[None]:
        """Gather what the bot shows the member meanwhile."""
        self._watched.append(interaction)
        try:
            yield
        finally:
            self._watched.remove(interaction)

    def notice(self, message: Message) -> None:
        """Tell those who wait that the bot wrote, changed or removed a message they see."""
        for interaction in self._watched:
            if message.private_to == interaction.user.id:
                if message not in interaction.private:
                    interaction.private.append(message)
                interaction.noticed.set()
            elif message.private_to is None and interaction.channel is not None and message.channel_id == interaction.channel.id:
                interaction.noticed.set()

    def opened(self, interaction: Interaction, view: View) -> None:
        interaction.view = view
        interaction.noticed.set()
