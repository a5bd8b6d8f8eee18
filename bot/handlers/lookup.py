"""The job that a button belongs to."""

from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import JobId
from bot.jobs.job import Job
from bot.jobs.stores import JobStore


async def job_of_button(jobs: JobStore, job_id: JobId) -> Job:
    """Raises RefusedError (JOB_UNKNOWN) for a job that is no longer stored."""
    job = await jobs.load(job_id)
    if job is None:
        raise unknown_job_error(job_id)
    return job


def unknown_job_error(job_id: JobId) -> RefusedError:
    return RefusedError(RefusalCode.JOB_UNKNOWN, value=job_id, **{VARIANT: "pressed"})
