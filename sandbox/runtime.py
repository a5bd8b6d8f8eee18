"""What all servers of one running sandbox share: clock, random numbers, faults, recording and files."""

import hashlib
import json
from dataclasses import dataclass, field
from random import Random
from typing import TextIO

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.faults import Faults
from sandbox.gateways.drawing.memory import PaintingMemory


@dataclass(kw_only=True)
class Recording:
    """The requests that the bot sent to chat platforms, in order of arrival, one JSON object each.

    Each is also written to `sink` at once, if there is one.
    """

    lines: list[JsonObject] = field(default_factory=list)
    sink: TextIO | None = None

    def add(self, line: JsonObject) -> None:
        self.lines.append(line)
        if self.sink is not None:
            self.sink.write(json.dumps(line, ensure_ascii=False) + "\n")
            self.sink.flush()


class FileStore:
    """Bytes by their SHA-256 in hex."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self._bytes[name] = content
        return name

    def get(self, name: str) -> bytes | None:
        return self._bytes.get(name)

    def names(self) -> list[str]:
        """Return the names of all files, the oldest first."""
        return list(self._bytes)


@dataclass(kw_only=True)
class Runtime:
    """One running sandbox."""

    seed: int = 0
    clock: SandboxClock = field(default_factory=SandboxClock)
    recording: Recording = field(default_factory=Recording)
    files: FileStore = field(default_factory=FileStore)
    fetches: list[JsonObject] = field(default_factory=list)
    """Every download of a file from a platform, oldest first: `platform` and `name`."""
    paintings: PaintingMemory = field(default_factory=PaintingMemory)
    """What the pictures of all gateways show, so that one can edit what another made."""
    faults: Faults = field(init=False)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.faults = Faults(self.clock)
        self.random = Random(self.seed)
