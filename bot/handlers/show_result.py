"""*Show result* and *Original*: posts a finished set, or what was made smaller in it, as the answer to the button."""

from bot.commands.command import Arrival, ShowResult
from bot.handlers.handler import Handler
from bot.handlers.lookup import job_of_button
from bot.jobs.stores import JobStore
from bot.pipeline.result_messages import ResultMessages


class ShowResultHandler(Handler[ShowResult]):
    def __init__(self, jobs: JobStore, result_messages: ResultMessages) -> None:
        self._jobs = jobs
        self._result_messages = result_messages

    async def handle(self, arrival: Arrival, command: ShowResult) -> None:
        """Raises RefusedError, DeliveryError, StoreError."""
        job = await job_of_button(self._jobs, command.job)
        if command.originals:
            await self._result_messages.show_originals(job, arrival.origin)
        else:
            await self._result_messages.show_again(job, arrival.origin)
