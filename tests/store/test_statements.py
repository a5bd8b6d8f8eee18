"""SQL statements are read by name; each is described and occurs once."""

import re
import sqlite3
from contextlib import closing
from dataclasses import fields

import pytest

from bot.store.sqlite.database.migrations import load_migrations
from bot.store.sqlite.database.statements import Statements, load_statements, parse_statements

NAMES = [field.name for field in fields(Statements)]
COMPLETE = "\n\n".join(f"-- {name}: what it does\nSELECT '{name}';" for name in NAMES)


def test_a_statement_follows_its_head() -> None:
    """A statement is the text below its head, without empty lines around it."""
    assert parse_statements([COMPLETE]).load_job == "SELECT 'load_job';"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([COMPLETE, "-- load_job: again\nSELECT 2;"], "two statements are called load_job"),
        ([COMPLETE, "-- sing: not a field\nSELECT 2;"], re.escape("differ: ['sing']")),
        ([COMPLETE.replace("-- load_job:", "--")], re.escape("differ: ['load_job']")),
        ([COMPLETE.replace("-- load_job: what it does", "-- load_job:")], re.escape("differ: ['load_job']")),
    ],
)
def test_statements_and_names_must_match(texts: list[str], message: str) -> None:
    """A statement that is missing, unknown, duplicated or not described raises ValueError."""
    with pytest.raises(ValueError, match=message):
        parse_statements(texts)


@pytest.mark.parametrize("name", NAMES)
def test_each_text_is_one_statement(name: str) -> None:
    """Each text has exactly one semicolon, at its end."""
    sql = getattr(load_statements(), name)
    assert (sql.count(";"), sql.endswith(";")) == (1, True)


@pytest.mark.parametrize(
    "name", ["due_jobs", "next_due", "workload", "release_owner", "renew_leases", "release_claims", "standing"]
)
def test_frequent_statements_use_an_index(name: str) -> None:
    """Frequent statements use the index of ids or of live jobs, so that ended jobs do not slow them down."""
    parameters = {
        "now": 0.0,
        "limit": 1,
        "owner": "a",
        "until": 0.0,
        "jobs": "[]",
        "claims": "[]",
        "living": "[]",
        "latest_lease": 0.0,
        "member": "m",
        "quota_window": "w",
    }
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in load_migrations():
            connection.executescript("\n".join(migration.statements))
        plan = connection.execute(f"EXPLAIN QUERY PLAN {getattr(load_statements(), name)}", parameters).fetchall()

    (detail,) = [step[3] for step in plan if " job " in step[3]]
    assert re.search("INDEX (job_live|job_open|sqlite_autoindex_job_1)", detail)
