"""A worker with doubles at its edges: a scripted gateway, a platform that records messages, and a clock that a test moves."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.catalog.profiles import GatewayProfile, profile
from bot.chat.chat_platform import ProgressUpdate
from bot.commands.command import Generate, Options, Origin
from bot.config.settings import BudgetSettings, Defaults, GatewaySettings, QuotaTier, Secret
from bot.errors import DeliveryError, UpstreamError, UpstreamKind
from bot.ids import EventId, GatewayName, JobId, MessageId, UserId, WorkspaceId, new_job_id
from bot.images.processor import ImageProcessor
from bot.jobs.job import Job, NewJob
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
from bot.store.blobs import Blobs
from bot.upstream.limiter import GatewayLimiter
from bot.wallet.admission import Admission
from bot.wallet.budget import Budgets
from bot.wallet.ledger import Usage
from bot.wording.words import Words
from tests.fakes.clock import FakeClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.platform import NAME, FakePlatform
from tests.fakes.upstream import Script, ScriptedDownloads, ScriptedUpstream

USER = UserId("fake:1")
GATEWAY = GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("key"))
SIX_A_DAY = QuotaTier(name="all", images_per_day=6)
OVERLOADED = UpstreamError(UpstreamKind.OVERLOAD, certain=True, retryable=True, gateway="ark", model="4.5")
AMBIGUOUS = UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, gateway="ark", model="4.5")
REFUSED = UpstreamError(UpstreamKind.POLICY_TEXT, certain=True, gateway="ark", model="4.5")


class FailingProgressPlatform(FakePlatform):
    """Raises `progress_error`, if it is set, instead of showing progress."""

    progress_error: DeliveryError | None = None

    async def show_progress(self, update: ProgressUpdate) -> MessageId:
        if self.progress_error is not None:
            raise self.progress_error
        return await super().show_progress(update)


@dataclass
class WorkerHarness:
    """The worker, and the doubles it works with."""

    store: MemoryStore
    clock: FakeClock
    platform: FailingProgressPlatform
    upstream: ScriptedUpstream
    downloads: ScriptedDownloads
    admission: Admission
    worker: Worker
    stopping: asyncio.Event
    result_messages: ResultMessages

    async def receive(self, command: Generate, *, user: UserId = USER) -> JobId:
        origin = Origin(
            platform=NAME,
            workspace=WorkspaceId("w"),
            user=user,
            received_at=self.clock.now(),
        )
        job = NewJob(id=new_job_id(), events=(EventId(new_job_id()),), origin=origin, command=command)
        await self.store.receive(job, now=self.clock.now())
        return job.id

    async def advance_to_end(self, job_id: JobId) -> Job:
        """Claim and advance until the member is notified, moving the clock past every delay."""
        for _ in range(400):
            await self.advance_once(job_id)
            job = await self.load(job_id)
            if job.notified:
                return job
            self.clock.advance(400.0)
        raise AssertionError(f"never ended: {job.state}")

    async def advance_once(self, job_id: JobId) -> None:
        claimed = await self.store.claim(job_id, owner="test", now=self.clock.now(), lease_s=30.0)
        assert claimed is not None
        await self.worker.advance(claimed)
        await self.store.release(await self.load(job_id))

    async def load(self, job_id: JobId) -> Job:
        job = await self.store.load(job_id)
        assert job is not None
        return job

    async def usage(self) -> Usage:
        return await self.store.usage(USER, self.admission.window(self.clock.now()))


def build_harness(
    processor: ImageProcessor,
    folder: Path,
    *scripts: Script,
    pictures: dict[str, list[bytes | UpstreamError]] | None = None,
    store: MemoryStore | None = None,
    platform: FailingProgressPlatform | None = None,
    upstream: ScriptedUpstream | None = None,
    downloads: ScriptedDownloads | None = None,
    clock: FakeClock | None = None,
    gateway: GatewaySettings = GATEWAY,
    profiles: tuple[GatewayProfile, ...] | None = None,
    tier: QuotaTier = SIX_A_DAY,
    budgets: tuple[BudgetSettings, ...] = (),
    limiter: GatewayLimiter | None = None,
) -> WorkerHarness:
    store, clock, platform, words = store or MemoryStore(), clock or FakeClock(), platform or FailingProgressPlatform(), Words()
    stopping, limiter = asyncio.Event(), limiter or GatewayLimiter(clock, at_once=1)
    platforms, blobs = {NAME: platform}, Blobs(folder)
    upstream, downloads = upstream or ScriptedUpstream(list(scripts)), downloads or ScriptedDownloads(pictures or {})
    admission = Admission((tier,), ZoneInfo("UTC"), Budgets(budgets, ZoneInfo("UTC")))
    marks = ModelMarks(store, clock)
    profiles = profiles or (profile(gateway, default_model="4.5"),)
    rules = RequestRules(profiles=profiles, defaults=Defaults(), clock=clock, unusable=marks.known)
    result_messages = ResultMessages(
        jobs=store,
        pictures=store,
        messages=store,
        blobs=blobs,
        processor=processor,
        platforms=platforms,
        words=words,
        clock=clock,
    )
    context = JobContext(
        jobs=store,
        calls=store,
        pictures=store,
        messages=store,
        drafts=store,
        ledger=store,
        blobs=blobs,
        processor=processor,
        clock=clock,
        gateways={GatewayName(gateway.name): GatewayPort(upstream=upstream, downloads=downloads, limiter=limiter)},
        marks=marks,
        progress_messages=ProgressMessages(platforms, store, store, words, clock),
        downloads=Turns(at_once=4),
        stopping=stopping.is_set,
    )
    worker = build_worker(
        context,
        Settlement(context, admission),
        platforms=platforms,
        rules=rules,
        admission=admission,
        budget_watch=BudgetWatch(admission.budgets, store, clock),
        reference_transfer=ReferenceTransfer(blobs, clock),
        result_messages=result_messages,
    )
    return WorkerHarness(store, clock, platform, upstream, downloads, admission, worker, stopping, result_messages)


def imagine(count: int = 1) -> Generate:
    return Generate(verb="imagine", prompt="a fox", options=Options(count=count))
