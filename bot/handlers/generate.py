"""Commands that become a job: recorded here, moved by the worker."""

from collections.abc import Callable

from bot.clock import Clock
from bot.command import Arrival, Generate, Repeat
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId, new_job_id
from bot.job import Job, JobStore, NewJob
from bot.preparation import Rules, check


class Generating:
    """Records jobs and wakes the engine. `wake` must return at once."""

    def __init__(self, store: JobStore, clock: Clock, rules: Rules, wake: Callable[[JobId], None]) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._wake = wake

    async def generate(self, arrival: Arrival, command: Generate) -> None:
        """Record the job. An event that was seen before changes nothing. Raises RefusedError, StoreError."""
        check(command, self._rules)
        await self._record(arrival, NewJob(id=new_job_id(), events=arrival.events, origin=arrival.origin, command=command))

    async def repeat(self, arrival: Arrival, command: Repeat) -> None:
        """The same once more, for whoever presses and from their quota, with the references we still have."""
        earlier = await self._store.load(command.job)
        if earlier is None or not _may_repeat(earlier, arrival):
            raise RefusedError(RefusalCode.JOB_UNKNOWN, value=command.job, **{VARIANT: "pressed"})
        check(earlier.command, self._rules)
        again = NewJob(
            id=new_job_id(),
            events=arrival.events,
            origin=arrival.origin,
            command=earlier.command,
            references=await self._store.references(earlier.id),
            repeats=earlier.id,
        )
        await self._record(arrival, again)

    async def _record(self, arrival: Arrival, job: NewJob) -> None:
        def too_late() -> bool:
            return arrival.until is not None and self._clock.now() >= arrival.until

        if await self._store.receive(job, now=self._clock.now(), too_late=too_late):
            self._wake(job.id)


def _may_repeat(earlier: Job, arrival: Arrival) -> bool:
    """A private job's words and pictures are its requester's alone."""
    return earlier.command.options.private is not True or earlier.origin.user == arrival.origin.user
