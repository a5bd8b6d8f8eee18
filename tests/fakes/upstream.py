"""A gateway that plays a list, and the downloads that belong to it."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.contract import Downloads, Upstream, UpstreamEvent

Script = Sequence[UpstreamEvent | BaseException]


@dataclass
class ScriptedUpstream(Upstream):
    """Plays one script a call, in order; an exception in a script is raised there. It has neither tasks nor uploads."""

    scripts: list[Script]
    asked: list[tuple[Request, tuple[str, ...]]] = field(default_factory=list)

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent, None]:
        self.asked.append((request, tuple(references)))
        for entry in self.scripts[len(self.asked) - 1]:
            if isinstance(entry, BaseException):
                raise entry
            yield entry

    def can_resume(self, request: Request) -> bool:
        return False

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        raise AssertionError("this gateway has no tasks")

    async def upload(self, content: bytes, media_type: str) -> str:
        raise UpstreamError(UpstreamKind.REFERENCE, certain=True)

    async def close(self) -> None:
        return


@dataclass
class ScriptedTasks(ScriptedUpstream):
    """A gateway with tasks and an upload service: a task that is resumed plays the next script of `later`.

    `lends` are the addresses of uploads, or their errors, in order.
    """

    later: list[Script] = field(default_factory=list)
    resumed: list[TaskId] = field(default_factory=list)
    lends: list[str | UpstreamError] = field(default_factory=list)
    uploaded: list[bytes] = field(default_factory=list)

    def can_resume(self, request: Request) -> bool:
        return True

    async def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        self.resumed.append(task)
        for entry in self.later[len(self.resumed) - 1]:
            if isinstance(entry, BaseException):
                raise entry
            yield entry

    async def upload(self, content: bytes, media_type: str) -> str:
        self.uploaded.append(content)
        lent = self.lends[len(self.uploaded) - 1]
        if isinstance(lent, UpstreamError):
            raise lent
        return lent


@dataclass
class ScriptedDownloads(Downloads):
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
