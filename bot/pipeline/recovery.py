"""A database that was put back from a backup: what was open when that was taken is never gone on with."""

import logging

from bot.clock import Clock
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.pipeline.settle import Settlement
from bot.store import Store

logger = logging.getLogger(__name__)

OWNER = "recovery"
LEASE_S = 60.0


async def end_copied_jobs(store: Store, settlement: Settlement, clock: Clock) -> None:
    """End what was open, before the engine finds it: the original may have paid for it and delivered it since.

    Nobody is told: it may be long ago. Where this is cut off, the mark still stands, and the next start goes on.
    """
    if not await store.backup_marker.stands():
        return
    copied = await store.backup_marker.release()
    for job in copied:
        await _close(job, store, settlement, clock)
    await store.backup_marker.remove()
    logger.warning("restored from a backup", extra={"jobs": len(copied)})


async def _close(job_id: JobId, store: Store, settlement: Settlement, clock: Clock) -> None:
    try:
        job = await store.claims.claim(job_id, owner=OWNER, now=clock.now(), lease_s=LEASE_S)
        while job is not None and not job.notified:
            job = await settlement.give_up(job)
    except StoreError as error:
        # Another process started on the same folder and does the same.
        if error.store is not StoreCode.FENCED:
            raise
