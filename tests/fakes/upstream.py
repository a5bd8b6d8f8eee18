"""An upstream and downloads that play scripts."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.contract import Downloads, StoredFile, Upstream, UpstreamEvent, WireReference, Write

Script = Sequence[UpstreamEvent | BaseException]


@dataclass
class ScriptedUpstream(Upstream):
    """Plays one script per submission, in order, and raises the exceptions in it. It has no tasks and no upload service."""

    scripts: list[Script]
    asked: list[tuple[Request, tuple[WireReference, ...]]] = field(default_factory=list)

    async def submit(self, request: Request, references: Sequence[WireReference]) -> AsyncGenerator[UpstreamEvent, None]:
        self.asked.append((request, tuple(references)))
        for entry in self.scripts[len(self.asked) - 1]:
            if isinstance(entry, BaseException):
                raise entry
            yield entry

    def can_resume(self, request: Request) -> bool:
        return False

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        raise AssertionError("this gateway has no tasks")

    async def upload(self, file: StoredFile) -> str:
        raise UpstreamError(UpstreamKind.REFERENCE, certain=True)

    async def close(self) -> None:
        return


@dataclass
class ScriptedTasks(ScriptedUpstream):
    """A scripted upstream with tasks and an upload service.

    Each resumed task plays the next script of `later`. `lends` holds the address or the error of each upload, in order.
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

    async def upload(self, file: StoredFile) -> str:
        self.uploaded.append(file.path.read_bytes())
        address = self.lends[len(self.uploaded) - 1]
        if isinstance(address, UpstreamError):
            raise address
        return address


@dataclass
class ScriptedDownloads(Downloads):
    """Pictures by address. Each download takes the next entry and raises it if it is an error; the last one repeats."""

    pictures: dict[str, list[bytes | UpstreamError]]

    async def fetch(self, address: str, write: Write) -> None:
        entries = self.pictures[address]
        entry = entries.pop(0) if len(entries) > 1 else entries[0]
        if isinstance(entry, UpstreamError):
            raise entry
        await write(entry)

    async def close(self) -> None:
        return
