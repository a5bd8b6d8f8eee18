"""A whole core over a platform's real protocol: a job from a member's gesture to its end, killed and restarted where a test wants."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.discord.client import DiscordPlatform
from adapters.slack.client import SlackPlatform
from bot.app import Bot
from bot.catalog.profiles import profile
from bot.config.settings import Defaults, GatewaySettings, QuotaTier, Secret
from bot.ids import GatewayName, JobId, MessageId, PlatformName, TaskId
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job
from bot.pipeline.context import GatewayPort, JobContext
from bot.pipeline.progress_messages import ProgressMessages
from bot.pipeline.reference_transfer import ReferenceTransfer
from bot.pipeline.result_messages import ResultMessages
from bot.pipeline.settle import Settlement
from bot.pipeline.worker import Worker, build_worker
from bot.requests.checks import RequestRules
from bot.requests.request import Request
from bot.store import Store, open_store
from bot.upstream.contract import Completed, PictureReady, Started, UpstreamEvent
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.admission import Admission
from bot.wording.words import Words
from sandbox.clock import SandboxClock
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.runtime import Runtime
from sandbox.slack.fake_slack import FakeSlack
from tests.fakes.handlers import bind_handlers
from tests.fakes.stores import SqliteStore, all_stores
from tests.fakes.upstream import Script, ScriptedDownloads, ScriptedTasks
from tests.platforms.discord_adapter import discord_scene
from tests.platforms.scene import WAIT_S, MovableClock, png
from tests.platforms.slack_adapter import slack_scene

Message = dict[str, Any]

GATEWAY = GatewaySettings(name="sinan", dialect="sinancode", api_key=Secret("key"))
TAKEN = Started(task=TaskId("t1"))
KILLED = KeyboardInterrupt()
"""What a process that dies looks like from inside: nothing after it runs."""
OWNER = "a process"
MIB = 1024 * 1024


async def nothing() -> None:
    return


@dataclass
class MeanwhileUpstream(ScriptedTasks):
    """Runs `meanwhile` while it generates, also after a restart."""

    meanwhile: Callable[[], Awaitable[None]] = nothing

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent, None]:
        await self.meanwhile()
        async for event in super().submit(request, references):
            yield event

    async def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        await self.meanwhile()
        async for event in super().resume(request, task):
            yield event


class MortalStore(SqliteStore):
    """Dies instead of recording where a message is; each entry of `deaths` is one death."""

    deaths: list[str]

    async def set_progress_message(self, job: Job, message: MessageId) -> None:
        self._perhaps_die("progress")
        await super().set_progress_message(job, message)

    async def record_result(self, job: Job, message: MessageId, *, platform: PlatformName, pictures: Sequence[int]) -> None:
        if pictures:
            self._perhaps_die(f"picture {pictures[0] + 1}")
        await super().record_result(job, message, platform=platform, pictures=pictures)

    def _perhaps_die(self, moment: str) -> None:
        if moment in self.deaths:
            self.deaths.remove(moment)
            raise KILLED


class PassingClock(MovableClock):
    """Time passes for the bot and for the platform while one waits."""

    def __init__(self, stage: SandboxClock) -> None:
        super().__init__()
        self._stage = stage

    async def sleep(self, seconds: float) -> None:
        self.offset += seconds
        self._stage.advance(seconds)
        # The stand-in looks at its own clock every twentieth of a second.
        await asyncio.sleep(0.06)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One platform's stand-in, and what outlives a process of the bot: its folder, its gateway, the clock."""

    name: str
    stage: Runtime
    stand_in: FakeDiscord | FakeSlack
    clock: MovableClock
    folder: Path
    upstream: MeanwhileUpstream = field(default_factory=lambda: MeanwhileUpstream([]))
    deaths: list[str] = field(default_factory=list)
    heavy: set[str] = field(default_factory=set)
    """The addresses at which the gateway has pictures of eleven megabytes."""

    def connect(self) -> DiscordPlatform | SlackPlatform:
        if isinstance(self.stand_in, FakeDiscord):
            return discord_scene.connect(self.stand_in, self.clock)
        return slack_scene.connect(self.stand_in, self.clock)

    async def act(self, kind: str, *, user: str = "ada", channel: str = "general", **more: Any) -> Message:
        return await self.stand_in.act({"user": user, "channel": channel, "kind": kind, **more})

    async def command(self, words: str, *, channel: str = "general", **more: Any) -> Message:
        """`/imagine`, each platform's own way."""
        spelled = {"options": {"prompt": words}} if isinstance(self.stand_in, FakeDiscord) else {"text": words}
        return await self.act("command", channel=channel, name="imagine", **spelled, **more)

    async def question(self, *, channel: str = "general") -> Message:
        """What is left today, each platform's own way."""
        if isinstance(self.stand_in, FakeDiscord):
            return await self.act("command", channel=channel, name="quota")
        return await self.act("command", channel=channel, name="seedream", text="quota")

    def change(self, what: str, *, channel: str = "general", user: str = "ada") -> None:
        self.stand_in.change(what, channel=channel, user=user)

    def delete(self, channel: str, message: str) -> None:
        """Somebody who may deletes a message."""
        found = self.stand_in.world.find_channel(channel)
        assert found is not None
        del found.messages[message]

    def age(self, seconds: float) -> None:
        """Time passes for everybody."""
        self.stage.clock.advance(seconds)
        self.clock.offset += seconds

    def ours(self, user: str = "ada") -> dict[str, list[Message]]:
        """The bot's messages that this member can see, by channel."""
        channels = {channel.name: self.stand_in.seen(channel.id) for channel in self.stand_in.world.channels.values()}
        return {
            name: [message for message in messages if message["author"] == "bot" and message.get("private_to") in {None, user}]
            for name, messages in channels.items()
        }

    def sets(self) -> list[tuple[str, list[str]]]:
        """Where pictures are: the channel, and the numbers of the pictures of each message there."""
        return [
            (name, [file["name"].rpartition("-")[2].partition(".")[0] for file in message["files"]])
            for name, messages in self.ours().items()
            for message in messages
            if message["files"]
        ]

    def words(self, wanted: str) -> list[str]:
        """The channels of the bot's messages with this text, once for each message."""
        return [name for name, messages in self.ours().items() for message in messages if wanted in said(message)]

    def button(self, label: str) -> tuple[str, Message] | None:
        """The latest message with this button: its channel and itself."""
        found = [
            (name, message)
            for name, messages in self.ours().items()
            for message in messages
            if label in [button["label"] for button in message["buttons"]]
        ]
        return found[-1] if found else None

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110 (what is waited for happens in the stand-in's world)
                await asyncio.sleep(0.01)


def said(message: Message) -> str:
    """The text of a message without its markup."""
    return f"{message['text']}\n{message.get('blocks_text', '')}".replace("\\", "")


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process of the bot, whose engine is the test."""

    ground: Ground
    jobs: SqliteStore
    worker: Worker
    recorded: asyncio.Queue[JobId]

    async def job(self) -> JobId:
        """The next job that a gesture becomes."""
        return await asyncio.wait_for(self.recorded.get(), WAIT_S)

    async def asked(self, gesture: Any) -> JobId:
        """The job that a gesture becomes, without waiting for the stand-in."""
        acting = asyncio.ensure_future(gesture)
        job = await self.job()
        acting.cancel()
        return job

    async def step(self, job_id: JobId) -> None:
        claimed = await self.jobs.claim(job_id, owner=OWNER, now=self.ground.clock.now(), lease_s=30.0)
        assert claimed is not None
        await self.worker.advance(claimed)
        await self.jobs.release(await self.load(job_id))

    async def end(self, job_id: JobId) -> Job:
        """Advance until the member is notified of the job's end, moving the clock over every pause."""
        for _ in range(400):
            await self.step(job_id)
            job = await self.load(job_id)
            if job.notified:
                return job
            due = await self.jobs.next_due()
            self.ground.clock.offset += max(0.0, (due or 0.0) - self.ground.clock.now()) + 1.0
        raise AssertionError(f"never ended: {job.state}")

    async def load(self, job_id: JobId) -> Job:
        job = await self.jobs.load(job_id)
        assert job is not None
        return job


@asynccontextmanager
async def open_ground(name: str, folder: Path) -> AsyncIterator[Ground]:
    """A platform without a bot."""
    stage = Runtime()
    stand_in: FakeDiscord | FakeSlack
    if name == "discord":
        stand_in = await FakeDiscord.start(stage, folder, message_limits=False)
    else:
        stand_in = await FakeSlack.start(stage, folder, message_limits=False)
    try:
        yield Ground(name=name, stage=stage, stand_in=stand_in, clock=PassingClock(stage.clock), folder=folder)
    finally:
        await stand_in.close()


@asynccontextmanager
async def start(ground: Ground) -> AsyncIterator[Process]:
    """A process on this ground: the first, or the next after one that died."""
    platform = ground.connect()
    async with open_store(ground.folder / "data") as store, ImageProcessor() as processor:
        process, bot = _assemble(ground, store, processor, platform)
        await all_stores(store).release_owner(OWNER)
        platform.bind(bot)
        listening = asyncio.create_task(platform.run())
        try:
            async with asyncio.timeout(WAIT_S):
                while platform.status != "ready":  # noqa: ASYNC110 (what is waited for happens on the wire)
                    await asyncio.sleep(0.005)
            yield process
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await platform.close()


def pictures(count: int) -> Script:
    """A gateway's events of a set that succeeds."""
    return [*(PictureReady(index=index, address=f"picture {index + 1}") for index in range(count)), Completed(billed=count)]


def _assemble(
    ground: Ground, store: Store, processor: ImageProcessor, platform: DiscordPlatform | SlackPlatform
) -> tuple[Process, Bot]:
    jobs = MortalStore(store.jobs._database)
    jobs.deaths = ground.deaths
    clock, words, platforms, blobs = ground.clock, Words(), {platform.name: platform}, store.blobs
    rules = RequestRules(profiles=(profile(GATEWAY),), defaults=Defaults(model="4.5"))
    admission = Admission((QuotaTier(name="all", images_per_day=100),), ZoneInfo("UTC"))
    result_messages = ResultMessages(
        jobs=jobs, pictures=jobs, messages=jobs, blobs=blobs, processor=processor, platforms=platforms, words=words, clock=clock
    )
    addresses = {number: f"picture {number}" for number in range(1, 16)}
    sizes = {number: 11 * MIB if address in ground.heavy else 0 for number, address in addresses.items()}
    downloads = ScriptedDownloads({addresses[number]: [png(number, 3, size=size)] for number, size in sizes.items()})
    port = GatewayPort(upstream=ground.upstream, downloads=downloads, limiter=GatewayLimiter(clock, at_once=1))
    context = JobContext(
        jobs=jobs,
        pictures=jobs,
        messages=jobs,
        drafts=jobs,
        ledger=jobs,
        blobs=blobs,
        processor=processor,
        clock=clock,
        gateways={GatewayName(GATEWAY.name): port},
        progress_messages=ProgressMessages(platforms, jobs, jobs, words, clock),
        downloads_at_once=asyncio.Semaphore(4),
        stopping=lambda: False,
    )
    worker = build_worker(
        context,
        Settlement(context, admission),
        platforms=platforms,
        rules=rules,
        admission=admission,
        reference_transfer=ReferenceTransfer(blobs, clock),
        result_messages=result_messages,
    )
    recorded: asyncio.Queue[JobId] = asyncio.Queue()
    handlers = bind_handlers(
        jobs,
        clock,
        admission=admission,
        result_messages=result_messages,
        platforms=platforms,
        profiles=rules.profiles,
        rules=rules,
        on_recorded=recorded.put_nowait,
    )
    opened = replace(store, jobs=jobs, blobs=blobs)
    bot = Bot(store=opened, clock=clock, rules=rules, load_handlers=lambda: handlers, platforms=platforms, words=words)
    return Process(ground=ground, jobs=jobs, worker=worker, recorded=recorded), bot
