"""Recognises keys that repeat within a short time."""

from bot.clock import Clock

DOUBLE_PRESS_SECONDS = 3.0
"""Clicks of one member on one button within this time are a double click; only the first counts."""


class RecentKeys:
    """Remembers each key for `seconds` after it was first seen. The core recognises repeats in other processes."""

    def __init__(self, clock: Clock, *, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._seen: dict[str, float] = {}

    def seen(self, *keys: str) -> bool:
        """Whether any of these keys was seen before. Remembers all of them."""
        now = self._clock.monotonic()
        self._seen = {key: at for key, at in self._seen.items() if now - at < self._seconds}
        known = any(key in self._seen for key in keys)
        for key in keys:
            self._seen.setdefault(key, now)
        return known
