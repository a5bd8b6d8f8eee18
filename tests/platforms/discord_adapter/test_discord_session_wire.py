"""A restart over the real protocol: the next process resumes the session and receives the events sent in between."""

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
class RestartEnvironment:
    """A Discord stand-in on which processes of one bot start and stop."""

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
            while not condition():  # noqa: ASYNC110 (the condition depends on another process)
                await asyncio.sleep(0.01)

    @property
    def file(self) -> Path:
        return self.folder / FILE

    async def until_saved(self) -> None:
        """Wait until the running process has written its session."""
        await self.until(lambda: self.file.exists() and self.file.read_bytes() != b"")

    def acknowledgement_attempts(self) -> int:
        """Return how many acknowledgements of interactions were attempted."""
        return sum(line["path"].endswith("/callback") for line in self.stage.recording.lines)

    @property
    def resumed(self) -> list[bool]:
        """For every connection so far that became ready: whether it resumed an existing session."""
        return [record.__dict__["resumed"] for record in self.log.records if record.message == "ready"]


@pytest.fixture
async def environment(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[RestartEnvironment]:
    caplog.set_level(logging.INFO, "adapters")
    stage = Runtime()
    discord = await FakeDiscord.start(stage, tmp_path, message_limits=False, callback_timeout_s=60.0)
    yield RestartEnvironment(stage=stage, discord=discord, core=FakeCore(form_fields=FORM_FIELDS), folder=tmp_path, log=caplog)
    await discord.close()


def prompts(arrivals: list[Arrival]) -> list[str]:
    return [arrival.command.prompt for arrival in arrivals if isinstance(arrival.command, Generate)]


def stable_origin(arrival: Arrival) -> tuple[Any, ...]:
    """Return the origin of an arrival without the parts that are new with every event."""
    address = {name: value for name, value in arrival.origin.address.items() if name not in {"token", "source", "response"}}
    origin = arrival.origin
    return (origin.workspace, origin.user, origin.roles, origin.place, address)


async def test_messages_during_a_restart_are_received(environment: RestartEnvironment) -> None:
    """Mentions, replies to a result and direct messages arrive once each and in the order of their channel, before new events."""
    async with environment.process() as platform:
        await environment.act("message", text="@bot a fox before")
        (before,) = await environment.arrivals(1)
        reply = result(environment.folder, 1)
        posted = await platform.post(result_message(before.origin, reply))
    await environment.act("message", text="@bot a fox between")
    await environment.act("reply", message=posted.message, text="night")
    await environment.act("message", channel="dm:cyd", text="a fox in between")
    async with environment.process():
        between = await environment.arrivals(3)
        await environment.act("command", name="imagine", options={"prompt": "after"})
        after = await environment.arrivals(1)

    (directly,) = [arrival for arrival in between if arrival.origin.direct]
    inside = [arrival for arrival in between if arrival is not directly]
    assert prompts([*inside, directly, *after]) == ["a fox between", "night", "a fox in between", "after"]
    assert isinstance(inside[1].command, Generate)
    assert isinstance(inside[1].command.references[0], MessagePictures)
    assert (environment.resumed, environment.core.arrivals.empty()) == ([False, True], True)


async def test_resumed_session_has_complete_origins(environment: RestartEnvironment) -> None:
    """Discord sends no server list on a resume; each event has the member, the roles, the place and the address."""
    root = (await environment.act("message", text="start"))["id"]
    places = ("a fox in a channel", "a fox in a thread", "a fox in private", "in a channel", "in a thread", "elsewhere")

    async def ask() -> list[Arrival]:
        await environment.act("message", text="@bot a fox in a channel")
        await environment.act("message", text="@bot a fox in a thread", thread=root)
        await environment.act("message", text="a fox in private", channel="dm:cyd")
        await environment.act("command", name="imagine", options={"prompt": "in a channel"})
        await environment.act("command", name="imagine", options={"prompt": "in a thread"}, thread=root)
        await environment.act("command", name="imagine", options={"prompt": "elsewhere"}, channel="elsewhere")
        arrived = await environment.arrivals(6)
        return sorted(arrived, key=lambda arrival: places.index(prompts([arrival])[0]))

    async with environment.process():
        before_restart = await ask()
    async with environment.process() as platform:
        after_resume = await ask()
        for number, arrival in enumerate(after_resume):
            reply = Reply(text="Painting.")
            assert await platform.show_progress(progress_update(arrival.origin, reply, job=JobId(f"{number:012}")))

    assert environment.resumed == [False, True]
    direct = environment.discord.world.find_channel("dm:cyd")
    assert direct is not None
    assert [arrival.origin.place for arrival in before_restart] == [None, root, direct.id, None, root, None]
    assert before_restart[0].origin.roles == (f"discord:{environment.discord.describe()['roles']['artist']}",)
    assert [stable_origin(arrival) for arrival in after_resume] == [stable_origin(arrival) for arrival in before_restart]


async def test_command_during_a_restart(environment: RestartEnvironment) -> None:
    """The command is handled as long as Discord waits for the acknowledgement."""
    async with environment.process():
        pass
    act = asyncio.create_task(environment.act("command", name="imagine", options={"prompt": "in time"}))
    await asyncio.sleep(0)
    async with environment.process():
        assert prompts(await environment.arrivals(1)) == ["in time"]
    assert (await act)["acknowledged_ms"] is not None


async def test_expired_interactions_are_dropped(environment: RestartEnvironment) -> None:
    """Commands and clicks, double ones included, are dropped without an error in the log."""
    async with environment.process() as platform:
        await environment.act("message", text="@bot a fox before")
        (before,) = await environment.arrivals(1)
        reply = result(environment.folder, 1)
        posted = await platform.post(result_message(before.origin, reply))
    environment.stage.faults.add(Fault(where="discord.rest:POST /interactions/*", what="error:404:10062", times=3))
    late = [
        asyncio.create_task(environment.act("command", name="imagine", options={"prompt": "too late"})),
        *(asyncio.create_task(environment.act("press", message=posted.message, action="Again")) for _ in range(2)),
    ]
    await asyncio.sleep(0)
    async with environment.process():
        await environment.until(lambda: environment.acknowledgement_attempts() == len(late))
        await environment.act("command", name="imagine", options={"prompt": "after"})
        assert prompts(await environment.arrivals(1)) == ["after"]
    for act in late:
        act.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    assert environment.core.arrivals.empty()
    assert all(record.exc_info is None for record in environment.log.records)


async def test_acknowledged_but_unrecorded_command_is_replayed(environment: RestartEnvironment) -> None:
    """The process was killed before the record: Discord replays the command to the next process."""
    async with environment.process() as platform:
        await environment.until_saved()
        saved = environment.file.read_bytes()
        environment.core.slow = asyncio.Event()
        assert (await environment.act("command", name="imagine", options={"prompt": "once"}))["acknowledged_ms"] is not None
        assert platform._connection is not None
        for task in platform._connection._handling:
            task.cancel()
    environment.file.write_bytes(saved)
    environment.core.slow = None
    async with environment.process() as platform:
        (arrival,) = await environment.arrivals(1)
        await platform.show_progress(progress_update(arrival.origin, Reply(text="Painting.")))

    assert prompts([arrival]) == ["once"]
    (shown,) = environment.discord.seen("general")
    assert shown["text"].endswith("> Painting.")


class StandingClock(MovableClock):
    """No pause ends: nothing that happens each second happens."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_a_kill_in_the_first_second_loses_nothing(environment: RestartEnvironment) -> None:
    """The session is on disk before its first command is acknowledged, so that the next process receives the command again."""
    environment.core.slow = asyncio.Event()
    async with running(connect(environment.discord, StandingClock()), environment.core) as platform:
        shown = await environment.act("command", name="imagine", options={"prompt": "in the first second"})
        assert shown["acknowledged_ms"] is not None
        left_by_the_kill = environment.file.read_bytes()
        assert platform._connection is not None
        for task in platform._connection._handling:
            task.cancel()
    environment.file.write_bytes(left_by_the_kill)
    environment.core.slow = None
    async with environment.process():
        assert prompts(await environment.arrivals(1)) == ["in the first second"]
    assert environment.resumed == [False, True]


async def test_drain_waits_for_unrecorded_events(scene: Scene) -> None:
    """Draining waits for pending events, not for later ones, and returns the session as of its start."""
    connection = scene.platform._connection
    assert connection is not None
    scene.core.slow = asyncio.Event()
    await scene.act("message", text="@bot a red fox")
    await scene.until(lambda: bool(connection._handling))
    session = connection.session
    draining = asyncio.create_task(connection.drain())
    await scene.act("command", name="help")
    assert not draining.done()
    assert session != connection.session
    scene.core.slow.set()
    assert await draining == session


async def test_running_session_is_not_taken_over(environment: RestartEnvironment) -> None:
    """A process that starts beside another opens its own session; both receive events, and the third resumes the first's session."""
    async with environment.process() as first:
        await environment.until_saved()
        async with environment.process() as second:
            await environment.act("message", text="@bot a fox in spring")
            assert [first.status, second.status] == ["ready", "ready"]
        await environment.act("message", text="@bot a fox in summer")
        assert prompts(await environment.arrivals(2)) == ["a fox in spring", "a fox in summer"]
    await environment.act("message", text="@bot a fox in autumn")
    async with environment.process():
        assert prompts(await environment.arrivals(1)) == ["a fox in autumn"]
    assert environment.resumed == [False, False, True]


async def test_younger_process_leaves_its_session(environment: RestartEnvironment) -> None:
    """After a deploy the younger process's session is the one to resume."""
    async with AsyncExitStack() as younger:
        async with environment.process():
            await environment.until_saved()
            await younger.enter_async_context(environment.process())
        saved = environment.file.read_bytes()
        await environment.until(lambda: environment.file.read_bytes() != saved)
    await environment.act("message", text="@bot a fox in autumn")
    async with environment.process():
        assert prompts(await environment.arrivals(1)) == ["a fox in autumn"]
    assert environment.resumed == [False, False, True]


async def test_session_is_released_before_the_last_delivery(environment: RestartEnvironment) -> None:
    """A stopping process handles no more events; a process that starts meanwhile continues from there."""
    older = connect(environment.discord, MovableClock())
    older.bind(environment.core.load)
    listening = asyncio.create_task(older.run())
    await environment.until(lambda: older.status == "ready")
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await environment.act("message", text="@bot a fox in the minute of grace")
    assert environment.core.arrivals.empty()
    async with environment.process() as younger:
        (arrival,) = await environment.arrivals(1)
        await older.show_progress(progress_update(arrival.origin, Reply(text="The old one still delivers.")))
        await older.close()
        await environment.act("message", text="@bot a fox in summer")
        assert prompts([arrival, *await environment.arrivals(1)]) == ["a fox in the minute of grace", "a fox in summer"]
        assert younger.status == "ready"
    assert environment.resumed == [False, True]


async def test_resumed_session_survives_reconnects(environment: RestartEnvironment) -> None:
    """A resumed session is resumed again after each lost connection."""
    async with environment.process():
        pass
    async with environment.process() as platform:
        for number, what in enumerate(["close:4000", "drop", "reconnect"]):
            environment.stage.faults.add(Fault(where="discord.gateway:MESSAGE_CREATE", what=what, times=1))
            await environment.act("message", text=f"@bot fox {number}")
            assert prompts(await environment.arrivals(1)) == [f"fox {number}"]
            await environment.until(lambda: platform.status == "ready")
    assert environment.resumed == [False, True]


@pytest.mark.parametrize("content", [b"", b"{", b'{"session": 1}\n'])
async def test_damaged_session_file_is_replaced(environment: RestartEnvironment, content: bytes) -> None:
    """The bot opens a new session, and the next process resumes that one."""
    environment.file.write_bytes(content)
    async with environment.process():
        await environment.act("message", text="@bot a first fox")
    await environment.act("message", text="@bot a second fox")
    async with environment.process():
        assert prompts(await environment.arrivals(2)) == ["a first fox", "a second fox"]
    assert environment.resumed == [False, True]


async def test_session_expired_at_discord(environment: RestartEnvironment) -> None:
    """A new session is opened at once and is the one to resume."""
    async with environment.process():
        pass
    await environment.until(lambda: not environment.discord.connected)
    environment.stage.clock.advance(600)
    for _ in range(2):
        async with environment.process():
            await environment.act("message", text="@bot a fox")
            await environment.arrivals(1)
    assert environment.resumed == [False, False, True]


@pytest.mark.parametrize("changed", [{"sequence": 1_000_000}, {"host": "127.0.0.1.discord.gg"}, {"key": "of another bot"}])
async def test_unusable_session_is_replaced(environment: RestartEnvironment, changed: dict[str, Any]) -> None:
    """Whatever is wrong with the saved session, the bot receives events."""
    async with environment.process():
        await environment.until_saved()
    environment.file.write_text(json.dumps(json.loads(environment.file.read_text().partition("\n")[0]) | changed))
    async with environment.process():
        await environment.act("message", text="@bot a fox")
        assert prompts(await environment.arrivals(1)) == ["a fox"]
    assert environment.resumed == [False, False]
