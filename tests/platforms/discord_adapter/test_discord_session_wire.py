"""A restart, over the real protocol: the next process resumes the session and receives the events in between."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.capabilities import FORM_FIELDS
from adapters.discord.client import DiscordPlatform
from adapters.discord.session import FILE
from bot.chat.reply import Reply
from bot.commands.command import Arrival, Generate, MessagePictures
from bot.ids import JobId
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.faults import Fault
from sandbox.runtime import Runtime
from tests.platforms.discord_adapter.discord_scene import Scene, connect, running
from tests.platforms.scene import WAIT_S, FakeCore, MovableClock, progress_update, result, result_message


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A Discord on which processes of one bot come and go."""

    stage: Runtime
    discord: FakeDiscord
    core: FakeCore
    folder: Path
    log: pytest.LogCaptureFixture

    def process(self) -> AbstractAsyncContextManager[DiscordPlatform]:
        return running(connect(self.discord, MovableClock()), self.core)

    async def act(self, kind: str, *, user: str = "cyd", channel: str = "general", **more: Any) -> dict[str, Any]:
        return await self.discord.act({"user": user, "channel": channel, "kind": kind, **more})

    async def arrivals(self, count: int) -> list[Arrival]:
        async with asyncio.timeout(WAIT_S):
            return [await self.core.arrivals.get() for _ in range(count)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110 (what is waited for happens in another process's world)
                await asyncio.sleep(0.01)

    @property
    def file(self) -> Path:
        return self.folder / FILE

    async def until_kept(self) -> None:
        """The running process has written its session."""
        await self.until(lambda: self.file.exists() and self.file.read_bytes() != b"")

    def answers(self) -> int:
        """How many first answers to interactions have been tried."""
        return sum(line["path"].endswith("/callback") for line in self.stage.recording.lines)

    @property
    def resumed(self) -> list[bool]:
        """Of every process or new session until now, whether it went on with one that was there."""
        return [record.__dict__["resumed"] for record in self.log.records if record.message == "ready"]


@pytest.fixture
async def ground(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Ground]:
    caplog.set_level(logging.INFO, "adapters")
    stage = Runtime()
    discord = await FakeDiscord.start(stage, tmp_path, message_limits=False, callback_timeout_s=60.0)
    yield Ground(stage=stage, discord=discord, core=FakeCore(form_fields=FORM_FIELDS), folder=tmp_path, log=caplog)
    await discord.close()


def prompts(arrivals: list[Arrival]) -> list[str]:
    return [arrival.command.prompt for arrival in arrivals if isinstance(arrival.command, Generate)]


def where(arrival: Arrival) -> tuple[Any, ...]:
    """Who asked, and how they can be answered, but for what is new with every event."""
    address = {name: value for name, value in arrival.origin.address.items() if name not in {"token", "source", "response"}}
    origin = arrival.origin
    return (origin.workspace, origin.user, origin.roles, address)


async def test_what_was_said_during_a_restart_is_heard(ground: Ground) -> None:
    """Mentions, replies to a result and direct messages, once each and in their order; then new ones as usual."""
    async with ground.process() as platform:
        await ground.act("message", text="@bot a fox before")
        (before,) = await ground.arrivals(1)
        reply = result(ground.folder, 1)
        posted = await platform.post(result_message(before.origin, reply))
    await ground.act("message", text="@bot a fox between")
    await ground.act("reply", message=posted.message, text="night")
    await ground.act("message", channel="dm:cyd", text="a fox in between")
    async with ground.process():
        between = await ground.arrivals(3)
        await ground.act("command", name="imagine", options={"prompt": "after"})
        after = await ground.arrivals(1)

    assert prompts(between + after) == ["a fox between", "night", "a fox in between", "after"]
    assert isinstance(between[1].command, Generate)
    assert isinstance(between[1].command.references[0], MessagePictures)
    assert (ground.resumed, ground.core.arrivals.empty()) == ([False, True], True)


async def test_a_resumed_session_knows_as_much(ground: Ground) -> None:
    """Discord lists no servers to it: an event itself contains who asked, with which roles, and how to answer."""
    start = (await ground.act("message", text="start"))["id"]

    async def ask() -> list[Arrival]:
        await ground.act("message", text="@bot a fox in a channel")
        await ground.act("message", text="@bot a fox in a thread", thread=start)
        await ground.act("message", text="a fox in private", channel="dm:cyd")
        await ground.act("command", name="imagine", options={"prompt": "in a channel"})
        await ground.act("command", name="imagine", options={"prompt": "in a thread"}, thread=start)
        await ground.act("command", name="imagine", options={"prompt": "elsewhere"}, channel="elsewhere")
        return await ground.arrivals(6)

    async with ground.process():
        told = await ask()
    async with ground.process() as platform:
        untold = await ask()
        for number, arrival in enumerate(untold):
            words = Reply(text="Painting.")
            assert await platform.show_progress(progress_update(arrival.origin, words, job=JobId(f"{number:012}")))

    assert ground.resumed == [False, True]
    assert told[0].origin.roles == (f"discord:{ground.discord.describe()['roles']['artist']}",)
    assert [where(arrival) for arrival in untold] == [where(arrival) for arrival in told]


async def test_a_command_in_between(ground: Ground) -> None:
    """It is carried out as long as Discord waits for its first answer."""
    async with ground.process():
        pass
    act = asyncio.create_task(ground.act("command", name="imagine", options={"prompt": "in time"}))
    await asyncio.sleep(0)
    async with ground.process():
        assert prompts(await ground.arrivals(1)) == ["in time"]
    assert (await act)["acknowledged_ms"] is not None


async def test_what_comes_too_late_to_be_answered(ground: Ground) -> None:
    """Commands and clicks, double ones as well, are forgotten without a fuss."""
    async with ground.process() as platform:
        await ground.act("message", text="@bot a fox before")
        (before,) = await ground.arrivals(1)
        reply = result(ground.folder, 1)
        posted = await platform.post(result_message(before.origin, reply))
    ground.stage.faults.add(Fault(where="discord.rest:POST /interactions/*", what="error:404:10062", times=3))
    late = [
        asyncio.create_task(ground.act("command", name="imagine", options={"prompt": "too late"})),
        *(asyncio.create_task(ground.act("press", message=posted.message, action="Again")) for _ in range(2)),
    ]
    await asyncio.sleep(0)
    async with ground.process():
        await ground.until(lambda: ground.answers() == len(late))
        await ground.act("command", name="imagine", options={"prompt": "after"})
        assert prompts(await ground.arrivals(1)) == ["after"]
    for act in late:
        act.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    assert ground.core.arrivals.empty()
    assert all(record.exc_info is None for record in ground.log.records)


async def test_a_command_that_was_answered_but_not_recorded(ground: Ground) -> None:
    """Its process was killed between the two: Discord replays it to the next one, which continues."""
    async with ground.process() as platform:
        await ground.until_kept()
        left = ground.file.read_bytes()
        ground.core.slow = asyncio.Event()
        assert (await ground.act("command", name="imagine", options={"prompt": "once"}))["acknowledged_ms"] is not None
        assert platform._connection is not None
        for hearing in platform._connection._handling:
            hearing.cancel()
    ground.file.write_bytes(left)
    ground.core.slow = None
    async with ground.process() as platform:
        (arrival,) = await ground.arrivals(1)
        await platform.show_progress(progress_update(arrival.origin, Reply(text="Painting.")))

    assert prompts([arrival]) == ["once"]
    assert [message["text"] for message in ground.discord.seen("general")] == ["Painting."]


async def test_what_is_not_recorded_yet_was_not_heard(scene: Scene) -> None:
    """If the process is killed meanwhile, it is replayed to the next one; later events are not waited for."""
    connection = scene.platform._connection
    assert connection is not None
    scene.core.slow = asyncio.Event()
    await scene.act("message", text="@bot a red fox")
    await scene.until(lambda: bool(connection._handling))
    session = connection.session
    asked = asyncio.create_task(connection.drain())
    await scene.act("command", name="help")
    assert not asked.done()
    assert session != connection.session
    scene.core.slow.set()
    assert await asked == session


async def test_a_living_session_is_not_stolen(ground: Ground) -> None:
    """A process that starts beside another has a session of its own; both receive events, and the third resumes the first's."""
    async with ground.process() as first:
        await ground.until_kept()
        async with ground.process() as second:
            await ground.act("message", text="@bot during a deploy")
            assert [first.status, second.status] == ["ready", "ready"]
        await ground.act("message", text="@bot after it")
        assert prompts(await ground.arrivals(2)) == ["during a deploy", "after it"]
    await ground.act("message", text="@bot and later")
    async with ground.process():
        assert prompts(await ground.arrivals(1)) == ["and later"]
    assert ground.resumed == [False, False, True]


async def test_who_outlives_the_owner_leaves_its_session(ground: Ground) -> None:
    """After a deploy the session of the younger process is the one to resume."""
    async with AsyncExitStack() as young:
        async with ground.process():
            await ground.until_kept()
            await young.enter_async_context(ground.process())
        left = ground.file.read_bytes()
        await ground.until(lambda: ground.file.read_bytes() != left)
    await ground.act("message", text="@bot and later")
    async with ground.process():
        assert prompts(await ground.arrivals(1)) == ["and later"]
    assert ground.resumed == [False, False, True]


async def test_a_session_is_handed_over_before_the_last_work_is_done(ground: Ground) -> None:
    """A stopping process handles no more events: one that starts meanwhile continues where it stopped."""
    old = connect(ground.discord, MovableClock())
    old.bind(ground.core)
    listening = asyncio.create_task(old.run())
    await ground.until(lambda: old.status == "ready")
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await ground.act("message", text="@bot in the minute of grace")
    assert ground.core.arrivals.empty()
    async with ground.process() as young:
        (arrival,) = await ground.arrivals(1)
        await old.show_progress(progress_update(arrival.origin, Reply(text="The old one still delivers.")))
        await old.close()
        await ground.act("message", text="@bot after it")
        assert prompts([arrival, *await ground.arrivals(1)]) == ["in the minute of grace", "after it"]
        assert young.status == "ready"
    assert ground.resumed == [False, True]


async def test_a_resumed_session_outlasts_its_connections(ground: Ground) -> None:
    """It is resumed within the process, too, as every session is."""
    async with ground.process():
        pass
    async with ground.process() as platform:
        for number, what in enumerate(["close:4000", "drop", "reconnect"]):
            ground.stage.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what=what, times=1))
            await ground.act("message", text=f"@bot number {number}")
            assert prompts(await ground.arrivals(1)) == [f"number {number}"]
            await ground.until(lambda: platform.status == "ready")
    assert ground.resumed == [False, True]


@pytest.mark.parametrize("content", [b"", b"{", b'{"session": 1}\n'])
async def test_a_damaged_file(ground: Ground, content: bytes) -> None:
    """The bot starts as if there had been none, and the next one resumes its session."""
    ground.file.write_bytes(content)
    async with ground.process():
        await ground.act("message", text="@bot the first")
    await ground.act("message", text="@bot the second")
    async with ground.process():
        assert prompts(await ground.arrivals(2)) == ["the first", "the second"]
    assert ground.resumed == [False, True]


async def test_a_session_that_discord_has_forgotten(ground: Ground) -> None:
    """A new one is opened at once, and is the one to resume."""
    async with ground.process():
        pass
    await ground.until(lambda: not ground.discord.connected)
    ground.stage.clock.advance(600)
    for _ in range(2):
        async with ground.process():
            await ground.act("message", text="@bot a fox")
            await ground.arrivals(1)
    assert ground.resumed == [False, False, True]


@pytest.mark.parametrize("changed", [{"sequence": 1_000_000}, {"host": "127.0.0.1.discord.gg"}, {"key": "of another bot"}])
async def test_a_session_that_cannot_be_resumed(ground: Ground, changed: dict[str, Any]) -> None:
    """Whatever is wrong with it, the bot listens."""
    async with ground.process():
        await ground.until_kept()
    ground.file.write_text(json.dumps(json.loads(ground.file.read_text().partition("\n")[0]) | changed))
    async with ground.process():
        await ground.act("message", text="@bot a fox")
        assert prompts(await ground.arrivals(1)) == ["a fox"]
    assert ground.resumed == [False, False]
