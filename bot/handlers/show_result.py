"""*Show result*: posts a finished set again, as the answer to the button."""

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
        await self._result_messages.show_again(await job_of_button(self._jobs, command.job), arrival.origin)
