"""`cancel`, said about a request: ends it before its paid call."""

from collections.abc import Callable

from bot.clock import Clock
from bot.commands.command import Arrival, CancelJob
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.ids import JobId
from bot.jobs.stores import JobStore


class CancelJobHandler(Handler[CancelJob]):
    def __init__(self, jobs: JobStore, clock: Clock, wake: Callable[[JobId], None]) -> None:
        self._jobs = jobs
        self._clock = clock
        self._wake = wake

    async def handle(self, arrival: Arrival, command: CancelJob) -> None:
        """The job's own message says that it was stopped. Raises RefusedError ALREADY_SUBMITTED, StoreError."""
        try:
            await self._jobs.cancel(command.job, arrival.origin.user, now=self._clock.now())
        except RefusedError as error:
            if error.refusal is not RefusalCode.ALREADY_SUBMITTED:
                raise
            raise RefusedError(RefusalCode.ALREADY_SUBMITTED, **{VARIANT: "cancel"}) from error
        self._wake(command.job)
