"""What has happened here a moment ago."""

from bot.clock import Clock


class Recent:
    """What has happened just now, so that its repeat is known."""

    def __init__(self, clock: Clock, *, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._seen: dict[str, float] = {}

    def any_known(self, names: tuple[str, ...]) -> bool:
        """Whether one of these names was seen within the time; all of them are from now on."""
        now = self._clock.now()
        self._seen = {name: at for name, at in self._seen.items() if now - at < self._seconds}
        known = any(name in self._seen for name in names)
        for name in names:
            self._seen.setdefault(name, now)
        return known
