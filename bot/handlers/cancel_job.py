"""`cancel`, said about a request: ends it before its paid calls, or those of them that are not made yet."""

from collections.abc import Callable

from bot.chat.reply import Reply
from bot.clock import Clock
from bot.commands.command import Arrival, CancelJob
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.ids import JobId
from bot.jobs.call import CallState
from bot.jobs.stores import JobStore
from bot.presentation import remarks
from bot.wording.words import Words

WITHOUT_PICTURES = frozenset({CallState.CANCELLED, CallState.FAILED, CallState.REFUSED})


class CancelJobHandler(Handler[CancelJob]):
    def __init__(self, jobs: JobStore, clock: Clock, words: Words, wake: Callable[[JobId], None]) -> None:
        self._jobs = jobs
        self._clock = clock
        self._words = words
        self._wake = wake

    async def handle(self, arrival: Arrival, command: CancelJob) -> Reply | None:
        """What still comes, if anything; else the job's own message says that it was stopped.

        Raises RefusedError ALREADY_SUBMITTED, StoreError.
        """
        try:
            await self._jobs.cancel(command.job, arrival.origin.user, now=self._clock.now())
        except RefusedError as error:
            if error.refusal is not RefusalCode.ALREADY_SUBMITTED:
                raise
            raise RefusedError(RefusalCode.ALREADY_SUBMITTED, **{VARIANT: "cancel"}) from error
        self._wake(command.job)
        job = await self._jobs.load(command.job)
        coming = 0 if job is None else sum(call.wants for call in job.calls if call.state not in WITHOUT_PICTURES)
        if job is None or not coming:
            return None
        return remarks.stopped(self._words, coming=coming, count=sum(call.wants for call in job.calls))
