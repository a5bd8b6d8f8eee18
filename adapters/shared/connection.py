"""Connecting to a platform and calling it: the pauses between attempts, and what is logged meanwhile."""

import logging
import random
from typing import Literal

from bot.errors import DeliveryCode, DeliveryError
from bot.ids import PlatformName

logger = logging.getLogger(__name__)

Status = Literal["connecting", "ready"]

DRAIN_SECONDS = 5.0
"""How long a connection that ends waits for the events it has received to be handled."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
JITTER = random.SystemRandom()


class Backoff:
    """The pauses between attempts to connect: each up to twice as long as the last, at most a minute, with jitter."""

    def __init__(self) -> None:
        self._seconds = FIRST_PAUSE_SECONDS

    def reset(self) -> None:
        """The last connection was a good one."""
        self._seconds = FIRST_PAUSE_SECONDS

    def pause(self, *, at_least: float = 0.0) -> float:
        """The seconds before the next attempt after one that failed."""
        return max(self._draw(0.5, 1.0), at_least)

    def short_pause(self) -> float:
        """The seconds before the next attempt after a connection that came about and did not last."""
        return self._draw(0.0, 0.2)

    def _draw(self, low: float, high: float) -> float:
        drawn = self._seconds * JITTER.uniform(low, high)
        self._seconds = min(self._seconds * 2, LONGEST_PAUSE_SECONDS)
        return drawn


def retry_pause(attempt: int) -> float:
    """The seconds between a call's attempt number `attempt`, which failed, and the next."""
    return attempt * JITTER.uniform(0.5, 1.5)


def not_connected() -> DeliveryError:
    """Why a message cannot be delivered now."""
    return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail="not connected")


def log_not_connected(platform: PlatformName, detail: str, *, pause: float) -> None:
    logger.warning("not connected", extra={"platform": platform, "detail": detail, "retry_s": round(pause)})
