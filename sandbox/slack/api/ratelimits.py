"""Rate limits: tiers by method, and about one message a second in each channel."""

import math
from dataclasses import dataclass
from enum import Enum

from sandbox.clock import SandboxClock


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`burst` calls at once, then `per_minute`; with `by_channel`, each channel has its own bucket."""

    burst: int
    per_minute: int
    by_channel: bool = False


class Tier(Enum):
    """Slack's tiers; methods that it lists as special have figures of their own."""

    ONE = Rate(burst=10, per_minute=1)
    TWO = Rate(burst=20, per_minute=20)
    THREE = Rate(burst=50, per_minute=50)
    FOUR = Rate(burst=100, per_minute=100)
    POSTING = Rate(burst=5, per_minute=60, by_channel=True)
    SPECIAL = Rate(burst=600, per_minute=600)


class RateLimits:
    """Token buckets on the sandbox's clock."""

    def __init__(self, clock: SandboxClock, *, message_limits: bool) -> None:
        self._clock = clock
        self._enabled = message_limits
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, method: str, tier: Tier, channel: str) -> int | None:
        """Count one call; return how many seconds to wait if it exceeds the rate."""
        if not self._enabled:
            return None
        rate = tier.value
        key = (method, channel if rate.by_channel else "")
        now = self._clock.now()
        left, at = self._buckets.get(key, (float(rate.burst), now))
        left = min(float(rate.burst), left + (now - at) * rate.per_minute / 60)
        if left < 1:
            self._buckets[key] = (left, now)
            return max(1, math.ceil((1 - left) * 60 / rate.per_minute))
        self._buckets[key] = (left - 1, now)
        return None
