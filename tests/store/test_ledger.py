"""The ledger adds up, by its rows alone: granted - settled - held = left."""

import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import RefusedError
from bot.ids import JobId, UserId
from bot.jobs.call import CallMove, CallState
from bot.jobs.job import Job, JobState, Move
from bot.money import parse_money
from bot.store import DATABASE, Store, open_store
from bot.store.sqlite.ledger import Account
from bot.wallet.ledger import Spend, Usage
from tests.fakes.jobs import ADA, TODAY, Step, accepted_job, claimed_job, hold, request, take_steps
from tests.fakes.stores import AllStores, all_stores

BOB = UserId("slack:T1/bob")
TOMORROW = "day:2026-11-21"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


def rows_of(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Execute a statement on the database file, outside the store."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        return connection.execute(sql).fetchall()


async def submitted(store: AllStores, job: str, *, images: int = 4) -> Job:
    return await take_steps(store, await accepted_job(store, job, images=images), CallState.SUBMITTING)


@dataclass
class ExpectedAccount:
    """The expected quota of one member in one window."""

    settled: int = 0
    held: int = 0
    uncertain: int = 0

    def close(self, images: int, move: Move) -> None:
        rest = max(0, images - (move.settle or 0))
        doubtful = min(rest, move.doubtful)
        released = max(0, min(doubtful, move.uncertain_limit - self.uncertain))
        self.uncertain += released
        self.settled += images - (rest - doubtful) - released


def random_end(chance: random.Random, images: int) -> tuple[tuple[Step, ...], Move] | None:
    """The states of a job and the move that closes its hold; None if it stays open."""
    limit = chance.randint(0, 8)
    delivered, doubtful = chance.randint(1, images + 2), chance.randint(0, images)
    ends: list[tuple[tuple[Step, ...], Move] | None] = [
        None,
        ((), Move(to=JobState.FAILED, settle=0)),
        ((CallState.SUBMITTING,), Move(to=JobState.REFUSED, settle=0)),
        ((CallState.SUBMITTING,), Move(to=JobState.UNCERTAIN, settle=0, doubtful=images, uncertain_limit=limit)),
        (
            (CallState.SUBMITTING, CallState.RUNNING),
            Move(to=JobState.UNCERTAIN, settle=0, doubtful=doubtful, uncertain_limit=limit),
        ),
        ((CallState.SUBMITTING, CallState.COLLECTING), Move(to=JobState.FAILED, settle=0)),
        ((CallState.SUBMITTING, CallState.COLLECTING), Move(to=JobState.DELIVERING, settle=delivered)),
        (
            (CallState.SUBMITTING, CallState.COLLECTING),
            Move(to=JobState.DELIVERING, settle=delivered, doubtful=doubtful, uncertain_limit=limit),
        ),
    ]
    return chance.choice(ends)


async def run_random_jobs(store: Store, seed: int) -> dict[tuple[UserId, str], ExpectedAccount]:
    """Run sixty jobs of two members in two windows to random ends, or leave them open; returns the expected accounts."""
    chance = random.Random(seed)
    expected: dict[tuple[UserId, str], ExpectedAccount] = {}
    for number in range(60):
        user, window, images = chance.choice([ADA, BOB]), chance.choice([TODAY, TOMORROW]), chance.randint(1, 6)
        job = await claimed_job(all_stores(store), f"j{number:02}", user=user)
        account = expected.setdefault((user, window), ExpectedAccount())
        try:
            job = await all_stores(store).accept(
                job,
                request=request(count=images),
                quote=None,
                hold=hold(images, user=user, window=window),
                now=100.0 + number,
            )
        except RefusedError:
            assert account.settled + account.held + images > 20
            await all_stores(store).move(job, Move(to=JobState.FAILED, settle=0), now=200.0)
            continue
        end = random_end(chance, images)
        if end is None:
            account.held += images
            continue
        states, move = end
        job = await take_steps(all_stores(store), job, *states, now=200.0)
        job = await all_stores(store).move(job, move, now=201.0)
        if job.state is JobState.DELIVERING:
            await all_stores(store).move(job, Move(to=JobState.DONE), now=202.0)
        account.close(images, move)
    return expected


@pytest.mark.parametrize("seed", range(12))
async def test_every_account_adds_up(store: Store, tmp_path: Path, seed: int) -> None:
    """After random jobs, the accounts are as expected, and the images left are granted - settled - held."""
    expected = await run_random_jobs(store, seed)
    accounts = await store.ledger.accounts()
    assert {(account.user, account.window): (account.usage.settled, account.usage.held) for account in accounts} == {
        key: (account.settled, account.held) for key, account in expected.items()
    }
    assert [account.granted - account.usage.settled - account.usage.held for account in accounts] == [
        account.left for account in accounts
    ]
    assert all(account.left >= 0 for account in accounts)
    assert (await store.ledger.overdrawn(), await store.ledger.open_holds()) == ((), ())
    uncertain = rows_of(tmp_path, "SELECT member, quota_window, sum(doubtful) FROM hold GROUP BY member, quota_window")
    assert {(user, window): images for user, window, images in uncertain} == {
        key: account.uncertain for key, account in expected.items()
    }
    assert rows_of(tmp_path, "SELECT job FROM hold WHERE doubtful > released") == []


async def test_the_grant_is_that_of_the_latest_hold(store: Store) -> None:
    """If a member's tier grants more within a window, the new grant counts from the next hold."""
    await accepted_job(all_stores(store), "j0", images=5, granted=5)
    job = await claimed_job(all_stores(store), "j1")
    await all_stores(store).accept(job, request=request(), quote=None, hold=hold(2, granted=50), now=300.0)
    (account,) = await store.ledger.accounts()
    assert account == Account(user=ADA, window=TODAY, granted=50, usage=Usage(settled=0, held=7))
    assert account.left == 43


async def test_inconsistencies_are_found(store: Store, tmp_path: Path) -> None:
    """A hold above any grant and an ended job with an open hold are reported."""
    job = await submitted(all_stores(store), "j0")
    await all_stores(store).move(job, Move(to=JobState.FAILED), now=103.0)
    rows_of(tmp_path, "UPDATE hold SET images = 21")
    assert await store.ledger.overdrawn() == ((ADA, TODAY),)
    assert await store.ledger.open_holds() == (JobId("j0"),)


@pytest.mark.parametrize(
    "change",
    [
        "settled = 5, closed_at = 1.0",
        "settled = 1",
        "settled = 1, released = 2, closed_at = 1.0",
        "settled = -1, released = 5, closed_at = 1.0",
        "images = 0",
    ],
)
async def test_the_table_refuses_inconsistent_holds(store: Store, tmp_path: Path, change: str) -> None:
    """A CHECK refuses a hold whose settled and released images do not add up."""
    await submitted(all_stores(store), "j0")
    with pytest.raises(sqlite3.IntegrityError):
        rows_of(tmp_path, f"UPDATE hold SET {change}")


async def test_a_spend_is_booked_with_its_details(store: Store, tmp_path: Path) -> None:
    """A spend is stored with the exact amount, gateway, model, workspace, and whether it is an estimate."""
    job = await submitted(all_stores(store), "j0")
    spend = Spend(images=3, cost=parse_money("0.120 USD"), billed_by="estimate")
    await all_stores(store).move_call(job, job.call(1), CallMove(to=CallState.UNCERTAIN, spend=spend), now=103.5)
    assert rows_of(tmp_path, "SELECT * FROM spend") == [
        ("j0", 1, ADA, "guild", "ark", "4.5", 3, 120_000, "USD", "estimate", 103.5),
    ]


async def test_a_spend_is_booked_once_per_call(store: Store, tmp_path: Path) -> None:
    """A second spend of the same call changes nothing."""
    job = await submitted(all_stores(store), "j0")
    for state, images in ((CallState.RUNNING, 3), (CallState.FAILED, 4)):
        move = CallMove(to=state, spend=Spend(images=images, cost=None, billed_by="counts"))
        job = await all_stores(store).move_call(job, job.call(1), move, now=103.0)
    assert rows_of(tmp_path, "SELECT images, amount FROM spend") == [(3, None)]


async def test_the_ledger_survives_a_restart(tmp_path: Path) -> None:
    """Jobs, holds and blobs still exist when the store is opened again."""
    async with open_store(tmp_path / "data") as store:
        job = await submitted(all_stores(store), "j0")
        blob = await store.blobs.put(b"a picture")
    async with open_store(tmp_path / "data") as store:
        assert await all_stores(store).load(JobId("j0")) == job
        assert [(account.usage.held, account.left) for account in await store.ledger.accounts()] == [(4, 16)]
        assert await store.blobs.read(blob) == b"a picture"
