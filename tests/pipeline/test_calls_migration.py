"""A database of the version in which a job was one call: every job goes on in its call's own row, and the books stay equal."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from bot.ids import JobId, TaskId, UserId
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState
from bot.jobs.job import JobState
from bot.money import to_micros
from bot.store import DATABASE
from bot.store.blobs import Blobs
from bot.store.maintenance.inspection import LedgerFaults, audit
from bot.store.sqlite.database.connection import open_database
from bot.store.sqlite.database.migrations import load_migrations, migrate
from bot.upstream.contract import Completed, PictureReady
from tests.fakes.jobs import TODAY
from tests.fakes.memory_store import MemoryStore
from tests.fakes.pictures import picture
from tests.fakes.stores import open_sqlite_store
from tests.fakes.upstream import ScriptedTasks
from tests.fakes.worker import build_harness

BEFORE = 15
"""The last migration of that version."""
NOW = 1_700_000_000.0
A, B = PictureReady(index=0, address="a"), PictureReady(index=1, address="b")
ORIGIN = (
    '{"platform":"fake","workspace":"w","user":"MEMBER","received_at":1699999910.0,"roles":[],"locale":"en","direct":false,'
    '"user_install":false,"place":null,"address":{}}'
)
COMMAND = (
    '{"verb":"imagine","prompt":"a fox","options":{"model":null,"count":2,"size":null,"ratio":null,"format":null,"watermark":null,'
    '"search":null,"prompt_mode":null,"gateway":null,"private":null,"spoiler":null,"seed":null,"guidance":null},"references":[],'
    '"recalled":false}'
)
REQUEST = (
    '{"gateway":"ark","dialect":"ark_intl","model":"4.5","model_id":"seedream-4-5","prompt":"a red fox in snow","count":2,"size":"2K",'
    '"references":[],"mode":"stream","watermark":null,"format":null,"search":false,"prompt_mode":null,"second_model_id":null,'
    '"hidden":false,"per_call":null}'
)
"""As that version wrote them, word for word."""
Column = str | int | float | None
Spent = tuple[int, int | None, str]
"""Pictures, micro-units and who said so."""


@dataclass(frozen=True, kw_only=True)
class Old:
    """One job of two pictures as the old version left it, what its member settles in the end, and what is booked."""

    columns: Mapping[str, Column]
    pictures: tuple[tuple[str, str], ...] = ()
    """State, and address or error."""
    spend: tuple[int, str | None, int] | None = None
    closed: int | None = None
    end: JobState
    call: CallState | None
    settled: int = 0
    spent: Spent | None = None
    asked: int = 0


def submitted(state: str, **more: Column) -> dict[str, Column]:
    return {"state": state, "submitted_at": NOW - 60, **more}


AMBIGUOUS = '{"code":"ambiguous","parameters":{"gateway":"ark","model":"4.5"},"nearest":null,"also":[]}'
BALANCE = '{"code":"balance","parameters":{"gateway":"ark","model":"4.5"},"nearest":null,"also":[]}'
POLICY = '{"code":"policy_text","parameters":{"gateway":"ark","model":"4.5"},"nearest":null,"also":[]}'
ENDED = {"ended_at": NOW - 5}
STORED, COMING, WITHHELD = ("stored", ""), ("announced", "b"), ("missing", "policy_output")
DONE, ANSWERED, UNCERTAIN = JobState.DONE, CallState.ANSWERED, CallState.UNCERTAIN
JOBS: dict[str, Old] = {
    "received": Old(columns={"state": "received", "request": None, "unit_price": None, "currency": None}, end=DONE,
                    call=ANSWERED, settled=2, spent=(2, 80_000, "counts"), asked=1),
    "accepted": Old(columns={"state": "accepted"}, end=DONE, call=ANSWERED, settled=2, spent=(2, 80_000, "counts"), asked=1),
    "put back": Old(columns={"state": "accepted", "attempts": 3, "not_before": NOW + 20}, end=DONE, call=ANSWERED, settled=2,
                    spent=(2, 80_000, "counts"), asked=1),
    "submitting": Old(columns=submitted("submitting"), end=JobState.UNCERTAIN, call=UNCERTAIN, spent=(2, 80_000, "estimate")),
    "submitting with a picture": Old(columns=submitted("submitting"), pictures=(STORED,), end=DONE, call=UNCERTAIN, settled=1,
                                     spent=(2, 80_000, "estimate")),
    "running": Old(columns=submitted("running"), end=JobState.UNCERTAIN, call=UNCERTAIN, spent=(2, 80_000, "estimate")),
    "running with a task": Old(columns=submitted("running", task="t1"), pictures=(STORED,), end=DONE, call=ANSWERED, settled=2,
                               spent=(2, 80_000, "counts")),
    "collecting": Old(columns=submitted("collecting", billed=2, attempts=3), pictures=(STORED, COMING), end=DONE, call=ANSWERED,
                      settled=2, spent=(2, 80_000, "counts")),
    "collecting, counted by pictures": Old(columns=submitted("collecting", unit_price="0.0333333"), pictures=(STORED, WITHHELD),
                                           end=DONE, call=ANSWERED, settled=1, spent=(1, 33_334, "schedule")),
    "collecting in doubt": Old(columns=submitted("collecting", uncertain=1, error=AMBIGUOUS), pictures=(STORED,), end=DONE,
                               call=UNCERTAIN, settled=1, spent=(2, 80_000, "estimate")),
    "collecting in doubt after a crash": Old(columns=submitted("collecting", uncertain=1), pictures=(COMING,), end=DONE,
                                             call=UNCERTAIN, settled=1, spent=(2, 80_000, "estimate")),
    "delivering": Old(columns=submitted("delivering", billed=2, posting_since=NOW - 5), pictures=(STORED, STORED),
                      spend=(2, "0.080", 0), closed=2, end=DONE, call=ANSWERED, settled=2, spent=(2, 80_000, "counts")),
    "done": Old(columns=submitted("done", way="conversation", uncertain=1, error=AMBIGUOUS, **ENDED), pictures=(STORED,),
                spend=(2, "0.0800001", 1), closed=1, end=DONE, call=UNCERTAIN, settled=1, spent=(2, 80_001, "estimate")),
    "refused": Old(columns=submitted("refused", error=POLICY, **ENDED), closed=0, end=JobState.REFUSED, call=CallState.REFUSED),
    "failed": Old(columns={"state": "failed", "error": BALANCE, **ENDED}, closed=0, end=JobState.FAILED, call=CallState.FAILED),
    "cancelled": Old(columns={"state": "cancelled", **ENDED}, closed=0, end=JobState.CANCELLED, call=CallState.CANCELLED),
    "uncertain": Old(columns=submitted("uncertain", error=AMBIGUOUS, **ENDED), spend=(2, None, 1), closed=0,
                     end=JobState.UNCERTAIN, call=UNCERTAIN, spent=(2, None, "estimate")),
    "uncertain by an exponent": Old(columns=submitted("uncertain", error=AMBIGUOUS, **ENDED), spend=(2, "2E-7", 1), closed=0,
                                    end=JobState.UNCERTAIN, call=UNCERTAIN, spent=(2, 1, "estimate")),
}  # fmt: skip


@dataclass
class Writer:
    """Writes rows as the old version did."""

    connection: sqlite3.Connection
    blobs: Blobs

    async def write(self, name: str, old: Old) -> None:
        job, user = job_of(name), member_of(name)
        columns: dict[str, Column] = {
            "id": job,
            "member": user,
            "origin": ORIGIN.replace("MEMBER", user),
            "command": COMMAND,
            "request": REQUEST,
            "unit_price": "0.04",
            "currency": "USD",
            "created_at": NOW - 90,
            "updated_at": NOW - 60,
            "state_since": NOW - 60,
            "epoch": 3,
            **old.columns,
        }
        self._insert("job", columns)
        for position, (state, detail) in enumerate(old.pictures):
            await self._picture(job, position, state, detail)
        if columns["request"] is not None:
            released = None if old.closed is None else 2 - old.closed
            booked = None if old.closed is None else old.spend[0] if old.spend is not None else 0
            self._insert(
                "hold",
                {
                    "job": job, "member": user, "quota_window": TODAY, "granted": 20, "images": 2, "held_at": NOW - 80,
                    "settled": old.closed or 0, "released": released or 0, "billed": booked,
                    "closed_at": None if old.closed is None else NOW - 5,
                },
            )  # fmt: skip
        if old.spend is not None:
            images, amount, estimated = old.spend
            self._insert(
                "spend",
                {
                    "job": job, "member": user, "workspace": "w", "gateway": "ark", "model": "4.5", "images": images,
                    "amount": amount, "currency": None if amount is None else "USD", "estimated": estimated, "spent_at": NOW - 5,
                },
            )  # fmt: skip

    async def _picture(self, job: str, position: int, state: str, detail: str) -> None:
        row: dict[str, Column] = {"job": job, "position": position, "state": state}
        if state == "stored":
            content = picture("green")
            facts: dict[str, Column] = {"media_type": "image/png", "width": 64, "height": 64, "size_bytes": len(content)}
            row |= {"blob": await self.blobs.put(content), **facts}
        else:
            row |= {"address" if state == "announced" else "error": detail}
        self._insert("picture", row)

    def _insert(self, table: str, row: Mapping[str, Column]) -> None:
        names = ", ".join(row)
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def job_of(name: str) -> JobId:
    return JobId(f"{list(JOBS).index(name):012}")


def member_of(name: str) -> UserId:
    return UserId(f"fake:{list(JOBS).index(name)}")


async def old_database(folder: Path) -> None:
    """One with a job in each of the states, and one that nobody can read."""
    async with open_database(folder / DATABASE) as database:
        await migrate(database, load_migrations()[:BEFORE])
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        writer = Writer(connection, Blobs(folder / "blobs"))
        for name, old in JOBS.items():
            await writer.write(name, old)
        connection.execute(
            "INSERT INTO job (id, state, origin, command, request, unit_price, created_at, updated_at)"
            " VALUES ('broken', 'accepted', '{', '{', '{', 'dear', 0, 0)"
        )


def rows_of(folder: Path, sql: str, *values: Column) -> list[tuple[Column, ...]]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return connection.execute(sql, values).fetchall()


@pytest.mark.parametrize("name", JOBS)
async def test_every_job_of_the_old_version_comes_to_its_end(processor: ImageProcessor, tmp_path: Path, name: str) -> None:
    """Nothing is lost or paid for twice, the member settles what arrived, and the books are equal."""
    old = JOBS[name]
    await old_database(tmp_path)
    upstream = ScriptedTasks([[A, B, Completed(billed=2)]], later=[[A, B, Completed(billed=2)]])
    async with open_sqlite_store(tmp_path) as store:
        harness = build_harness(
            processor,
            tmp_path / "blobs",
            store=cast("MemoryStore", store),
            upstream=upstream,
            pictures={"a": [picture("red")], "b": [picture("blue")]},
        )
        harness.clock.advance(30.0)
        job = await harness.advance_to_end(job_of(name))

        assert (job.state, [call.state for call in job.calls]) == (old.end, [old.call])
        assert (len(upstream.asked), upstream.resumed) == (old.asked, [TaskId("t1")] if "task" in old.columns else [])
        usage = "SELECT sum(settled), sum(images - settled - released) FROM hold WHERE member = ?"
        assert rows_of(tmp_path, usage, member_of(name)) == [(old.settled, 0)]
        booked = rows_of(tmp_path, "SELECT images, amount, billed_by FROM spend WHERE job = ? AND call = 1", job.id)
        assert booked == ([] if old.spent is None else [old.spent])
        if old.spent is not None:
            call = job.call(1)
            assert (call.billed, None if call.cost is None else call.cost.micros, call.billed_by) == old.spent
    faults = await audit(tmp_path / DATABASE)
    assert faults == LedgerFaults(overdrawn_members=(), open_holds=(), wrong_charges=())


async def test_what_was_quoted_is_exact(tmp_path: Path) -> None:
    """The flat price is a schedule of one step, in micro-units; a row that cannot be read has no call."""
    await old_database(tmp_path)
    async with open_sqlite_store(tmp_path):
        pass
    (quoted, schedule, attempts, not_before) = rows_of(
        tmp_path, "SELECT quoted, schedule, attempts, not_before FROM call WHERE job = ?", job_of("put back")
    )[0]
    assert (quoted, attempts, not_before) == (80_000, 3, NOW + 20)
    assert json.loads(str(schedule)) == {"currency": "USD", "picture": [{"micros": 40_000}]}
    assert rows_of(tmp_path, "SELECT count(*) FROM call WHERE job = 'broken'") == [(0,)]
    assert rows_of(tmp_path, "SELECT DISTINCT call FROM picture") == [(1,)]


@pytest.mark.parametrize(
    "amount", ["0", "0.00", "7", "12.5", "0.035", "0.0350000", "0.123456", "0.1234561", "1234.000001", "999999.9999990", "1E-7"]
)
async def test_amounts_become_exact_micro_units(tmp_path: Path, amount: str) -> None:
    """As the program itself would read them: rounded up where there is more than a micro-unit can say."""
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, load_migrations()[:BEFORE])
        spend = (
            "INSERT INTO spend (job, member, images, amount, currency, estimated, spent_at) VALUES ('j', 'm', 1, :a, 'USD', 0, 0)"
        )
        await database.write(spend, {"a": amount})
        await migrate(database, load_migrations())
    assert rows_of(tmp_path, "SELECT amount FROM spend") == [(to_micros(Decimal(amount)),)]
