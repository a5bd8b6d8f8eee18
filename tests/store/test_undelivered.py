"""Contract of `undelivered` and `set_shown`: sets that could not be delivered."""

import pytest

from bot.chat.capabilities import Way
from bot.ids import BlobId, JobId, UserId
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from tests.fakes.jobs import ADA, PATH_TO, accepted_job, take_steps
from tests.fakes.stores import AllStores

BOB = UserId("discord:bob")
BLOB = BlobId("ab" * 32)


async def job_with_picture(
    store: AllStores,
    job: str,
    *,
    user: UserId = ADA,
    state: JobState = JobState.DONE,
    way: Way | None = None,
    blob: BlobId | None = BLOB,
    at: float = 200.0,
) -> Job:
    """A job of two pictures in this state, with one picture on the disk by default."""
    moved = await accepted_job(store, job, images=2, user=user)
    await store.put_picture(moved, PictureRow(index=0, state="stored" if blob else "missing", blob=blob))
    path = PATH_TO[state]
    if way is None:
        return await take_steps(store, moved, *path, now=at)
    return await store.move(await take_steps(store, moved, *path[:-1], now=at), Move(to=state, way=way), now=at)


async def test_the_newest_undelivered_set_is_found(store: AllStores) -> None:
    """The newest undelivered set of the member is found, not delivered sets or those of other members."""
    await job_with_picture(store, "j0", at=200.0)
    newest = await job_with_picture(store, "j1", at=300.0)
    await job_with_picture(store, "j2", user=BOB, at=400.0)
    await job_with_picture(store, "j3", way=Way.DIRECT, at=500.0)
    undelivered = await store.undelivered(ADA)
    assert undelivered == newest
    assert await store.undelivered(UserId("discord:cyd")) is None


@pytest.mark.parametrize("state", [state for state in JobState if state not in {JobState.DONE, JobState.RECEIVED}])
async def test_only_jobs_that_are_done_are_found(store: AllStores, state: JobState) -> None:
    """A job in any other state is still being delivered, or has nothing to show."""
    await job_with_picture(store, "j0", state=state)
    assert await store.undelivered(ADA) is None


async def test_a_set_without_files_is_not_found(store: AllStores) -> None:
    """A set whose pictures are not on our disk is not found, because a button could not show it."""
    await job_with_picture(store, "j0", blob=None)
    assert await store.undelivered(ADA) is None


async def test_a_shown_set_is_no_longer_undelivered(store: AllStores) -> None:
    """After a set was shown, the next older undelivered set is found."""
    earlier = await job_with_picture(store, "j0", at=200.0)
    await job_with_picture(store, "j1", at=300.0)
    await store.set_shown(JobId("j1"), Way.RESPONSE)
    shown = await store.load(JobId("j1"))
    assert shown is not None
    assert shown.way is Way.RESPONSE
    assert await store.undelivered(ADA) == earlier


async def test_set_shown_keeps_an_earlier_way(store: AllStores) -> None:
    """`set_shown` changes neither the way of a delivered set nor a job that is not done."""
    await job_with_picture(store, "j0", way=Way.CONVERSATION)
    running = await job_with_picture(store, "j1", state=JobState.DELIVERING)
    for job in ("j0", "j1"):
        await store.set_shown(JobId(job), Way.DIRECT)
    delivered = await store.load(JobId("j0"))
    assert delivered is not None
    assert delivered.way is Way.CONVERSATION
    assert await store.load(running.id) == running
