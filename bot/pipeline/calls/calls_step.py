"""`accepted → running → delivering`: every call runs as soon as it has a slot, beside the others, until all are over."""

from collections.abc import Callable

from bot.errors import RefusalCode, RefusedError, StoreCode, StoreError, UpstreamError, UpstreamKind
from bot.ids import JobId
from bot.jobs.call import Call, CallState
from bot.jobs.deadlines import late_at
from bot.jobs.events import Accepted, Collected
from bot.jobs.facts import current_progress, job_facts
from bot.jobs.job import Job, JobState
from bot.jobs.ports import Slot
from bot.pipeline.calls.collect import CollectCall
from bot.pipeline.calls.job_run import JobRun
from bot.pipeline.calls.submit import SubmitCall
from bot.pipeline.context import JobContext
from bot.pipeline.settle import Settlement
from bot.wallet.admission import Admission

OPEN_STATES = frozenset({JobState.ACCEPTED, JobState.RUNNING})


class JobSlots(Slot):
    """What several calls of one job wait for: granted as soon as one of them is. `until`: when another of its calls is due."""

    __slots__ = ("_slots", "_until")

    def __init__(self, slots: tuple[Slot, ...], *, until: float | None) -> None:
        self._slots = slots
        self._until = until

    @property
    def until(self) -> float | None:
        return self._until

    @property
    def granted(self) -> bool:  # type: ignore[override]  # it follows from theirs
        return any(slot.granted for slot in self._slots)

    def when_granted(self, call: Callable[[JobId], None]) -> None:
        waiting = [call]

        def once(job: JobId) -> None:
            while waiting:
                waiting.pop()(job)

        for slot in self._slots:
            slot.when_granted(once)

    def release(self) -> None:
        for slot in self._slots:
            slot.release()


class CallsStep:
    def __init__(
        self,
        context: JobContext,
        settlement: Settlement,
        admission: Admission,
        submit: SubmitCall,
        collect: CollectCall,
    ) -> None:
        self._context = context
        self._settlement = settlement
        self._admission = admission
        self._submit = submit
        self._collect = collect

    async def run(self, job: Job) -> Job | Slot | None:
        """Run the calls that can; returns the settled job, the slots that the rest waits for, or None until one is due."""
        context = self._context
        rows = await context.pictures.pictures(job.id) if job.state is JobState.RUNNING else ()
        if job.state is JobState.ACCEPTED and self._can_begin(job):
            if not await context.progress_messages.show_first(job, current_progress(job, ())):
                return await self._settlement.decline(job, RefusedError(RefusalCode.MEMBER_OUT_OF_REACH))
        elif job.state is JobState.RUNNING and not context.stopping():
            await context.show_current_progress(job)
        run = JobRun(job, context.pictures, context.clock, arrived=sum(row.state == "stored" for row in rows))
        try:
            await self._run_calls(run)
            return await self._after_calls(run)
        finally:
            await run.close()

    def _can_begin(self, job: Job) -> bool:
        """Whether the gateway of any planned call is still configured."""
        return any(call.gateway in self._context.gateways for call in job.calls)

    async def _run_calls(self, run: JobRun) -> None:
        """Until no call is at work and none can be begun now."""
        while True:
            ready = [] if run.failure is not None else [call for call in run.idle_calls if self._is_ready(run, call)]
            if ready and len(run.job.open_calls) == 1:
                # Without a task of its own: most jobs have one call.
                await self._advance(run, ready[0])
                continue
            for call in ready:
                run.start(call, self._advance(run, call))
            if not run.at_work:
                break
            await run.wait(self._next_due(run))
            if any(call.state is CallState.PLANNED for call in run.idle_calls):
                await self._notice_stop(run)
        if run.failure is not None:
            raise run.failure

    def _is_ready(self, run: JobRun, call: Call) -> bool:
        """Whether a call can be worked on now. A planned one that is due joins the queue of its gateway."""
        if call.state is not CallState.PLANNED:
            return call.is_due(self._context.clock.now())
        if self._context.stopping():
            return False
        if run.job.is_stopped or self._is_late(run, call):
            return True
        if not call.is_due(self._context.clock.now()):
            return False
        port = self._context.gateways.get(call.gateway)
        if port is None or self._is_missing(call):
            return True
        slot = run.slots.get(call.number)
        if slot is None:
            at_once = self._admission.jobs_at_once(run.job.origin)
            slot = port.limiter.slot(
                run.job.id, call.wants, run.job.origin.user, call=call.number, epoch=run.job.epoch, at_once=at_once
            )
            run.slots[call.number] = slot
            if not slot.granted:
                slot.when_granted(lambda _: run.wake())
        return slot.granted

    def _is_late(self, run: JobRun, call: Call) -> bool:
        """Whether a planned call has waited for too long. The reaper ends no job while one of its calls is at a gateway."""
        return run.now >= late_at(call) and len(run.job.open_calls) > 1

    def _is_missing(self, call: Call) -> bool:
        """Whether the gateway does not have the model at the moment."""
        return self._context.marks.find(call.gateway, call.model) is not None

    def _next_due(self, run: JobRun) -> float | None:
        """When the first of the calls that wait for a time is due."""
        now = self._context.clock.now()
        return min((call.not_before for call in run.idle_calls if not call.is_due(now)), default=None)

    async def _notice_stop(self, run: JobRun) -> Job | None:
        """The job as its row is now, if the claim is current; what its member has stopped meanwhile is taken over."""
        try:
            written = await self._context.jobs.load(run.job.id)
        except StoreError:
            # Nothing depends on it: a call that is cancelled cannot be begun.
            return None
        if written is None or written.epoch != run.job.epoch:
            return None
        run.take_stopped(written)
        return written

    async def _advance(self, run: JobRun, call: Call) -> None:
        try:
            await self._move_on(run, call)
        except StoreError as error:
            if error.store is not StoreCode.FENCED:
                raise
            written = await self._notice_stop(run)
            if written is None or written.call(call.number).state is not CallState.CANCELLED:
                raise

    async def _move_on(self, run: JobRun, call: Call) -> None:
        port = self._context.gateways.get(call.gateway)
        match call.state:
            case CallState.PLANNED if run.job.is_stopped:
                run.release(call.number)
                run.take(await self._settlement.cancel_call(run.job, call), call.number)
            case CallState.PLANNED if self._is_late(run, call):
                run.release(call.number)
                run.take(await self._settlement.expire_planned(run.job, call), call.number)
            case CallState.PLANNED if port is not None and self._is_missing(call):
                run.release(call.number)
                await self._submit.end_unmade(run, call)
            case CallState.PLANNED if port is not None:
                try:
                    await self._submit.make(run, call, port)
                finally:
                    run.release(call.number)
            case CallState.PLANNED:
                unreachable = UpstreamError(UpstreamKind.UNREACHABLE, certain=True)
                run.take(await self._settlement.fail_call(run.job, call, unreachable), call.number)
            case CallState.SUBMITTING | CallState.RUNNING:
                await self._submit.resume(run, call, port)
            case CallState.COLLECTING:
                await self._collect.run(run, call, port)
            case _:
                raise ValueError(f"call {call.number} is {call.state}")

    async def _after_calls(self, run: JobRun) -> Job | Slot | None:
        context, job = self._context, run.job
        if not job.open_calls:
            if job.state in OPEN_STATES:
                # Two calls ended at the same time, or a process between the last call and the job.
                job = await self._settlement.finish(job)
            if job.state is JobState.DELIVERING and not context.progress_messages.becomes_result(job):
                context.progress_messages.show(job, Collected(facts=job_facts(job), arrived=run.arrived))
            return job
        if run.slots and not context.stopping():
            slots = JobSlots(run.hand_over_slots(), until=self._next_due(run))
            if not run.arrived:
                self._show_place(job)
            return slots
        if len(job.calls) > 1:
            await context.calls.defer(job, now=context.clock.now())
        return None

    def _show_place(self, job: Job) -> None:
        waiting = next(call for call in job.calls if call.state is CallState.PLANNED)
        place = self._context.gateways[waiting.gateway].limiter.place(job.id)
        accepted = Accepted(facts=job_facts(job), model=waiting.model, gateway=waiting.gateway, place=place)
        self._context.progress_messages.show(job, accepted)
