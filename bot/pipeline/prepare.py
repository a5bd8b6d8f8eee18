"""`received → accepted`: fetch and check the references, choose a gateway and hold the images; or decline the job."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace

from bot.commands.numbering import as_seen
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.jobs.events import Accepted, Received
from bot.jobs.facts import job_facts
from bot.jobs.job import Job
from bot.jobs.ports import Slot
from bot.pipeline.budget_watch import BudgetWatch
from bot.pipeline.context import JobContext
from bot.pipeline.references.checking_notices import CheckingNotices
from bot.pipeline.references.intake_queue import IntakeQueue
from bot.pipeline.references.reference_intake import (
    IntakeInterruptedError,
    ReferenceIntake,
    ReferenceUnavailableError,
    Source,
    is_hidden,
)
from bot.pipeline.settle import Settlement
from bot.requests.checks import UNFETCHED, RequestRules, candidates, images_asked
from bot.requests.references import Reference
from bot.requests.routing import Candidate
from bot.wallet.admission import Admission
from bot.wallet.ledger import check_hold

FETCH_TRIES = 3


class PrepareStep:
    def __init__(
        self,
        context: JobContext,
        settlement: Settlement,
        intake: ReferenceIntake,
        intake_queue: IntakeQueue,
        admission: Admission,
        rules: RequestRules,
        budget_watch: BudgetWatch,
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._intake = intake
        self._intake_queue = intake_queue
        self._notices = CheckingNotices(context.progress_messages, context.clock)
        self._admission = admission
        self._rules = rules
        self._budget_watch = budget_watch

    async def run(self, job: Job) -> Job | Slot | None:
        """Accept or decline the job; or return the slot that it is queued for, because its references have to be fetched."""
        context = self._context
        try:
            await self._check_quota(job)
            await self._show_received(job)
            references = await context.jobs.references(job.id)
            if references or not job.command.references:
                return await self._accept(job, references, hidden=self._hides(job, ()))
            slot = self._intake_queue.slot(job.id, job.origin.user)
            if not slot.granted:
                if self._context.progress_messages.shows_to_others(job):
                    await self._notices.tell(job)
                return slot
            try:
                return await self._take_in(job)
            finally:
                slot.release()
        except RefusedError as error:
            await self._budget_watch.alert(error)
            return await self._settlement.decline(job, as_seen(error, job.command))
        except ReferenceUnavailableError as error:
            if job.attempts + 1 < FETCH_TRIES:
                await context.postpone(job)
                return None
            return await self._settlement.decline(job, as_seen(error.refusal, job.command))
        except IntakeInterruptedError:
            return None

    async def _check_quota(self, job: Job) -> None:
        """Before anything is fetched; nothing is held yet. Raises RefusedError QUOTA_EXCEEDED, BUDGET_REACHED, or of the request."""
        images = images_asked(job.command, self._rules)
        hold = self._admission.hold(job.origin, images=images, now=self._context.clock.now())
        check_hold(hold, await self._context.ledger.usage(hold.user, hold.window))
        await self._budget_watch.refuse_early(images)

    async def _show_received(self, job: Job) -> None:
        """Only where nobody else reads: others see a job once it is accepted, and nothing of one that is refused.

        Raises RefusedError where nothing can be shown to the member.
        """
        progress = self._context.progress_messages
        if not progress.shows_to_others(job) and not await progress.show_first(job, Received(facts=job_facts(job))):
            raise RefusedError(RefusalCode.MEMBER_OUT_OF_REACH)

    async def _take_in(self, job: Job) -> Job:
        sources = await self._intake.sources(job)
        self._choose(job, [UNFETCHED] * len(sources))
        hidden = self._hides(job, sources)
        async with self._checking(job), self._intake.taken_in(job, sources) as references:
            return await self._accept(job, references, hidden=hidden)

    def _checking(self, job: Job) -> AbstractAsyncContextManager[None]:
        shows_to_others = self._context.progress_messages.shows_to_others(job)
        return self._notices.while_checking(job) if shows_to_others else nullcontext()

    def _hides(self, job: Job, sources: Sequence[Source]) -> bool:
        """Whether the result is shown only after a click: as its references were, unless the member says otherwise.

        Raises RefusedError where that is wanted, others would see it, and the platform has no such thing.
        """
        said = job.command.options.spoiler
        hidden = any(map(is_hidden, sources)) if said is None else said
        capabilities = self._intake.capabilities(job)
        if hidden and not capabilities.spoilers and not capabilities.private and not job.command.is_private:
            raise RefusedError(
                RefusalCode.OPTION_NOT_SUPPORTED, nearest="--private", flag="--spoiler", **{VARIANT: "hidden-reference"}
            )
        return hidden

    async def _accept(self, job: Job, references: Sequence[Reference], *, hidden: bool) -> Job:
        context = self._context
        # Another process may have met by now that a gateway does not have a model.
        await context.marks.refresh()
        candidate = self._choose(job, references)
        request, price, now = replace(candidate.request, hidden=hidden), candidate.price, context.clock.now()
        accepted = await context.jobs.accept(
            job,
            request=request,
            quote=price,
            hold=self._admission.hold(job.origin, images=request.count, now=now),
            now=now,
        )
        await self._budget_watch.alert()
        if context.progress_messages.has_shown(accepted):
            event = Accepted(facts=job_facts(accepted), model=request.model, gateway=request.gateway)
            context.progress_messages.show(accepted, event)
        # Elsewhere the next step shows it first, and makes sure that the member can be reached.
        return accepted

    def _choose(self, job: Job, references: Sequence[Reference]) -> Candidate:
        """The first-ranked request. Raises RefusedError."""
        return candidates(job.command, references, self._rules)[0]
