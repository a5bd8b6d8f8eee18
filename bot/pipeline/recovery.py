"""A database that was restored from a backup: jobs that were open when the backup was taken are ended, not continued."""

import logging

from bot.clock import Clock
from bot.errors import StoreCode, StoreError
from bot.ids import JobId
from bot.pipeline.settle import Settlement
from bot.store import Store

logger = logging.getLogger(__name__)

OWNER = "recovery"
LEASE_S = 60.0


async def end_restored_jobs(store: Store, settlement: Settlement, clock: Clock) -> None:
    """End the open jobs before the engine claims them: the original may have paid for them and delivered them since.

    Members are not notified, because the backup may be old. The marker is removed last, so an interrupted run is repeated.
    """
    if not await store.backup_marker.is_set():
        return
    open_jobs = await store.backup_marker.release_open_jobs()
    for job in open_jobs:
        await _end(job, store, settlement, clock)
    await store.backup_marker.remove()
    logger.warning("restored from a backup", extra={"jobs": len(open_jobs)})


async def _end(job_id: JobId, store: Store, settlement: Settlement, clock: Clock) -> None:
    try:
        job = await store.claims.claim(job_id, owner=OWNER, now=clock.now(), lease_s=LEASE_S)
        while job is not None and not job.notified:
            job = await settlement.abandon(job)
    except StoreError as error:
        # Another process has started on the same folder and is ending the job.
        if error.store is not StoreCode.FENCED:
            raise
