"""Connecting to a platform: pauses between attempts, and logging."""

import logging
import math
import random
from typing import Literal

from bot.errors import DeliveryCode, DeliveryError
from bot.ids import PlatformName

logger = logging.getLogger(__name__)

Status = Literal["connecting", "ready"]

DRAIN_SECONDS = 5.0
"""How long a closing connection waits until its received events are handled."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_RETRY_SECONDS = 600.0
HEADER_CHARACTERS = 100
JITTER = random.SystemRandom()


class Backoff:
    """Pauses between attempts to connect: exponential with jitter, up to a minute."""

    def __init__(self) -> None:
        self._seconds = FIRST_PAUSE_SECONDS

    def reset(self) -> None:
        """Start again with the shortest pause, after a connection that lasted."""
        self._seconds = FIRST_PAUSE_SECONDS

    def pause(self, *, at_least: float = 0.0) -> float:
        """The seconds to wait after a failed attempt."""
        return max(self._draw(0.5, 1.0), at_least)

    def short_pause(self) -> float:
        """The seconds to wait after a connection that succeeded but did not last."""
        return self._draw(0.0, 0.2)

    def _draw(self, low: float, high: float) -> float:
        drawn = self._seconds * JITTER.uniform(low, high)
        self._seconds = min(self._seconds * 2, LONGEST_PAUSE_SECONDS)
        return drawn


def retry_pause(attempt: int) -> float:
    """The seconds to wait after the failed attempt number `attempt` of a call."""
    return attempt * JITTER.uniform(0.5, 1.5)


def retry_seconds(header: str) -> float | None:
    """The seconds in a `Retry-After` header, within what a caller can wait for; None where it holds no number."""
    try:
        seconds = float(header[:HEADER_CHARACTERS])
    except ValueError:
        return None
    return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_RETRY_SECONDS)


def not_connected() -> DeliveryError:
    """The error of a delivery while the platform is not connected."""
    return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail="not connected")


def log_not_connected(platform: PlatformName, detail: str, *, pause: float) -> None:
    logger.warning("not connected", extra={"platform": platform, "detail": detail, "retry_s": round(pause)})
