"""Slack's ids and timestamps."""

from random import Random

from sandbox.clock import SandboxClock

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_ID_TAIL = 9


class Identifiers:
    """Creates ids such as `U07KQ2M9XAB`, and timestamps that increase and are never repeated."""

    def __init__(self, clock: SandboxClock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._last = 0
        self._given: set[int] = set()

    def new(self, prefix: str) -> str:
        return f"{prefix}0{''.join(self._random.choices(_LETTERS, k=_ID_TAIL))}"

    def secret(self, length: int = 24) -> str:
        return f"{self._random.getrandbits(length * 4):0{length}x}"

    def ts(self, age_s: float = 0.0) -> str:
        """Return the timestamp of now, or of `age_s` seconds ago, as seconds with six decimals."""
        micros = int((self._clock.now() - age_s) * 1_000_000)
        if age_s <= 0:
            micros = self._last = max(micros, self._last + 1)
        while micros in self._given:
            micros += 1
        self._given.add(micros)
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def ts_key(ts: str) -> tuple[int, int]:
    """Return a sort key for a timestamp; invalid ones come first."""
    whole, _, rest = ts.partition(".")
    return (int(whole), int(rest.ljust(6, "0"))) if whole.isdecimal() and (rest or "0").isdecimal() else (-1, 0)
