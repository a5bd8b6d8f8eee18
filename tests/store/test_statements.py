"""Statements are found by name, each described, none twice."""

import re
import sqlite3
from contextlib import closing
from dataclasses import fields

import pytest

from bot.store.sqlite.migrations import load_migrations
from bot.store.sqlite.statements import Statements, load_statements, parse_statements

NAMES = [field.name for field in fields(Statements)]
WHOLE = "\n\n".join(f"-- {name}: what it does\nSELECT '{name}';" for name in NAMES)


def test_a_statement_is_what_stands_under_its_head() -> None:
    """Without the head, without the empty lines around it."""
    assert parse_statements([WHOLE]).load_job == "SELECT 'load_job';"


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ([WHOLE, "-- load_job: again\nSELECT 2;"], "two statements are called load_job"),
        ([WHOLE, "-- sing: nobody asks for it\nSELECT 2;"], re.escape("differ: ['sing']")),
        ([WHOLE.replace("-- load_job:", "--")], re.escape("differ: ['load_job']")),
        ([WHOLE.replace("-- load_job: what it does", "-- load_job:")], re.escape("differ: ['load_job']")),
    ],
)
def test_files_and_names_must_agree(texts: list[str], complaint: str) -> None:
    """A statement that is missing, unknown, doubled or not described is found when the store opens."""
    with pytest.raises(ValueError, match=complaint):
        parse_statements(texts)


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_is_one_statement(name: str) -> None:
    """One method a statement: it ends at its only semicolon."""
    sql = getattr(load_statements(), name)
    assert (sql.count(";"), sql.endswith(";")) == (1, True)


@pytest.mark.parametrize("name", ["due_jobs", "next_due", "workload", "release_owner", "renew_leases", "release_claims"])
def test_jobs_that_are_over_slow_nothing_down(name: str) -> None:
    """What is asked often goes by an index: by ids, or over those jobs that are alive."""
    parameters = {"now": 0.0, "limit": 1, "owner": "a", "until": 0.0, "jobs": "[]", "claims": "[]"}
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in load_migrations():
            connection.executescript("\n".join(migration.statements))
        plan = connection.execute(f"EXPLAIN QUERY PLAN {getattr(load_statements(), name)}", parameters).fetchall()

    (way,) = [step[3] for step in plan if " job " in step[3]]
    assert re.search("INDEX (job_live|sqlite_autoindex_job_1)", way)
