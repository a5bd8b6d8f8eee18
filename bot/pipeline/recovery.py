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

    Members are not notified, because the backup may be old. The marker is removed last, and only if every job was ended: else this
    is repeated at the next start.
    """
    if not await store.backup_marker.is_set():
        return
    open_jobs = await store.backup_marker.release_open_jobs()
    ended = [await _end(job, store, settlement, clock) for job in open_jobs]
    if all(ended):
        await store.backup_marker.remove()
    logger.warning("restored from a backup", extra={"jobs": len(open_jobs)})


async def _end(job_id: JobId, store: Store, settlement: Settlement, clock: Clock) -> bool:
    """False for a job that cannot be read or cannot be ended: it is set aside, so that it neither runs nor stops the others."""
    try:
        job = await store.claims.claim(job_id, owner=OWNER, now=clock.now(), lease_s=LEASE_S)
        if job is None:
            # It was set aside, or another process has started on the same folder and is ending it.
            return False
        while not job.notified:
            job = await settlement.abandon(job)
    except StoreError as error:
        if error.retryable:
            raise
        if error.store is StoreCode.FENCED:
            # The other process again.
            return True
        await store.claims.set_aside(job_id, reason=error.detail)
        return False
    except Exception as error:
        logger.exception("not ended", extra={"job": job_id})
        await store.claims.set_aside(job_id, reason=type(error).__name__)
        return False
    return True
