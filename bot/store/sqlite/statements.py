"""The SQL, by name: read from `queries/*.sql` when the store opens."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from importlib import resources

_HEAD = re.compile(r"^-- (?P<name>[a-z_]+): (?P<description>\S.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Statements:
    """One field a statement; the files describe each."""

    known_event: str
    receive_job: str
    add_events: str
    load_job: str
    claim_job: str
    renew_leases: str
    free_job: str
    release_claims: str
    disown_jobs: str
    due_jobs: str
    overdue_jobs: str
    seize_job: str
    next_due: str
    accept_job: str
    move_job: str
    postpone_job: str
    notify_job: str
    workload: str
    set_progress_message: str
    set_posting_since: str
    undelivered_job: str
    set_shown: str
    load_references: str
    drop_references: str
    add_reference: str
    put_picture: str
    load_pictures: str
    record_result: str
    pictures_of_message: str
    messages_of_job: str
    save_draft: str
    drop_drafts: str
    load_draft: str
    usage: str
    add_hold: str
    close_hold: str
    close_uncertain_hold: str
    settled: str
    add_spend: str
    accounts: str
    overdrawn_accounts: str
    forgotten_holds: str
    notified_jobs: str
    forget_jobs: str
    named_blobs: str
    count_jobs: str
    mark_backup: str
    is_backup: str
    release_copied: str
    drop_marks: str


def parse_statements(texts: Iterable[str]) -> Statements:
    """Statements under their heads, `-- name: what it does`. Raises ValueError unless every name is there exactly once."""
    found: dict[str, str] = {}
    for text in texts:
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            name = head["name"]
            if name in found:
                raise ValueError(f"two statements are called {name}")
            found[name] = text[head.end() : end].strip()
    wanted = {field.name for field in fields(Statements)}
    if wanted != set(found):
        raise ValueError(f"statements and their names differ: {sorted(wanted ^ set(found))}")
    return Statements(**found)


def load_statements() -> Statements:
    folder = resources.files("bot.store") / "sql"
    return parse_statements(file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".sql"))
