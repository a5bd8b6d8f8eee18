"""advance(job): the only code that moves a job. Each step starts from the rows, so another process can repeat it."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from bot.chat.chat_platform import ChatPlatform
from bot.errors import StoreCode, StoreError
from bot.ids import PlatformName
from bot.jobs.job import ENDS, Job, JobState
from bot.jobs.ports import Slot
from bot.pipeline.budget_watch import BudgetWatch
from bot.pipeline.calls.calls_step import OPEN_STATES, CallsStep
from bot.pipeline.calls.collect import CollectCall
from bot.pipeline.calls.submit import SubmitCall
from bot.pipeline.context import JobContext
from bot.pipeline.deliver import DeliverStep
from bot.pipeline.job_log import JobLog
from bot.pipeline.job_message.receipts import Receipts
from bot.pipeline.notify import NotifyStep, Outcomes
from bot.pipeline.prepare import PrepareStep
from bot.pipeline.references.intake_queue import IntakeQueue
from bot.pipeline.references.reference_intake import ReferenceIntake
from bot.pipeline.references.reference_transfer import ReferenceTransfer
from bot.pipeline.result_messages import ResultMessages
from bot.pipeline.settle import Settlement
from bot.requests.checks import RequestRules
from bot.wallet.admission import Admission

logger = logging.getLogger(__name__)

UNEXPECTED_ERROR_TRIES = 8
UNPAID_STATES = frozenset({JobState.RECEIVED, JobState.ACCEPTED})
Step = Callable[[Job], Awaitable[Job | Slot | None]]
"""Returns the moved job, None if it has to wait until it is due, or the slot that it is queued for."""


class Worker:
    def __init__(
        self,
        context: JobContext,
        settlement: Settlement,
        *,
        prepare: PrepareStep,
        calls: CallsStep,
        deliver: DeliverStep,
        notify: NotifyStep,
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._log = JobLog(context.pictures)
        self._deliver_first = deliver.run_first
        self._steps: dict[JobState, Step] = {
            JobState.RECEIVED: prepare.run,
            **dict.fromkeys(OPEN_STATES, calls.run),
            JobState.DELIVERING: deliver.run,
            **dict.fromkeys(ENDS, notify.run),
        }

    async def advance(self, job: Job) -> Slot | None:
        """Move a claimed job until its member is notified, or it has to wait until it is due or for the slot that is returned."""
        initial = job.state
        self._context.progress_messages.resume(job)
        if initial is JobState.DELIVERING and not self._context.stopping():
            await self._context.show_current_progress(job)
        while not job.notified and not (job.state in UNPAID_STATES and self._context.stopping()):
            # Only this call knows that posting was not attempted yet: the row already has the time of the first attempt.
            first_attempt = job.state is JobState.DELIVERING and initial is not JobState.DELIVERING
            result = await self._step(job, self._deliver_first if first_attempt else self._steps[job.state])
            if result is None:
                break
            if not isinstance(result, Job):
                return result
            await self._log.moved(job, result)
            job = result
        if not job.notified:
            await self._context.progress_messages.flush(job)
        return None

    async def expire(self, job: Job) -> Slot | None:
        """End a job that was seized because it exceeded its deadline, and advance it from there."""
        expired = await self._settlement.expire(job)
        await self._log.moved(job, expired)
        return await self.advance(expired)

    async def _step(self, job: Job, step: Step) -> Job | Slot | None:
        """Run one step. After too many unexpected errors the job is abandoned, so that neither job nor hold stays open."""
        try:
            return await step(job)
        except StoreError as error:
            if error.retryable or error.store is StoreCode.FENCED or job.attempts + 1 < UNEXPECTED_ERROR_TRIES:
                raise
            logger.exception("given up", extra={"job": job.id})
        except Exception:
            if job.attempts + 1 < UNEXPECTED_ERROR_TRIES:
                raise
            logger.exception("given up", extra={"job": job.id})
        return await self._settlement.abandon(await self._as_written(job))

    async def _as_written(self, job: Job) -> Job:
        """The job as the step that failed left it, under the same claim."""
        written = await self._context.jobs.load(job.id)
        return job if written is None or written.epoch != job.epoch else written


def build_worker(
    context: JobContext,
    settlement: Settlement,
    *,
    platforms: Mapping[PlatformName, ChatPlatform],
    rules: RequestRules,
    admission: Admission,
    budget_watch: BudgetWatch,
    reference_transfer: ReferenceTransfer,
    result_messages: ResultMessages,
) -> Worker:
    """A worker with all its steps."""
    intake_queue = IntakeQueue(context.clock)
    receipts = Receipts(context, admission)
    intake = ReferenceIntake(context, platforms, lambda job, pixels: intake_queue.count(job.origin.user, pixels))
    return Worker(
        context,
        settlement,
        prepare=PrepareStep(context, settlement, intake, intake_queue, admission, rules, budget_watch),
        calls=CallsStep(
            context,
            settlement,
            admission,
            SubmitCall(context, settlement, reference_transfer, rules),
            CollectCall(context, settlement),
        ),
        deliver=DeliverStep(context, result_messages, receipts),
        notify=NotifyStep(context, Outcomes(context, receipts)),
    )
