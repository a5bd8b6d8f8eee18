"""The receipt of a job: what it delivered and what it cost, from its rows alone."""

from collections.abc import Sequence

from bot.jobs.events import Receipt
from bot.jobs.facts import doubt_of, images_wanted, job_spend, require_request
from bot.jobs.job import Job
from bot.jobs.picture import PictureRow
from bot.pipeline.context import JobContext
from bot.wallet.admission import Admission


class Receipts:
    def __init__(self, context: JobContext, admission: Admission) -> None:
        self._pictures = context.pictures
        self._ledger = context.ledger
        self._clock = context.clock
        self._admission = admission

    async def receipt(self, job: Job) -> Receipt:
        """As of now, for a set that is being posted; the images left are those of the window in which the job ended."""
        request = require_request(job)
        ended_at = job.ended_at if job.ended_at is not None else self._clock.now()
        rows = await self._pictures.pictures(job.id)
        hold = self._admission.hold(job.origin, images=0, now=ended_at)
        usage = await self._ledger.usage(hold.user, hold.window)
        spend = job_spend(job)
        delivered = sum(row.state == "stored" for row in rows)
        counted = await self._ledger.settled(job.id) - min(delivered, images_wanted(job))
        return Receipt(
            model=request.model,
            gateway=request.gateway,
            seconds=ended_at - job.created_at,
            delivered=delivered,
            withheld=tuple((row.index + 1, row.error) for row in rows if row.error is not None),
            cost=spend.cost,
            estimated=spend.estimated,
            size=_common_size(rows),
            left_today=max(0, usage.left(hold.granted)),
            seen=doubt_of(job),
            counted=max(0, counted),
            billed=spend.images or None,
        )


def _common_size(rows: Sequence[PictureRow]) -> str | None:
    """`2048x2048`, if all pictures have it."""
    sizes = {(row.width, row.height) for row in rows if row.state == "stored"}
    width, height = sizes.pop() if len(sizes) == 1 else (None, None)
    return None if width is None or height is None else f"{width}x{height}"
