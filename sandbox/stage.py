"""What every stand-in shares, and the two small contracts by which the control API reaches them."""

import hashlib
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from random import Random
from typing import Any, Protocol, TextIO

JsonObject = dict[str, Any]

_PARTS_OF_WORDS = re.compile(r"[A-Z]+|\[|\]|[^A-Z\[\]]+")
_FILLED = {
    "[": "(?:",
    "]": ")?",
    "SECONDS": r"\d+(?:\.\d+)?",
    "STATUS": r"[1-5]\d\d",
    "NUMBER": r"\d+",
    "CODE": r"\S+",
}


class StageClock:
    """Wall time in seconds since 1970 plus what `/clock` added: the lifetimes of the stand-ins, never the bot's."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds


@dataclass(kw_only=True)
class Fault:
    """One entry of the fault book: what goes wrong, where, and how long."""

    where: str
    what: str
    times: int | None = None
    every: int | None = None
    until: float | None = None
    seen: int = 0

    def strikes(self, now: float) -> bool:
        """Count one passage and say whether it is hit."""
        self.seen += 1
        if self.until is not None:
            return now < self.until
        if self.every is not None:
            return self.seen % self.every == 0
        return self.times is not None and self.seen <= self.times


class Faults:
    """The fault book. A place is `stand-in.part` or `stand-in.part:DETAIL`; `where` may hold `*`."""

    def __init__(self, clock: StageClock) -> None:
        self._clock = clock
        self._book: list[Fault] = []
        self._known: dict[str, tuple[str, ...]] = {}

    def declare(self, place: str, words: Iterable[str]) -> None:
        """Say what can go wrong at a place. In `slow:SECONDS` and `429[:SECONDS]`, capitals stand for a figure or a code, brackets for what may lack."""
        self._known[place] = tuple(words)

    def known(self, place: str) -> tuple[str, ...]:
        return self._known[place]

    def check(self, where: str, what: str) -> None:
        """Raises ActError with a sentence that lists what is known: a word that strikes where nobody knows it would break the stand-in."""
        part = where.partition(":")[0]
        places = [place for place in self._known if fnmatch(place, part)]
        if not places:
            raise ActError(f"There is no place {part!r} here; faults are taken at {', '.join(sorted(self._known))}.")
        for place in places:
            if not any(_fits(word, what) for word in self._known[place]):
                raise ActError(f"{place} knows no fault {what!r}; it knows {', '.join(self._known[place])}.")

    def add(self, fault: Fault) -> None:
        self._book.append(fault)

    def clear(self) -> None:
        self._book.clear()

    def take(self, place: str, detail: str = "") -> str | None:
        """The `what` of the first fault that strikes this passage, or None.

        `detail` names the request (`PATCH /channels/1/messages/2`); a `where` without a colon fits every detail.
        """
        for fault in self._book:
            part, _, wanted = fault.where.partition(":")
            if fnmatch(place, part) and (not wanted or fnmatch(detail, wanted)) and fault.strikes(self._clock.now()):
                return fault.what
        return None


def _fits(word: str, what: str) -> bool:
    """Whether `what` is a declared word, its capitals filled in."""
    pattern = "".join(_FILLED.get(part) or re.escape(part) for part in _PARTS_OF_WORDS.findall(word))
    return re.fullmatch(pattern, what) is not None


@dataclass(kw_only=True)
class Recording:
    """Requests the program under test sent to a chat platform, in the order they came, one JSON object each.

    `sink`, if given, is written to as the recording grows.
    """

    lines: list[JsonObject] = field(default_factory=list)
    sink: TextIO | None = None

    def add(self, line: JsonObject) -> None:
        self.lines.append(line)
        if self.sink is not None:
            self.sink.write(json.dumps(line, ensure_ascii=False) + "\n")
            self.sink.flush()


class Files:
    """Bytes by their SHA-256 in hex."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self._bytes[name] = content
        return name

    def get(self, name: str) -> bytes | None:
        return self._bytes.get(name)


@dataclass(kw_only=True)
class Stage:
    """One running sandbox."""

    seed: int = 0
    clock: StageClock = field(default_factory=StageClock)
    recording: Recording = field(default_factory=Recording)
    files: Files = field(default_factory=Files)
    faults: Faults = field(init=False)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.faults = Faults(self.clock)
        self.random = Random(self.seed)


class ActError(Exception):
    """A member cannot do this: the control API answers 400 with the sentence."""


class PlatformStandIn(Protocol):
    """A chat platform as the control API sees it. All values are JSON."""

    async def act(self, act: JsonObject) -> JsonObject:
        """Do what a member does; answer `{id, acknowledged_ms|null, private: [message…]}`. Raises ActError."""
        ...

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        """Let something happen to a place, a member or the bot's rights; its words are the platform's own. Raises ActError."""
        ...

    def seen(self, channel: str, after: str | None) -> list[JsonObject]:
        """Messages of a channel as members see them now, oldest first, those after the message `after` if given."""
        ...

    def describe(self) -> JsonObject:
        """The platform's own entry of the JSON line: guild or team, channels, users."""
        ...

    def environment(self) -> dict[str, str]:
        """The settings a bot process needs to reach this stand-in."""
        ...

    async def close(self) -> None: ...


class GatewayStandIn(Protocol):
    """An image gateway as the control API sees it."""

    name: str
    dialect: str
    url: str
    calls: list[JsonObject]
    """Paid calls: `{gateway, at, body, images, billed}`, `images` the references as `{width, height, sha256, metadata}`."""

    async def close(self) -> None: ...
