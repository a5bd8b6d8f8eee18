"""The Discord adapter connected to a stand-in over the real protocol, with a core that tests can inspect."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.discord.capabilities import FORM_FIELDS
from adapters.discord.client import DiscordPlatform
from adapters.discord.settings import DiscordSettings
from bot.commands.command import Arrival
from bot.config.settings import Secret
from bot.config.tls import trust
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.runtime import Runtime
from tests.platforms.scene import WAIT_S, FakeCore, MovableClock


@dataclass(frozen=True, kw_only=True)
class Scene:
    stage: Runtime
    discord: FakeDiscord
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
            while not condition():  # noqa: ASYNC110 (the condition depends on the stand-in)
                await asyncio.sleep(0.01)

    def requests(self, method: str, part: str) -> list[dict[str, Any]]:
        return [line for line in self.stage.recording.lines if line["method"] == method and part in line["path"]]


@asynccontextmanager
async def open_scene(folder: Path, **options: Any) -> AsyncIterator[Scene]:
    """Start the stand-in and the bot, and wait until they are connected."""
    stage = Runtime()
    discord = await FakeDiscord.start(stage, folder, message_limits=False, **options)
    clock = MovableClock()
    core = FakeCore(form_fields=FORM_FIELDS)
    try:
        async with running(connect(discord, clock), core) as platform:
            yield Scene(stage=stage, discord=discord, platform=platform, core=core, clock=clock)
    finally:
        await discord.close()


@asynccontextmanager
async def running(platform: DiscordPlatform, core: FakeCore) -> AsyncIterator[DiscordPlatform]:
    """Run one process of the bot from its connection to its clean stop."""
    platform.bind(core.load)
    task = asyncio.create_task(platform.run())
    try:
        async with asyncio.timeout(WAIT_S):
            while not task.done() and platform.status != "ready":  # noqa: ASYNC110 (the status changes over the wire)
                await asyncio.sleep(0.01)
        if task.done():
            task.result()
        yield platform
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await platform.close()


def connect(discord: FakeDiscord, clock: MovableClock, *, token: str | None = None) -> DiscordPlatform:
    """Return a platform; all those of one stand-in share a data folder, like the processes of one bot."""
    environment = discord.environment()
    ca_file = Path(environment["TLS_CA_FILE"])
    settings = DiscordSettings(token=Secret(token or environment["DISCORD_TOKEN"]), proxy=environment["DISCORD_PROXY"])
    return DiscordPlatform(settings, tls=trust(ca_file), data_dir=ca_file.parent, clock=clock)
