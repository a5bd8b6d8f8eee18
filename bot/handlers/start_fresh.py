"""*Start fresh*: ends an edit of the last image before its paid call, and makes a new image of the same words."""

from collections.abc import Callable
from dataclasses import replace

from bot.commands.command import Arrival, StartFresh
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.handlers.lookup import job_of_button
from bot.handlers.recorder import JobRecorder
from bot.ids import JobId
from bot.jobs.job import CANCELLABLE, ENDS, Job, JobState
from bot.jobs.stores import JobStore
from bot.requests.checks import RequestRules, images_asked


class StartFreshHandler(Handler[StartFresh]):
    def __init__(self, jobs: JobStore, recorder: JobRecorder, rules: RequestRules, wake: Callable[[JobId], None]) -> None:
        self._jobs = jobs
        self._recorder = recorder
        self._rules = rules
        self._wake = wake

    async def handle(self, arrival: Arrival, command: StartFresh) -> None:
        """One transaction ends the one and records the other. Raises RefusedError ALREADY_SUBMITTED, StoreError."""
        edit = await job_of_button(self._jobs, command.job)
        if edit.state not in CANCELLABLE:
            raise _too_late(edit)
        # Only the last image is recalled, and only where the member named no other one.
        fresh = replace(edit.command, verb="imagine", references=(), recalled=False)
        images = images_asked(fresh, self._rules)
        try:
            await self._recorder.record(arrival, fresh, images=images, cancels=edit.id)
        except RefusedError as refusal:
            if refusal.refusal is not RefusalCode.ALREADY_SUBMITTED:
                raise
            # It has moved on since.
            raise _too_late(await job_of_button(self._jobs, command.job)) from refusal
        self._wake(edit.id)


def _too_late(edit: Job) -> RefusedError:
    """Why it cannot be ended any more: it is being made, it has ended, or a new image was begun in its place."""
    if edit.state is JobState.CANCELLED:
        return RefusedError(RefusalCode.ALREADY_SUBMITTED, **{VARIANT: "fresh"})
    return RefusedError(RefusalCode.ALREADY_SUBMITTED, **({VARIANT: "ended"} if edit.state in ENDS else {}))
