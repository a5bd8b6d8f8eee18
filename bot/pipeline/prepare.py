"""`received → accepted`: fetch and check the references, choose a gateway and hold the images; or decline the job."""

from bot.errors import RefusalCode, RefusedError
from bot.jobs.events import Accepted, Received
from bot.jobs.facts import job_facts
from bot.jobs.job import Job
from bot.pipeline.budget_watch import BudgetWatch
from bot.pipeline.context import JobContext
from bot.pipeline.reference_intake import ReferenceIntake, ReferenceUnavailableError
from bot.pipeline.settle import Settlement
from bot.requests.checks import RequestRules, spec_of
from bot.requests.routing import Candidate, rank
from bot.wallet.admission import Admission

FETCH_TRIES = 3


class PrepareStep:
    def __init__(
        self,
        context: JobContext,
        settlement: Settlement,
        intake: ReferenceIntake,
        admission: Admission,
        rules: RequestRules,
        budget_watch: BudgetWatch,
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._intake = intake
        self._admission = admission
        self._rules = rules
        self._budget_watch = budget_watch

    async def run(self, job: Job) -> Job | None:
        context = self._context
        if not await context.progress_messages.show_first(job, Received(facts=job_facts(job))):
            return await self._settlement.decline(job, RefusedError(RefusalCode.MEMBER_OUT_OF_REACH))
        try:
            await self._budget_watch.refuse_early(job.command.options.count or 1)
            candidate = await self._choose(job)
            now = context.clock.now()
            hold = self._admission.hold(job.origin, images=candidate.request.count, now=now)
            accepted = await context.jobs.accept(
                job,
                request=candidate.request,
                unit_price=candidate.price.unit if candidate.price is not None else None,
                currency=candidate.price.currency if candidate.price is not None else None,
                hold=hold,
                now=now,
            )
        except RefusedError as error:
            await self._budget_watch.alert(error)
            return await self._settlement.decline(job, self._add_zone(error))
        except ReferenceUnavailableError as error:
            if job.attempts + 1 < FETCH_TRIES:
                await context.postpone(job)
                return None
            return await self._settlement.decline(job, RefusedError(RefusalCode.REF_GONE, number=error.number))
        await self._budget_watch.alert()
        request = candidate.request
        event = Accepted(facts=job_facts(accepted), model=request.model, gateway=request.gateway)
        context.progress_messages.show(accepted, event)
        return accepted

    async def _choose(self, job: Job) -> Candidate:
        """The first-ranked request. Raises RefusedError, or ReferenceUnavailableError if a later attempt may succeed."""
        references = await self._intake.references(job)
        return rank(spec_of(job.command, references), self._rules.profiles, self._rules.defaults)[0]

    def _add_zone(self, error: RefusedError) -> RefusedError:
        """Add the operator's time zone to a used-up quota: its wording says when the quota is renewed."""
        if error.refusal is not RefusalCode.QUOTA_EXCEEDED:
            return error
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "zone": self._admission.zone})
