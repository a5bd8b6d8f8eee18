"""`received → accepted`: references fetched and checked, a gateway chosen, images held; or the job is declined, free."""

from bot.errors import RefusalCode, RefusedError
from bot.jobs.events import Accepted, Received
from bot.jobs.facts import facts_of
from bot.jobs.job import Job
from bot.pipeline.context import JobContext
from bot.pipeline.reference_intake import HeldUpError, ReferenceIntake
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
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._intake = intake
        self._admission = admission
        self._rules = rules

    async def run(self, job: Job) -> Job | None:
        context = self._context
        if not await context.progress_messages.reaches(job, Received(facts=facts_of(job))):
            return await self._settlement.decline(job, RefusedError(RefusalCode.MEMBER_OUT_OF_REACH))
        try:
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
            return await self._settlement.decline(job, self._zoned(error))
        except HeldUpError as error:
            if job.attempts + 1 < FETCH_TRIES:
                await context.postpone(job)
                return None
            return await self._settlement.decline(job, RefusedError(RefusalCode.REF_GONE, number=error.number))
        request = candidate.request
        event = Accepted(facts=facts_of(accepted), model=request.model, gateway=request.gateway)
        context.progress_messages.announce(accepted, event)
        return accepted

    async def _choose(self, job: Job) -> Candidate:
        """The first-ranked request. Raises RefusedError, or HeldUpError where a later try may work."""
        references = await self._intake.references(job)
        return rank(spec_of(job.command, references), self._rules.profiles, self._rules.defaults)[0]

    def _zoned(self, error: RefusedError) -> RefusedError:
        """A used-up quota says when it is renewed, and that depends on the operator's time zone."""
        if error.refusal is not RefusalCode.QUOTA_EXCEEDED:
            return error
        return RefusedError(error.refusal, nearest=error.nearest, **{**error.parameters, "zone": self._admission.zone})
