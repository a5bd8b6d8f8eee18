"""A real core over a platform's real protocol: runs a job from a member's gesture to its end, with kills and restarts."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.discord.client import DiscordPlatform
from adapters.slack.client import SlackPlatform
from bot.catalog.profiles import profile
from bot.chat.capabilities import Way
from bot.command_receiver import CommandReceiver
from bot.config.settings import AccessSettings, Defaults, GatewaySettings, QuotaTier, Secret
from bot.ids import GatewayName, JobId, MessageId, PlatformName, TaskId
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job
from bot.jobs.queues.turns import Turns
from bot.pipeline.budget_watch import BudgetWatch
from bot.pipeline.context import GatewayPort, JobContext
from bot.pipeline.model_marks import ModelMarks
from bot.pipeline.progress_messages import ProgressMessages
from bot.pipeline.references.reference_transfer import ReferenceTransfer
from bot.pipeline.result_messages import ResultMessages
from bot.pipeline.settle import Settlement
from bot.pipeline.worker import Worker, build_worker
from bot.requests.checks import RequestRules
from bot.requests.request import Request
from bot.store import Store, open_store
from bot.upstream.contract import Completed, PictureReady, Started, UpstreamEvent, WireReference
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.access import Access
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
STARTED = Started(task=TaskId("t1"))
KILLED = KeyboardInterrupt()
"""Ends a step like the death of the process: no later code runs."""
OWNER = "a process"
MIB = 1024 * 1024


async def do_nothing() -> None:
    return


@dataclass
class InterceptedUpstream(ScriptedTasks):
    """Awaits `during_call` in each call, also in one that resumes a task."""

    during_call: Callable[[], Awaitable[None]] = do_nothing

    async def submit(
        self,
        request: Request,
        references: Sequence[WireReference],
        *,
        on_sending: Callable[[], None],
    ) -> AsyncGenerator[UpstreamEvent, None]:
        on_sending()
        await self.during_call()
        async for event in super().submit(request, references, on_sending=on_sending):
            yield event

    async def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent, None]:
        await self.during_call()
        async for event in super().resume(request, task):
            yield event


class CrashingStore(SqliteStore):
    """Crashes instead of recording a message; each entry of `crashes` causes one crash."""

    crashes: list[str]

    async def set_progress_message(self, job: Job, message: MessageId) -> None:
        self._crash_if_requested("progress")
        await super().set_progress_message(job, message)

    async def record_result(
        self,
        job: Job,
        message: MessageId,
        *,
        platform: PlatformName,
        pictures: Sequence[int],
        way: Way | None = None,
    ) -> None:
        if pictures:
            self._crash_if_requested(f"picture {pictures[0] + 1}")
        await super().record_result(job, message, platform=platform, pictures=pictures, way=way)
        if pictures:
            self._crash_if_requested(f"recorded {pictures[0] + 1}")

    def _crash_if_requested(self, moment: str) -> None:
        if moment in self.crashes:
            self.crashes.remove(moment)
            raise KILLED


class AdvancingClock(MovableClock):
    """A sleep advances the clocks of the bot and of the platform."""

    def __init__(self, stage: SandboxClock) -> None:
        super().__init__()
        self._stage = stage

    async def sleep(self, seconds: float) -> None:
        self.offset += seconds
        self._stage.advance(seconds)
        # The stand-in reads its own clock every 50 ms.
        await asyncio.sleep(0.06)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One platform's stand-in, and what survives a process of the bot: data folder, gateway and clock."""

    name: str
    stage: Runtime
    stand_in: FakeDiscord | FakeSlack
    clock: MovableClock
    folder: Path
    upstream: InterceptedUpstream = field(default_factory=lambda: InterceptedUpstream([]))
    crashes: list[str] = field(default_factory=list)
    large_addresses: set[str] = field(default_factory=set)
    """The addresses of pictures with 11 MiB."""

    def connect(self) -> DiscordPlatform | SlackPlatform:
        if isinstance(self.stand_in, FakeDiscord):
            return discord_scene.connect(self.stand_in, self.clock)
        return slack_scene.connect(self.stand_in, self.clock)

    async def act(self, kind: str, *, user: str = "ada", channel: str = "general", **more: Any) -> Message:
        return await self.stand_in.act({"user": user, "channel": channel, "kind": kind, **more})

    async def command(self, prompt: str, *, channel: str = "general", **more: Any) -> Message:
        """Send `/imagine` in the platform's syntax."""
        fields = {"options": {"prompt": prompt}} if isinstance(self.stand_in, FakeDiscord) else {"text": prompt}
        return await self.act("command", channel=channel, name="imagine", **fields, **more)

    async def ask_quota(self, *, channel: str = "general") -> Message:
        """Ask for the remaining quota in the platform's syntax."""
        if isinstance(self.stand_in, FakeDiscord):
            return await self.act("command", channel=channel, name="quota")
        return await self.act("command", channel=channel, name="seedream", text="quota")

    def change(self, what: str, *, channel: str = "general", user: str = "ada") -> None:
        self.stand_in.change(what, channel=channel, user=user)

    def delete(self, channel: str, message: str) -> None:
        """Delete a message as a moderator would."""
        found = self.stand_in.world.find_channel(channel)
        assert found is not None
        del found.messages[message]

    def advance(self, seconds: float) -> None:
        """Advance the clocks of the bot and of the platform."""
        self.stage.clock.advance(seconds)
        self.clock.offset += seconds

    def bot_messages(self, user: str = "ada") -> dict[str, list[Message]]:
        """Return the bot's messages that this member can see, by channel."""
        channels = {channel.name: self.stand_in.seen(channel.id) for channel in self.stand_in.world.channels.values()}
        return {
            name: [message for message in messages if message["author"] == "bot" and message.get("private_to") in {None, user}]
            for name, messages in channels.items()
        }

    def posted_sets(self) -> list[tuple[str, list[str]]]:
        """Return the channel and picture numbers of each message with pictures."""
        return [
            (name, [file["name"].rpartition("-")[2].partition(".")[0] for file in message["files"]])
            for name, messages in self.bot_messages().items()
            for message in messages
            if message["files"]
        ]

    def channels_with_text(self, part: str) -> list[str]:
        """Return the channel of each bot message that contains this text."""
        return [name for name, messages in self.bot_messages().items() for message in messages if part in text_of(message)]

    def find_button(self, label: str) -> tuple[str, Message] | None:
        """Return the latest message with this button, after its channel."""
        found = [
            (name, message)
            for name, messages in self.bot_messages().items()
            for message in messages
            if label in [button["label"] for button in message["buttons"]]
        ]
        return found[-1] if found else None

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110 (the condition depends on the stand-in)
                await asyncio.sleep(0.01)


def text_of(message: Message) -> str:
    """Return the text of a message without its markup."""
    return f"{message['text']}\n{message.get('blocks_text', '')}".replace("\\", "")


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process of the bot; the test takes the place of the engine."""

    environment: Environment
    jobs: SqliteStore
    worker: Worker
    recorded: asyncio.Queue[JobId]

    async def next_job(self) -> JobId:
        """Wait for the next recorded job."""
        return await asyncio.wait_for(self.recorded.get(), WAIT_S)

    async def job_from(self, gesture: Any) -> JobId:
        """Make a gesture and return its job without waiting for the stand-in's answer."""
        act = asyncio.ensure_future(gesture)
        job = await self.next_job()
        act.cancel()
        return job

    async def step(self, job_id: JobId) -> None:
        claimed = await self.jobs.claim(job_id, owner=OWNER, now=self.environment.clock.now(), lease_s=30.0)
        assert claimed is not None
        await self.worker.advance(claimed)
        await self.jobs.release(await self.load(job_id))

    async def run_to_end(self, job_id: JobId) -> Job:
        """Advance until the member is notified of the job's end, moving the clock over every pause."""
        for _ in range(400):
            await self.step(job_id)
            job = await self.load(job_id)
            if job.notified:
                return job
            due = await self.jobs.next_due()
            self.environment.clock.offset += max(0.0, (due or 0.0) - self.environment.clock.now()) + 1.0
        raise AssertionError(f"never ended: {job.state}")

    async def load(self, job_id: JobId) -> Job:
        job = await self.jobs.load(job_id)
        assert job is not None
        return job


@asynccontextmanager
async def open_environment(name: str, folder: Path) -> AsyncIterator[Environment]:
    """Start a platform without a bot."""
    stage = Runtime()
    stand_in: FakeDiscord | FakeSlack
    if name == "discord":
        stand_in = await FakeDiscord.start(stage, folder, message_limits=False)
    else:
        stand_in = await FakeSlack.start(stage, folder, message_limits=False)
    try:
        yield Environment(name=name, stage=stage, stand_in=stand_in, clock=AdvancingClock(stage.clock), folder=folder)
    finally:
        await stand_in.close()


@asynccontextmanager
async def start(environment: Environment) -> AsyncIterator[Process]:
    """Start a process of the bot; a previous one may have died."""
    platform = environment.connect()
    async with open_store(environment.folder / "data") as store, ImageProcessor() as processor:
        process, receiver = _assemble(environment, store, processor, platform)
        await all_stores(store).release_owner(OWNER)

        async def load() -> CommandReceiver:
            return receiver

        platform.bind(load)
        listening = asyncio.create_task(platform.run())
        try:
            async with asyncio.timeout(WAIT_S):
                while platform.status != "ready":  # noqa: ASYNC110 (the status changes over the wire)
                    await asyncio.sleep(0.005)
            yield process
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await platform.close()


def pictures(count: int) -> Script:
    """Return the gateway's events of a successful set."""
    return [*(PictureReady(index=index, address=f"picture {index + 1}") for index in range(count)), Completed(billed=count)]


def _assemble(
    environment: Environment, store: Store, processor: ImageProcessor, platform: DiscordPlatform | SlackPlatform
) -> tuple[Process, CommandReceiver]:
    jobs = CrashingStore(store.jobs._database)
    jobs.crashes = environment.crashes
    clock, words, platforms, blobs = environment.clock, Words(), {platform.name: platform}, store.blobs
    marks = ModelMarks(jobs, clock)
    rules = RequestRules(profiles=(profile(GATEWAY, default_model="4.5"),), defaults=Defaults(), unusable=marks.known)
    admission = Admission((QuotaTier(name="all", images_per_day=100),), ZoneInfo("UTC"))
    result_messages = ResultMessages(
        jobs=jobs, pictures=jobs, messages=jobs, blobs=blobs, processor=processor, platforms=platforms, words=words, clock=clock
    )
    addresses = {number: f"picture {number}" for number in range(1, 16)}
    sizes = {number: 11 * MIB if address in environment.large_addresses else 0 for number, address in addresses.items()}
    downloads = ScriptedDownloads({addresses[number]: [png(number, 3, size=size)] for number, size in sizes.items()})
    port = GatewayPort(upstream=environment.upstream, downloads=downloads, limiter=GatewayLimiter(clock, at_once=1))
    context = JobContext(
        jobs=jobs,
        calls=jobs,
        pictures=jobs,
        messages=jobs,
        drafts=jobs,
        ledger=jobs,
        blobs=blobs,
        processor=processor,
        clock=clock,
        gateways={GatewayName(GATEWAY.name): port},
        marks=marks,
        progress_messages=ProgressMessages(platforms, jobs, jobs, words, clock),
        downloads=Turns(at_once=4),
        stopping=lambda: False,
    )
    worker = build_worker(
        context,
        Settlement(context, admission),
        platforms=platforms,
        rules=rules,
        admission=admission,
        budget_watch=BudgetWatch(admission.budgets, jobs, clock),
        reference_transfer=ReferenceTransfer(blobs, clock),
        result_messages=result_messages,
    )
    recorded: asyncio.Queue[JobId] = asyncio.Queue()
    handlers = bind_handlers(
        jobs,
        clock,
        access=Access(AccessSettings(user_installs=True), platforms),
        admission=admission,
        result_messages=result_messages,
        platforms=platforms,
        profiles=rules.profiles,
        rules=rules,
        on_recorded=recorded.put_nowait,
    )
    opened = replace(store, jobs=jobs, blobs=blobs)
    receiver = CommandReceiver(
        store=opened,
        clock=clock,
        rules=rules,
        handlers=handlers,
        platforms=platforms,
        words=words,
    )
    return Process(environment=environment, jobs=jobs, worker=worker, recorded=recorded), receiver
