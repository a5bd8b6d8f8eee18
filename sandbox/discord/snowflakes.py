"""Discord's ids: 64-bit numbers that carry their time of birth, written as decimal strings."""

from datetime import UTC, datetime

from sandbox.clock import SandboxClock

_EPOCH_MS = 1_420_070_400_000  # the first second of 2015


class Snowflakes:
    """New ids of the stage clock's time; each is larger than the one before as long as none is born in the past."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._count = 0

    def new(self, *, age_s: float = 0.0) -> str:
        self._count += 1
        milliseconds = int((self._clock.now() - age_s) * 1000) - _EPOCH_MS
        return str(milliseconds << 22 | self._count & 0x3FFFFF)


def created_at(snowflake: str) -> float:
    """Seconds since 1970 at which the id was made."""
    return ((int(snowflake) >> 22) + _EPOCH_MS) / 1000


def iso_timestamp(seconds: float) -> str:
    """The way Discord writes times: `2026-11-20T05:22:50.123000+00:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
