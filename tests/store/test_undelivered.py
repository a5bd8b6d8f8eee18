"""Sets that reached nobody, as every job store finds them again."""

import pytest

from bot.chat.capabilities import Way
from bot.ids import BlobId, JobId, UserId
from bot.jobs.job import Job, JobState, Move
from bot.jobs.picture import PictureRow
from tests.fakes.jobs import ADA, PATH_TO, accepted_job
from tests.fakes.stores import AllStores

BOB = UserId("discord:bob")
BLOB = BlobId("ab" * 32)


async def ended(
    store: AllStores,
    job: str,
    *,
    user: UserId = ADA,
    state: JobState = JobState.DONE,
    way: Way | None = None,
    blob: BlobId | None = BLOB,
    at: float = 200.0,
) -> Job:
    """A job of two pictures that came to this end."""
    moved = await accepted_job(store, job, images=2, user=user)
    await store.put_picture(moved, PictureRow(index=0, state="stored" if blob else "missing", blob=blob))
    for following in PATH_TO[state]:
        move = Move(to=following, way=way if following is state else None)
        moved = await store.move(moved, move, now=at)
    return moved


async def test_the_newest_set_that_reached_nobody(store: AllStores) -> None:
    """Of this member, whatever came of the others."""
    await ended(store, "j0", at=200.0)
    newest = await ended(store, "j1", at=300.0)
    await ended(store, "j2", user=BOB, at=400.0)
    await ended(store, "j3", way=Way.DIRECT, at=500.0)
    found = await store.undelivered(ADA)
    assert found == newest
    assert await store.undelivered(UserId("discord:cyd")) is None


@pytest.mark.parametrize("state", [state for state in JobState if state not in {JobState.DONE, JobState.RECEIVED}])
async def test_only_a_set_that_is_done_waits(store: AllStores, state: JobState) -> None:
    """What is still being delivered will say so itself, what failed has nothing to show."""
    await ended(store, "j0", state=state)
    assert await store.undelivered(ADA) is None


async def test_a_set_that_is_not_on_our_disk_any_more_is_not_spoken_of(store: AllStores) -> None:
    """There would be nothing behind the button."""
    await ended(store, "j0", blob=None)
    assert await store.undelivered(ADA) is None


async def test_what_was_shown_waits_no_more(store: AllStores) -> None:
    """Whoever showed it, under whatever claim the job was read; the one before it is next."""
    earlier = await ended(store, "j0", at=200.0)
    await ended(store, "j1", at=300.0)
    await store.set_shown(JobId("j1"), Way.RESPONSE)
    shown = await store.load(JobId("j1"))
    assert shown is not None
    assert shown.way is Way.RESPONSE
    assert await store.undelivered(ADA) == earlier


async def test_the_first_way_stays(store: AllStores) -> None:
    """A set that was delivered and shown again keeps where it stands; one that is not done has no way to be given."""
    await ended(store, "j0", way=Way.CONVERSATION)
    running = await ended(store, "j1", state=JobState.DELIVERING)
    for job in ("j0", "j1"):
        await store.set_shown(JobId(job), Way.DIRECT)
    delivered = await store.load(JobId("j0"))
    assert delivered is not None
    assert delivered.way is Way.CONVERSATION
    assert await store.load(running.id) == running
