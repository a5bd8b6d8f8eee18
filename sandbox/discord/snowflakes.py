"""Discord's ids: 64-bit numbers that contain their creation time, written as decimal strings."""

from datetime import UTC, datetime

from sandbox.clock import SandboxClock

_EPOCH_MS = 1_420_070_400_000  # the start of 2015


class Snowflakes:
    """Creates ids by the sandbox's clock. Each is larger than the one before, except for ids created in the past."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._count = 0

    def new(self, *, age_s: float = 0.0) -> str:
        self._count += 1
        milliseconds = int((self._clock.now() - age_s) * 1000) - _EPOCH_MS
        return str(milliseconds << 22 | self._count & 0x3FFFFF)


def created_at(snowflake: str) -> float:
    """Return the creation time of an id in seconds since 1970."""
    return ((int(snowflake) >> 22) + _EPOCH_MS) / 1000


def iso_timestamp(seconds: float) -> str:
    """Format a time as Discord does: `2026-11-20T05:22:50.123000+00:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
