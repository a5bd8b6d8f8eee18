"""Fault injection: what a test wants to go wrong, where, and how long."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch

from sandbox.clock import SandboxClock
from sandbox.contracts import ControlError

_TOKENS = re.compile(r"[A-Z]+|\[|\]|[^A-Z\[\]]+")
_PATTERNS = {
    "[": "(?:",
    "]": ")?",
    "SECONDS": r"\d+(?:\.\d+)?",
    "STATUS": r"[1-5]\d\d",
    "NUMBER": r"\d+",
    "CODE": r"\S+",
}


@dataclass(kw_only=True)
class Fault:
    """One injected fault: it applies `times` times, to every `every`-th request, or `until` a moment of the sandbox's clock."""

    where: str
    what: str
    times: int | None = None
    every: int | None = None
    until: float | None = None
    requests: int = 0

    def applies(self, now: float) -> bool:
        """Count one matching request and return whether the fault applies to it."""
        self.requests += 1
        if self.until is not None:
            return now < self.until
        if self.every is not None:
            return self.requests % self.every == 0
        return self.times is not None and self.requests <= self.times

    def is_spent(self, now: float) -> bool:
        """Whether it will never apply again."""
        if self.until is not None:
            return now >= self.until
        return self.times is not None and self.requests >= self.times


class Faults:
    """All injected faults. A place is `server.part` or `server.part:DETAIL`; `where` may contain `*`."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._faults: list[Fault] = []
        self._known: dict[str, tuple[str, ...]] = {}

    def declare(self, place: str, words: Iterable[str]) -> None:
        """Register the fault words of a place. In `slow:SECONDS` and `429[:SECONDS]`, capitals are placeholders and brackets are optional parts."""
        self._known[place] = tuple(words)

    def known(self, place: str) -> tuple[str, ...]:
        return self._known[place]

    def check(self, where: str, what: str) -> None:
        """Raise ControlError unless every matching place declares the word: an undeclared one would break the server that takes it."""
        part = where.partition(":")[0]
        places = [place for place in self._known if fnmatch(place, part)]
        if not places:
            raise ControlError(f"There is no place {part!r} here; faults are taken at {', '.join(sorted(self._known))}.")
        for place in places:
            if not any(_matches(word, what) for word in self._known[place]):
                raise ControlError(f"{place} knows no fault {what!r}; it knows {', '.join(self._known[place])}.")

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def pending(self) -> list[Fault]:
        """The faults that may still apply."""
        return [fault for fault in self._faults if not fault.is_spent(self._clock.now())]

    def clear(self) -> None:
        self._faults.clear()

    def take(self, place: str, detail: str = "") -> str | None:
        """Return the `what` of the first fault that applies to this request, or None.

        `detail` names the request (`PATCH /channels/1/messages/2`); a `where` without a colon matches every detail.
        """
        for fault in self._faults:
            part, _, wanted = fault.where.partition(":")
            if fnmatch(place, part) and (not wanted or fnmatch(detail, wanted)) and fault.applies(self._clock.now()):
                return fault.what
        return None


def _matches(word: str, what: str) -> bool:
    """Return whether `what` is the declared word with its placeholders filled in."""
    pattern = "".join(_PATTERNS.get(token) or re.escape(token) for token in _TOKENS.findall(word))
    return re.fullmatch(pattern, what) is not None
