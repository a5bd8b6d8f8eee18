"""The Slack adapter connected to a stand-in over the real protocol, with a core that tests can inspect."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.slack.client import SlackPlatform
from adapters.slack.settings import SlackSettings
from bot.commands.command import Arrival
from bot.config.settings import Listen, Secret
from bot.config.tls import trust
from bot.web.server import WebServer
from sandbox.faults import Fault
from sandbox.runtime import Runtime
from sandbox.slack.fake_slack import FakeSlack
from tests.platforms.scene import WAIT_S, FakeCore, MovableClock


@dataclass(frozen=True, kw_only=True)
class Scene:
    stage: Runtime
    slack: FakeSlack
    platform: SlackPlatform
    core: FakeCore
    clock: MovableClock
    pending_acts: list[asyncio.Task[dict[str, Any]]] = field(default_factory=list)

    @property
    def ada(self) -> str:
        return str(self.slack.describe()["users"]["ada"])

    def channel(self, name: str = "general") -> str:
        found = self.slack.world.find_channel(name)
        assert found is not None
        return found.id

    async def act(self, kind: str, *, channel: str = "general", user: str = "ada", **more: Any) -> dict[str, Any]:
        return await self.slack.act({"user": user, "channel": channel, "kind": kind, **more})

    async def act_and_receive(self, kind: str, **more: Any) -> Arrival:
        """Act and return the arrival, without waiting for the stand-in, which waits for an answer."""
        self.pending_acts.append(asyncio.create_task(self.act(kind, **more)))
        return await self.arrival()

    async def arrival(self) -> Arrival:
        return await asyncio.wait_for(self.core.arrivals.get(), WAIT_S)

    async def nothing_arrives(self) -> bool:
        """Return whether no arrival precedes the answer to a later gesture."""
        await self.act("command", user="cyd", name="seedream", text="quota")
        return self.core.arrivals.empty()

    def seen(self, channel: str = "general") -> list[dict[str, Any]]:
        return self.slack.seen(channel)

    def last(self, channel: str = "general") -> dict[str, Any]:
        return self.seen(channel)[-1]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110 (the condition depends on the stand-in)
                await asyncio.sleep(0.01)

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [line["payload"] for line in self.stage.recording.lines if line["method"] == method]

    def fault(self, where: str, what: str, *, times: int = 1) -> None:
        self.stage.faults.add(Fault(where=where, what=what, times=times))


@asynccontextmanager
async def open_scene(
    folder: Path,
    *,
    http: bool = False,
    message_limits: bool = False,
    core: FakeCore | None = None,
    make_clock: Callable[[Runtime], MovableClock] = lambda _: MovableClock(),
    **options: Any,
) -> AsyncIterator[Scene]:
    """Start the stand-in and the bot, and wait until they are connected."""
    stage, core = Runtime(), core or FakeCore()
    clock = make_clock(stage)
    # The stand-in needs the bot's port before it returns the signing secret that the bot needs.
    port = await _free_port()
    address = f"http://127.0.0.1:{port}" if http else None
    slack = await FakeSlack.start(stage, folder, message_limits=message_limits, request_url=address, **options)
    platform = connect(slack, clock)
    platform.bind(core.load)
    server = WebServer(Listen(host="127.0.0.1", port=port))
    platform.mount(server)
    await server.start()
    running = asyncio.create_task(platform.run())
    scene = Scene(stage=stage, slack=slack, platform=platform, core=core, clock=clock)
    try:
        await scene.until(lambda: running.done() or platform.status == "ready")
        if running.done():
            running.result()
        yield scene
    finally:
        for task in (running, *scene.pending_acts):
            task.cancel()
        await asyncio.gather(running, *scene.pending_acts, return_exceptions=True)
        await server.close()
        await platform.close()
        await slack.close()


def connect(slack: FakeSlack, clock: MovableClock, *, token: str | None = None, app_token: str | None = None) -> SlackPlatform:
    environment = slack.environment()
    app, secret = app_token or environment.get("SLACK_APP_TOKEN"), environment.get("SLACK_SIGNING_SECRET")
    settings = SlackSettings(
        bot_token=Secret(token or environment["SLACK_BOT_TOKEN"]),
        app_token=Secret(app) if app else None,
        signing_secret=Secret(secret) if secret else None,
        api_url=environment["SLACK_API_URL"],
    )
    return SlackPlatform(settings, tls=trust(None), clock=clock)


async def _free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port
