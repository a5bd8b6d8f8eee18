"""The lines of the log that say who asked for a job, what came of it and what it cost."""

import logging

from bot.errors import StoreError
from bot.jobs.facts import job_spend, quoted_spend
from bot.jobs.job import ENDS, Job, JobState
from bot.jobs.stores import PictureStore
from bot.wallet.ledger import Spend

logger = logging.getLogger(__name__)


class JobLog:
    """One line when a job is accepted and one when it has ended."""

    def __init__(self, pictures: PictureStore) -> None:
        self._pictures = pictures

    async def moved(self, before: Job, after: Job) -> None:
        if after.state is before.state:
            return
        if after.state is JobState.ACCEPTED and before.state is JobState.RECEIVED and after.request is not None:
            count = after.request.count
            logger.info("accepted", extra=_fields(after, pictures=count, spend=quoted_spend(after)))
        elif after.state in ENDS:
            await self._ended(after)

    async def _ended(self, job: Job) -> None:
        try:
            rows = await self._pictures.pictures(job.id)
        except StoreError:
            # The line is worth less than the job, which goes on.
            rows = ()
        stored = sum(row.state == "stored" for row in rows)
        logger.info("ended", extra={**_fields(job, pictures=stored, spend=job_spend(job)), "state": job.state.value})


def _fields(job: Job, *, pictures: int, spend: Spend) -> dict[str, str | int | bool]:
    """`price`: what the operator pays. A job that was declined has no gateway."""
    fields: dict[str, str | int | bool] = {"job": job.id, "platform": job.origin.platform, "member": job.origin.user}
    if job.request is not None:
        fields |= {"gateway": job.request.gateway, "model": job.request.model}
        fields["price"] = "unknown" if spend.cost is None else str(spend.cost)
    if spend.estimated:
        fields["estimated"] = True
    return fields | {"pictures": pictures}
