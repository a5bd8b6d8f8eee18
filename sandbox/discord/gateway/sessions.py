"""Gateway sessions: what was sent to a bot, kept so that a lost connection can be resumed."""

import json
from collections import deque
from dataclasses import dataclass, field

from sandbox.contracts import JsonObject
from sandbox.discord.enums import Intent

RESUMABLE_S = 180.0
_MOST_REMEMBERED = 2000


@dataclass(frozen=True, kw_only=True)
class Event:
    """One dispatch. `intent` is the intent a session needs (0: none); `guild_id` is None outside a server.

    Sessions without the message content intent receive `data_without_content` instead, if there is any.
    """

    name: str
    data: JsonObject
    intent: int = 0
    guild_id: str | None = None
    data_without_content: JsonObject | None = None


@dataclass(kw_only=True)
class Session:
    """One identified bot. `lost_at` is when its connection ended, by the sandbox's clock; None while it has one."""

    id: str
    intents: int
    shard: tuple[int, int] | None
    sequence: int = 0
    lost_at: float | None = None
    ended: bool = False
    history: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_MOST_REMEMBERED))

    def wants(self, event: Event) -> bool:
        return bool(not event.intent or self.intents & event.intent) and self._is_on_shard(event.guild_id)

    def _is_on_shard(self, guild_id: str | None) -> bool:
        if self.shard is None:
            return True
        number, count = self.shard
        return ((int(guild_id) >> 22) % count if guild_id else 0) == number

    def record(self, event: Event) -> str:
        """Number the event, store it for a resume, and return its frame."""
        hidden = event.data_without_content is not None and not self.intents & Intent.MESSAGE_CONTENT
        self.sequence += 1
        frame = json.dumps(
            {"op": 0, "s": self.sequence, "t": event.name, "d": event.data_without_content if hidden else event.data}
        )
        self.history.append((self.sequence, frame))
        return frame

    def frames_after(self, sequence: int) -> list[str] | None:
        """Return the frames after `sequence`, or None if some are no longer stored."""
        if self.history and self.history[0][0] > sequence + 1:
            return None
        return [frame for number, frame in self.history if number > sequence]

    def resumable(self, now: float) -> bool:
        return not self.ended and (self.lost_at is None or now - self.lost_at < RESUMABLE_S)
