"""advance(job): the only code that moves a job. Each step starts from rows, so it may begin again in another process."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from bot.chat.chat_platform import ChatPlatform
from bot.errors import StoreCode, StoreError
from bot.ids import PlatformName
from bot.jobs.job import ENDS, Job, JobState
from bot.jobs.ports import Slot
from bot.pipeline.collect import CollectStep
from bot.pipeline.context import JobContext
from bot.pipeline.deliver import DeliverStep
from bot.pipeline.notify import NotifyStep, Outcomes
from bot.pipeline.prepare import PrepareStep
from bot.pipeline.reference_intake import ReferenceIntake
from bot.pipeline.reference_transfer import ReferenceTransfer
from bot.pipeline.result_messages import ResultMessages
from bot.pipeline.settle import Settlement
from bot.pipeline.submit import SubmitStep
from bot.requests.checks import RequestRules
from bot.wallet.admission import Admission

logger = logging.getLogger(__name__)

UNFORESEEN_TRIES = 8
NOT_BEGUN = frozenset({JobState.RECEIVED, JobState.ACCEPTED})
LEFT_STANDING = frozenset({JobState.ACCEPTED, JobState.COLLECTING, JobState.DELIVERING})
"""A job that an earlier process left here may take its time until it has something new to say."""
Step = Callable[[Job], Awaitable[Job | Slot | None]]
"""None: the job has to wait for its time. A Turn: it stands in a gateway's line."""


class Worker:
    def __init__(
        self,
        context: JobContext,
        settlement: Settlement,
        *,
        prepare: PrepareStep,
        submit: SubmitStep,
        collect: CollectStep,
        deliver: DeliverStep,
        notify: NotifyStep,
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._deliver_first = deliver.run_first
        self._steps: dict[JobState, Step] = {
            JobState.RECEIVED: prepare.run,
            JobState.ACCEPTED: submit.run,
            JobState.SUBMITTING: submit.resume,
            JobState.RUNNING: submit.resume,
            JobState.COLLECTING: collect.run,
            JobState.DELIVERING: deliver.run,
            **dict.fromkeys(ENDS, notify.run),
        }

    async def advance(self, job: Job) -> Slot | None:
        """Move a claimed job until its end is told or it has to wait: for its time, or for the turn that is returned."""
        found = job.state
        self._context.progress_messages.go_on(job)
        if found in LEFT_STANDING and not self._context.stopping():
            await self._context.catch_up(job)
        while not job.notified and not (job.state in NOT_BEGUN and self._context.stopping()):
            # Only who moved it here knows that nobody has tried to post it: in the row, the first try has begun.
            untried = job.state is JobState.DELIVERING and found is not JobState.DELIVERING
            following = await self._step(job, self._deliver_first if untried else self._steps[job.state])
            if following is None:
                break
            if not isinstance(following, Job):
                return following
            job = following
        if not job.notified:
            await self._context.progress_messages.pause(job)
        return None

    async def expire(self, job: Job) -> Slot | None:
        """Bring a job that was seized for its age to its nearest honest end, and go on from there."""
        return await self.advance(await self._settlement.expire(job))

    async def _step(self, job: Job, step: Step) -> Job | Slot | None:
        """One step. What keeps going wrong in a way nobody foresaw is given up, so that no job and no hold stays for ever."""
        try:
            return await step(job)
        except StoreError as error:
            if error.retryable or error.store is StoreCode.FENCED or job.attempts + 1 < UNFORESEEN_TRIES:
                raise
            logger.exception("given up", extra={"job": job.id})
        except Exception:
            if job.attempts + 1 < UNFORESEEN_TRIES:
                raise
            logger.exception("given up", extra={"job": job.id})
        return await self._settlement.give_up(job)


def build_worker(
    context: JobContext,
    settlement: Settlement,
    *,
    platforms: Mapping[PlatformName, ChatPlatform],
    rules: RequestRules,
    admission: Admission,
    reference_transfer: ReferenceTransfer,
    result_messages: ResultMessages,
) -> Worker:
    """The worker with its steps."""
    return Worker(
        context,
        settlement,
        prepare=PrepareStep(context, settlement, ReferenceIntake(context, platforms), admission, rules),
        submit=SubmitStep(context, settlement, reference_transfer),
        collect=CollectStep(context, settlement),
        deliver=DeliverStep(context, result_messages),
        notify=NotifyStep(context, Outcomes(context, admission)),
    )
