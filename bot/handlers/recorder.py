"""Records a new job once, if its member may have it, however often the platform delivers its event, and reports it."""

from collections.abc import Callable

from bot.clock import Clock
from bot.commands.command import Arrival, Generate
from bot.commands.interpretation import deduplication_ids
from bot.commands.numbering import as_seen
from bot.errors import RefusalCode, RefusedError
from bot.ids import JobId, new_job_id
from bot.jobs.job import NewJob
from bot.jobs.question import QuestionAnswer
from bot.jobs.stores import JobStore
from bot.requests.references import Reference
from bot.wallet.admission import Admission


class JobRecorder:
    def __init__(
        self, jobs: JobStore, admission: Admission, clock: Clock, on_recorded: Callable[[JobId], None], *, remembers: bool = True
    ) -> None:
        self._jobs = jobs
        self._admission = admission
        self._clock = clock
        self._on_recorded = on_recorded
        self._remembers = remembers

    async def record(
        self,
        arrival: Arrival,
        command: Generate,
        *,
        images: int,
        references: tuple[Reference, ...] = (),
        repeats: JobId | None = None,
        answers: QuestionAnswer | None = None,
        cancels: JobId | None = None,
    ) -> None:
        """Record the job in one transaction; a redelivered event is ignored. `images`: the most that it can make.

        Raises RefusedError for a second click, for a question that cannot be answered any more and for a member who may not have
        it now, StoreError.
        """

        def too_late() -> bool:
            return arrival.until is not None and self._clock.monotonic() >= arrival.until

        now = self._clock.now()
        job = NewJob(
            id=new_job_id(),
            events=(*arrival.events, *deduplication_ids(arrival)),
            origin=arrival.origin,
            command=command,
            references=references,
            demand=self._admission.demand(arrival.origin, images=images, now=now),
            repeats=repeats,
            answers=answers,
            cancels=cancels,
            place=arrival.origin.place if self._remembers and _is_remembered(arrival, command) else None,
        )
        try:
            recorded = await self._jobs.receive(job, now=now, too_late=too_late)
        except RefusedError as refusal:
            raise as_seen(refusal, command) from None
        if recorded:
            self._on_recorded(job.id)
            return
        known = [await self._jobs.job_of_event(event) for event in arrival.events]
        if not any(known):
            # A second click is a separate event for which the platform expects an answer.
            raise RefusedError(RefusalCode.ASKED_TWICE)


def _is_remembered(arrival: Arrival, command: Generate) -> bool:
    """A private picture is not remembered where others read along: the next request there would show it."""
    return arrival.origin.direct or not command.is_private
