"""Which keys a process has seen lately: a repeat within a short time is recognised."""

from bot.clock import Clock

DOUBLE_PRESS_SECONDS = 3.0
"""Presses of one button by one member within this are a double click, of which the first counts."""


class RecentKeys:
    """Remembers each key for `seconds` from when it was first seen. Repeats in another process are the core's to recognise."""

    def __init__(self, clock: Clock, *, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._seen: dict[str, float] = {}

    def seen(self, *keys: str) -> bool:
        """Whether any of these keys was seen before; from now on all of them are."""
        now = self._clock.now()
        self._seen = {key: at for key, at in self._seen.items() if now - at < self._seconds}
        known = any(key in self._seen for key in keys)
        for key in keys:
            self._seen.setdefault(key, now)
        return known
