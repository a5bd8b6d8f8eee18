"""Notices that the clock was set, or that the machine slept."""

import logging

from bot.clock import Clock

logger = logging.getLogger(__name__)

JUMP_S = 1.0
"""The clock has jumped when it differs from the monotonic clock by this much more, or less, than before."""


class ClockJumps:
    """`offset`: by how much the clock differs from the monotonic clock, as of the last look."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.offset = self._difference()

    def noticed(self) -> bool:
        """Whether the clock has jumped since the last look."""
        offset = self._difference()
        jump = offset - self.offset
        if abs(jump) <= JUMP_S:
            return False
        logger.warning("clock jumped", extra={"seconds": round(jump, 1)})
        self.offset = offset
        return True

    def _difference(self) -> float:
        return self._clock.now() - self._clock.monotonic()
