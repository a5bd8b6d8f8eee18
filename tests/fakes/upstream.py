"""A gateway that plays a list, and the downloads that belong to it."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from bot.errors import UpstreamError
from bot.request import Request
from bot.upstream.outcome import UpstreamEvent

Script = Sequence[UpstreamEvent | BaseException]


@dataclass
class ScriptedUpstream:
    """Plays one script a call, in order; an exception in a script is raised there. Remembers what it was asked."""

    scripts: list[Script]
    asked: list[tuple[Request, tuple[str, ...]]] = field(default_factory=list)

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent, None]:
        self.asked.append((request, tuple(references)))
        for entry in self.scripts[len(self.asked) - 1]:
            if isinstance(entry, BaseException):
                raise entry
            yield entry

    async def close(self) -> None:
        return


@dataclass
class ScriptedDownloads:
    """Pictures by address; an error in their place is raised once, then the next entry counts."""

    pictures: dict[str, list[bytes | UpstreamError]]

    async def fetch(self, address: str) -> bytes:
        entries = self.pictures[address]
        entry = entries.pop(0) if len(entries) > 1 else entries[0]
        if isinstance(entry, UpstreamError):
            raise entry
        return entry

    async def close(self) -> None:
        return
