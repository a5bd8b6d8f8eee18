"""*Start fresh*: ends an edit of the last image before its paid call, and makes a new image of the same words."""

from collections.abc import Callable
from dataclasses import replace

from bot.commands.command import Arrival, StartFresh
from bot.errors import RefusalCode, RefusedError
from bot.handlers.handler import Handler
from bot.handlers.lookup import job_of_button
from bot.handlers.recorder import JobRecorder
from bot.ids import JobId
from bot.jobs.job import CANCELLABLE
from bot.jobs.stores import JobStore
from bot.requests.checks import RequestRules, check_command


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
            raise RefusedError(RefusalCode.ALREADY_SUBMITTED)
        # Only the last image is recalled, and only where the member named no other one.
        fresh = replace(edit.command, verb="imagine", references=(), recalled=False)
        check_command(fresh, self._rules)
        await self._recorder.record(arrival, fresh, cancels=edit.id)
        self._wake(edit.id)
