"""Discord's rate limits: one bucket for each route and major parameter, and fifty requests a second for the whole bot."""

import hashlib
import time
from collections import deque
from dataclasses import dataclass

GLOBAL_PER_SECOND = 50


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """`count` requests in `window_s`; `messages` marks limits that `--no-message-limits` turns off."""

    count: int
    window_s: float
    messages: bool = False


@dataclass(frozen=True, kw_only=True)
class RateLimitDecision:
    """The buckets' answer to one request: its headers, and if it is refused, how long to wait and whether the limit is global."""

    headers: dict[str, str]
    retry_after: float | None = None
    is_global: bool = False


@dataclass(kw_only=True)
class _Bucket:
    resets_at: float
    used: int = 0


class RateLimits:
    """Fixed windows on the monotonic clock: a bot waits in real time, whatever the sandbox's clock says."""

    def __init__(self, *, message_limits: bool) -> None:
        self._message_limits = message_limits
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._recent: deque[float] = deque()

    def admit(self, route: str, major: str, limit: RateLimit | None, *, global_exempt: bool) -> RateLimitDecision:
        """Count one request, in its bucket and globally; without a limit it has no bucket."""
        now = time.monotonic()
        if not global_exempt and not self._passes_globally(now):
            wait = round(1.0 - (now - self._recent[0]), 3)
            return RateLimitDecision(headers=retry_headers(wait, scope="global"), retry_after=wait, is_global=True)
        return RateLimitDecision(headers={}) if limit is None else self._admit_to_bucket(route, major, limit, now)

    def _admit_to_bucket(self, route: str, major: str, limit: RateLimit, now: float) -> RateLimitDecision:
        count = limit.count if self._message_limits or not limit.messages else 10_000
        bucket = self._buckets.get((route, major))
        if bucket is None or now >= bucket.resets_at:
            bucket = self._buckets[route, major] = _Bucket(resets_at=now + limit.window_s)
        refused = bucket.used >= count
        if not refused:
            bucket.used += 1
        left = bucket.resets_at - now
        headers = {
            "X-RateLimit-Limit": str(count),
            "X-RateLimit-Remaining": str(count - bucket.used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(route.encode(), usedforsecurity=False).hexdigest(),
        }
        if not refused:
            return RateLimitDecision(headers=headers)
        wait = round(left, 3)
        return RateLimitDecision(headers=headers | retry_headers(wait, scope="user"), retry_after=wait)

    def _passes_globally(self, now: float) -> bool:
        while self._recent and now - self._recent[0] >= 1.0:
            self._recent.popleft()
        if len(self._recent) >= GLOBAL_PER_SECOND:
            return False
        self._recent.append(now)
        return True


def retry_headers(wait: float, *, scope: str) -> dict[str, str]:
    """Return the headers that a 429 has in addition to those of its bucket."""
    headers = {"Retry-After": str(max(1, int(wait + 0.999))), "X-RateLimit-Scope": scope}
    return headers | {"X-RateLimit-Global": "true"} if scope == "global" else headers
