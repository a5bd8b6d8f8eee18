"""Commands that become a job: recorded here, moved by the worker."""

from collections.abc import Callable
from dataclasses import replace

from bot.clock import Clock
from bot.commands.command import Arrival, Generate, Repeat
from bot.commands.interpretation import deduplication_ids
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId, new_job_id
from bot.jobs.facts import missing_of
from bot.jobs.job import Job, NewJob
from bot.jobs.stores import JobStore, PictureStore
from bot.requests.checks import RequestRules, check
from bot.requests.references import Reference


class Generating:
    """Records jobs and wakes the engine. `wake` must return at once."""

    def __init__(
        self,
        jobs: JobStore,
        pictures: PictureStore,
        clock: Clock,
        rules: RequestRules,
        wake: Callable[[JobId], None],
    ) -> None:
        self._jobs = jobs
        self._pictures = pictures
        self._clock = clock
        self._rules = rules
        self._wake = wake

    async def generate(self, arrival: Arrival, command: Generate) -> None:
        """Record the job. An event that was seen before changes nothing. Raises RefusedError, StoreError."""
        check(command, self._rules)
        await self._record(arrival, command)

    async def repeat(self, arrival: Arrival, command: Repeat) -> None:
        """The same once more, or what is missing of it, for whoever presses and from their quota, with the references we have."""
        earlier = await self._jobs.load(command.job)
        if earlier is None or not _may_repeat(earlier, arrival):
            raise RefusedError(RefusalCode.JOB_UNKNOWN, value=command.job, **{VARIANT: "pressed"})
        asked = await self._missing(earlier) if command.missing else earlier.command
        check(asked, self._rules)
        await self._record(arrival, asked, references=await self._jobs.references(earlier.id), repeats=earlier.id)

    async def _missing(self, earlier: Job) -> Generate:
        """The same command for as many pictures as did not come. Raises RefusedError where the set did not come short."""
        missing = missing_of(earlier, await self._pictures.pictures(earlier.id))
        if not missing:
            raise RefusedError(RefusalCode.NOTHING_MISSING)
        return replace(earlier.command, options=replace(earlier.command.options, count=missing))

    async def _record(
        self,
        arrival: Arrival,
        command: Generate,
        *,
        references: tuple[Reference, ...] = (),
        repeats: JobId | None = None,
    ) -> None:
        """In one go. What the platform brings again changes nothing. Raises RefusedError for a second click, StoreError."""

        def too_late() -> bool:
            return arrival.until is not None and self._clock.now() >= arrival.until

        job = NewJob(
            id=new_job_id(),
            events=(*arrival.events, *deduplication_ids(arrival)),
            origin=arrival.origin,
            command=command,
            references=references,
            repeats=repeats,
        )
        if await self._jobs.receive(job, now=self._clock.now(), too_late=too_late):
            self._wake(job.id)
            return
        known = [await self._jobs.job_of_event(event) for event in arrival.events]
        if not any(known):
            # A second click is an event of its own, and its platform waits for an answer to it.
            raise RefusedError(RefusalCode.ASKED_TWICE)


def _may_repeat(earlier: Job, arrival: Arrival) -> bool:
    """A private job's words and pictures are its requester's alone."""
    return earlier.command.options.private is not True or earlier.origin.user == arrival.origin.user
