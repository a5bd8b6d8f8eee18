"""The Discord adapter against the stand-in that speaks the real protocol, with a core a test can read."""

import asyncio
import base64
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from adapters.discord.client import DiscordPlatform
from bot.action import DRAFT, Action, ActionKind
from bot.command import (
    Arrival,
    Command,
    Generate,
    MessagePictures,
    Opening,
    Origin,
    Repeat,
    ShowHelp,
    ShowModels,
    ShowQuota,
    ShowResult,
)
from bot.config.settings import DiscordSettings, Secret
from bot.errors import BotError, RefusalCode, RefusedError
from bot.hearing import Discussed
from bot.ids import JobId, MessageId, PlatformName
from bot.presentation.reply import Button, Form, FormField, Picture, Reply
from sandbox.discord.stand_in import Discord
from sandbox.stage import Stage

JOB = JobId("0123456789ab")
WAIT_S = 10.0


class MovableClock:
    """Real time, plus what a test added."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


class FakeCore:
    """Answers like the core; what would become a job is put into `arrivals`, where a test takes it from there."""

    def __init__(self) -> None:
        self.arrivals: asyncio.Queue[Arrival] = asyncio.Queue()
        self.drafts: dict[JobId, MessagePictures] = {}
        self.fails: BotError | None = None

    def opening(self, command: Command) -> Opening:
        match command:
            case Generate():
                if command.options.count == 0:
                    raise RefusedError(RefusalCode.COUNT_OUT_OF_RANGE, value=0, limit=15)
                return Opening(private=command.options.private is True, wait=True)
            case Repeat() | ShowResult():
                return Opening(private=False, wait=True)
            case ShowQuota() | ShowModels() | ShowHelp():
                return Opening(private=True, wait=False)

    async def handle(self, arrival: Arrival) -> Reply | None:
        if self.fails is not None:
            raise self.fails
        if isinstance(arrival.command, ShowQuota | ShowModels | ShowHelp):
            return Reply(text=type(arrival.command).__name__)
        await self.arrivals.put(arrival)
        return None

    def refusal(self, error: BotError) -> Reply:
        return Reply(text=f"refused {error.code.replace('_', ' ')}")

    def form(
        self,
        verb: Literal["imagine", "edit"],
        origin: Origin,
        *,
        draft: JobId | None = None,
        prompt: str = "",
    ) -> Form:
        assert verb == "edit"
        assert draft is not None
        return Form(
            title="Edit with Seedream",
            action=Action(kind=ActionKind.EDIT_FORM, job=draft, argument=DRAFT),
            fields=(
                FormField(name="prompt", kind="paragraph", label="What should change?", required=True, most=4000),
                FormField(name="files", kind="files", label="More pictures", hint="They count on", most=10),
                FormField(name="count", kind="text", label="How many", most=2),
                FormField(name="size", kind="text", label="Size", most=11),
                FormField(name="ratio", kind="text", label="Shape", most=9),
            ),
        )

    async def discussed(self, platform: PlatformName, message: MessageId) -> Discussed | None:
        return None

    async def save_draft(self, draft: JobId, origin: Origin, pictures: MessagePictures) -> None:
        self.drafts[draft] = pictures


def png(width: int, height: int, *, size: int = 0) -> bytes:
    """A grey picture, padded behind its end to `size` bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return (b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")).ljust(size, b"\0")


def result(folder: Path, count: int, *, size: int = 0, spoiler: bool = False) -> Reply:
    """A finished set, as the core would post it."""
    pictures = []
    for number in range(1, count + 1):
        path = folder / f"blob-{number}-{size}"
        path.write_bytes(png(number, 3, size=size))
        pictures.append(
            Picture(
                path=path,
                name=f"{JOB}-{number}.png",
                media_type="image/png",
                width=number,
                height=3,
                size_bytes=path.stat().st_size,
                alt=f"picture {number} of a fox",
                spoiler=spoiler,
            ),
        )
    again = Button(label="Again", action=Action(kind=ActionKind.AGAIN, job=JOB))
    return Reply(text="Here they are.", note="Reply to change it.", pictures=tuple(pictures), buttons=(again,))


def given(name: str, content: bytes) -> dict[str, str]:
    """A file that a member brings along."""
    return {"name": name, "base64": base64.b64encode(content).decode()}


@dataclass(frozen=True, kw_only=True)
class Scene:
    stage: Stage
    discord: Discord
    platform: DiscordPlatform
    core: FakeCore
    clock: MovableClock

    @property
    def channel(self) -> str:
        return str(self.discord.describe()["channels"][0])

    @property
    def ada(self) -> str:
        return str(self.discord.describe()["users"]["ada"])

    async def act(self, kind: str, **more: Any) -> dict[str, Any]:
        return await self.discord.act({"user": self.ada, "channel": self.channel, "kind": kind, **more})

    async def arrival(self) -> Arrival:
        return await asyncio.wait_for(self.core.arrivals.get(), WAIT_S)

    def seen(self, channel: str | None = None) -> list[dict[str, Any]]:
        return self.discord.seen(channel or self.channel)

    def last(self, channel: str | None = None) -> dict[str, Any]:
        return self.seen(channel)[-1]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110 (what is waited for happens in the stand-in's world)
                await asyncio.sleep(0.01)

    def requests(self, method: str, part: str) -> list[dict[str, Any]]:
        return [line for line in self.stage.recording.lines if line["method"] == method and part in line["path"]]


@asynccontextmanager
async def open_scene(folder: Path, **options: Any) -> AsyncIterator[Scene]:
    """The stand-in and the bot, connected."""
    stage = Stage()
    discord = await Discord.start(stage, folder, message_limits=False, **options)
    clock = MovableClock()
    core = FakeCore()
    platform = connect(discord, clock)
    platform.bind(core)
    running = asyncio.create_task(platform.run())
    scene = Scene(stage=stage, discord=discord, platform=platform, core=core, clock=clock)
    try:
        await scene.until(lambda: running.done() or platform.status == "ready")
        if running.done():
            running.result()
        yield scene
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await platform.close()
        await discord.close()


def connect(discord: Discord, clock: MovableClock, *, token: str | None = None) -> DiscordPlatform:
    environment = discord.environment()
    settings = DiscordSettings(token=Secret(token or environment["DISCORD_TOKEN"]), proxy=environment["DISCORD_PROXY"])
    return DiscordPlatform(settings, tls_ca_file=Path(environment["TLS_CA_FILE"]), clock=clock)
