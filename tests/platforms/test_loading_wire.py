"""Events that come before what handles them is loaded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.commands.command import Generate
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.runtime import Runtime
from tests.platforms.discord_adapter import discord_scene
from tests.platforms.scene import WAIT_S, FakeCore, MovableClock
from tests.platforms.slack_adapter import slack_scene

Ask = Callable[[str], Awaitable[object]]


@asynccontextmanager
async def discord(folder: Path, core: FakeCore) -> AsyncIterator[Ask]:
    """The second process of a bot: the first one registered the commands."""
    fake = await FakeDiscord.start(Runtime(), folder, message_limits=False)
    world = fake.describe()
    member = {"user": world["users"]["ada"], "channel": world["channels"][0]}
    try:
        async with discord_scene.running(discord_scene.connect(fake, MovableClock()), FakeCore()):
            pass
        async with discord_scene.running(discord_scene.connect(fake, MovableClock()), core):
            yield lambda prompt: fake.act({**member, "kind": "command", "name": "imagine", "options": {"prompt": prompt}})
    finally:
        await fake.close()


@asynccontextmanager
async def slack(folder: Path, core: FakeCore) -> AsyncIterator[Ask]:
    async with slack_scene.open_scene(folder, core=core) as scene:
        yield lambda prompt: scene.act("command", name="imagine", text=prompt)


@pytest.mark.parametrize("connected", [discord, slack])
async def test_an_early_event_waits_for_what_handles_it(
    tmp_path: Path, connected: Callable[[Path, FakeCore], AbstractAsyncContextManager[Ask]]
) -> None:
    """The platform is connected before; the first event loads the core, others wait for the same, and none is lost."""
    loadable = asyncio.Event()
    core = FakeCore(loadable=loadable)
    async with connected(tmp_path, core) as ask:
        asked = [asyncio.ensure_future(ask(prompt)) for prompt in ("a fox", "an owl")]
        async with asyncio.timeout(WAIT_S):
            while not core.loads:  # noqa: ASYNC110 (the event comes over the wire)
                await asyncio.sleep(0.005)
        assert core.received == []
        loadable.set()
        arrivals = [await asyncio.wait_for(core.arrivals.get(), WAIT_S) for _ in asked]
        for task in asked:
            # The stand-in waits for an answer, and this core has none.
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    assert {arrival.command.prompt for arrival in arrivals if isinstance(arrival.command, Generate)} == {"a fox", "an owl"}
    assert core.loads == 1
