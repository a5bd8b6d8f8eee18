"""A job that was recorded too late for its member is not there: the member was told that it was not saved."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import StoreCode, StoreError
from bot.ids import EventId, JobId
from bot.jobs.job import NewJob
from bot.jobs.question import QuestionAnswer, RepeatChoice, repeat_question
from tests.fakes.jobs import ADA, new_job
from tests.fakes.stores import AllStores, SqliteStore, open_sqlite_store

J0, J1 = JobId("j0"), JobId("j1")
PRESS = EventId("press")
QUESTION = JobId("q0")


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with open_sqlite_store(tmp_path / "data") as opened:
        yield opened


class Lateness:
    """Whether it is too late, at each time that it is asked."""

    def __init__(self, *answers: bool) -> None:
        self._answers: Iterator[bool] = iter(answers)

    def __call__(self) -> bool:
        return next(self._answers)


async def test_a_commit_that_takes_too_long_is_taken_back(store: AllStores) -> None:
    """It was early enough before the commit and too late after it; the same event is then recorded as a new one."""
    with pytest.raises(StoreError) as caught:
        await store.receive(new_job("j0", event=PRESS), now=100.0, too_late=Lateness(False, True))

    assert (caught.value.store, caught.value.retryable) == (StoreCode.BUSY, True)
    assert (await store.load(J0), await store.job_of_event(PRESS), await store.due(now=200.0, limit=9)) == (None, None, [])
    assert await store.receive(new_job("j1", event=PRESS), now=101.0, too_late=Lateness(False, False))
    assert await store.job_of_event(PRESS) == J1


async def test_a_question_whose_answer_is_taken_back_is_open_again(store: AllStores) -> None:
    """The member was told that nothing happened, so the next press must count."""
    question = repeat_question(QUESTION, asked_of=ADA, job=J0, choice=RepeatChoice.AGAIN, images=8, now=100.0)
    await store.receive(new_job("j0"), now=100.0)
    await store.ask(question, now=100.0)
    answer = QuestionAnswer(question=QUESTION, user=ADA, choice=RepeatChoice.AGAIN)

    with pytest.raises(StoreError):
        await store.receive(replace(new_job("j1"), answers=answer), now=101.0, too_late=Lateness(False, True))

    assert await store.receive(replace(new_job("j1"), answers=answer), now=102.0, too_late=Lateness(False, False))


async def test_a_known_event_is_not_taken_back(store: AllStores) -> None:
    """The job that the first delivery created stays, however late the second one is."""
    await store.receive(new_job("j0", event=PRESS), now=100.0)

    assert not await store.receive(new_job("j1", event=PRESS), now=101.0, too_late=Lateness(False))
    assert await store.job_of_event(PRESS) == J0


class TakenUp(SqliteStore):
    """Another process claims every job, and goes on with it if `accepts`, before it can be taken back."""

    accepts = False

    async def _take_back(self, job: NewJob) -> bool:
        claimed = await self.claim(job.id, owner="another", now=200.0, lease_s=60.0)
        assert claimed is not None
        if self.accepts:
            await self._write("UPDATE job SET state = 'accepted' WHERE id = :job", {"job": job.id})
        return await super()._take_back(job)


@pytest.mark.parametrize("accepts", [False, True])
async def test_a_late_job_that_another_process_has_taken_up(sqlite: SqliteStore, *, accepts: bool) -> None:
    """While nothing was held it is taken back all the same; after that it runs, and is reported as recorded."""
    other = TakenUp(sqlite._database)
    other.accepts = accepts
    receiving = other.receive(new_job("j0"), now=100.0, too_late=Lateness(False, True))

    if accepts:
        assert await receiving
    else:
        with pytest.raises(StoreError, match="busy"):
            await receiving
    assert (await sqlite.load(J0) is not None) is accepts


class BusyTakingBack(SqliteStore):
    """The database fails a few times when a job is taken back."""

    failures = 0

    async def _write(self, sql: str, parameters: object) -> list[object]:  # type: ignore[override]
        if self.failures and sql == self._statements.take_back_job:
            self.failures -= 1
            raise StoreError(StoreCode.UNAVAILABLE)
        return await super()._write(sql, parameters)  # type: ignore[arg-type, return-value]


async def test_taking_back_waits_for_the_database(sqlite: SqliteStore) -> None:
    """What keeps the job from being taken back keeps it from being claimed."""
    busy = BusyTakingBack(sqlite._database)
    busy.failures = 3

    async with asyncio.timeout(60):
        with pytest.raises(StoreError, match="busy"):
            await busy.receive(new_job("j0"), now=100.0, too_late=Lateness(False, True))

    assert (busy.failures, await sqlite.load(J0)) == (0, None)
