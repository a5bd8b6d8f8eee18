"""The clock of the fake servers, which `/clock` moves forward."""

import time


class SandboxClock:
    """Wall time in seconds since 1970 plus what `/clock` added. The bot does not see it."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds
