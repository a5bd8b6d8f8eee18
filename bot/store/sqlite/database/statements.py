"""The SQL statements by name, read from `sql/*.sql` when the store opens."""

import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from bot.values import dataclass

SQL = Path(__file__).parents[2] / "sql"
"""Files beside the code, as paths: `importlib.resources` is slow to import, and the store opens before a platform connects."""
_HEAD = re.compile(r"^-- (?P<name>[a-z_]+): (?P<description>\S.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Statements:
    """One field per statement; the SQL files describe each."""

    known_event: str
    receive_job: str
    add_events: str
    load_job: str
    mark_unusable: str
    clear_unusable: str
    unusable_models: str
    add_call: str
    move_call: str
    postpone_call: str
    follow_calls: str
    cancel_calls: str
    stop_calls: str
    add_missing: str
    take_back_job: str
    cancel_job: str
    free_stopped_job: str
    claim_job: str
    renew_leases: str
    release_claim: str
    release_claims: str
    release_owner: str
    due_jobs: str
    overdue_jobs: str
    seize_job: str
    next_due: str
    set_aside_job: str
    readmit_jobs: str
    set_aside_jobs: str
    accept_job: str
    move_job: str
    postpone_job: str
    set_notified: str
    workload: str
    set_progress_message: str
    set_posting_since: str
    undelivered_job: str
    set_shown: str
    load_references: str
    delete_references: str
    add_reference: str
    put_picture: str
    load_pictures: str
    begin_opening: str
    end_opening: str
    record_result: str
    pictures_of_message: str
    messages_of_job: str
    save_draft: str
    delete_old_drafts: str
    delete_surplus_drafts: str
    load_draft: str
    remember_picture: str
    forget_older: str
    forget_old: str
    recent_pictures: str
    delete_old_questions: str
    find_open_question: str
    add_question: str
    load_question: str
    open_question: str
    answer_question: str
    reopen_question: str
    usage: str
    standing: str
    add_hold: str
    close_hold: str
    close_uncertain_hold: str
    settled: str
    charged_since: str
    wrong_charges: str
    note_alert: str
    add_spend: str
    accounts: str
    overdrawn_accounts: str
    open_holds_of_ended_jobs: str
    notified_jobs: str
    delete_jobs: str
    delete_failed_references: str
    blobs_of_jobs: str
    referenced_blobs: str
    count_jobs: str
    mark_backup: str
    is_backup: str
    release_open_jobs: str
    delete_marker: str
    probe_write: str
    count_start: str


def parse_statements(texts: Iterable[str]) -> Statements:
    """Parse statements with their heads, `-- name: description`. Raises ValueError unless each name occurs exactly once."""
    statements: dict[str, str] = {}
    for text in texts:
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            name = head["name"]
            if name in statements:
                raise ValueError(f"two statements are called {name}")
            statements[name] = text[head.end() : end].strip()
    names = {field.name for field in fields(Statements)}
    if names != set(statements):
        raise ValueError(f"statements and their names differ: {sorted(names ^ set(statements))}")
    return Statements(**statements)


def load_statements() -> Statements:
    return parse_statements(file.read_text("utf-8") for file in SQL.glob("*.sql"))
