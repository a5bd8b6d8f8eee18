"""Collects the evidence of a run from the outside: database rows, gateway bills and visible messages."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.driver import Sandbox
from tests.chaos.plan import PLATFORMS

TAG = re.compile(r"request-\d{5}")
FILE = re.compile(r"(?:SPOILER_)?(?:[a-z0-9-]+-)?([0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{12})-(\d+)\.\w+")
JOB_ID = re.compile(r"(?m)^(?:-# )?ID ([0-9a-hjkmnp-tv-z]{12})\b")
DECLINED = re.compile("too busy to save|disk is full")
IN_PROGRESS = re.compile(
    r"Getting started…|Checking |Queued: |is busy\. Trying|is unreachable\. Trying|Generating |ready…|downloaded yet|Done\. Posting"
)


@dataclass(frozen=True, kw_only=True)
class CallRow:
    """One call from its database row, and what was booked for it."""

    number: int
    state: str
    submitted: bool
    billed: int | None
    cost: int | None
    spent: int | None = None
    amount: int | None = None
    billed_by: str | None = None

    @property
    def is_certain(self) -> bool:
        return self.state != "uncertain"


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """One job from its database rows. `stored` contains the numbers of the stored pictures, starting at 1."""

    id: str
    tag: str
    platform: str
    state: str
    notified: bool
    requested: int
    stored: tuple[int, ...]
    way: str | None
    held: int | None
    settled: int
    released: int
    doubtful: int
    closed: bool
    charged: int | None
    """What budgets count of it."""
    calls: tuple[CallRow, ...] = ()

    @property
    def spent(self) -> int | None:
        """The pictures that are booked for its calls; None if nothing is."""
        booked = [call.spent for call in self.calls if call.spent is not None]
        return sum(booked) if booked else None

    @property
    def estimated(self) -> bool:
        return any(call.billed_by == "estimate" for call in self.calls)


@dataclass(frozen=True, kw_only=True)
class Call:
    tag: str
    gateway: str
    billed: int


@dataclass(frozen=True, kw_only=True)
class RequestOutcome:
    """The outcome of a request: whether the platform acknowledged it, and whether it redelivers unacknowledged events.

    `sent` is False for presses, which make no request of their own. `presses` counts presses on results of this request.
    """

    tag: str
    acknowledged: bool
    redelivered: bool
    sent: bool = True
    presses: int = 0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    jobs: tuple[JobRow, ...]
    calls: tuple[Call, ...]
    shown: tuple[tuple[str, int], ...]
    """Job and number of every visible result file."""
    unfinished: tuple[str, ...]
    """Texts of messages that still report work in progress."""
    outcomes: tuple[RequestOutcome, ...]
    beside: tuple[str, ...] = ()
    """Jobs with a result whose own words stand in more than one message of a channel."""
    declined: int = 0
    """The number of messages that refuse a command because the store is unavailable."""
    overdrawn: tuple[str, ...] = ()
    integrity: str = "ok"


_JOBS = """
SELECT job.id, job.state, job.told_at, job.way, job.command, job.origin, job.request,
    hold.images, hold.settled, hold.released, hold.doubtful, hold.closed_at, hold.billed
FROM job LEFT JOIN hold ON hold.job = job.id
"""
_CALLS = """
SELECT call.job, number, state, submitted_at IS NOT NULL, billed, cost, spend.images, spend.amount, spend.billed_by
FROM call LEFT JOIN spend ON spend.job = call.job AND spend.call = call.number
ORDER BY call.job, number
"""
_OVERDRAWN = "SELECT member FROM hold GROUP BY member, quota_window HAVING sum(images - released) > max(granted)"


def open_read_only(database: Path) -> "closing[sqlite3.Connection]":
    return closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30.0))


def gather(sandbox: Sandbox, database: Path, outcomes: Sequence[RequestOutcome]) -> Evidence:
    messages = [(platform, message) for platform in PLATFORMS for message in _all_messages(sandbox, platform)]
    bot_messages = [message for _, message in messages if message["author"] == "bot"]
    with open_read_only(database) as connection:
        pictures: dict[str, list[int]] = {}
        for job, position in connection.execute("SELECT job, position FROM picture WHERE state = 'stored' ORDER BY position"):
            pictures.setdefault(job, []).append(position + 1)
        calls: dict[str, list[CallRow]] = {}
        for job, *columns in connection.execute(_CALLS):
            calls.setdefault(job, []).append(_call_row(columns))
        return Evidence(
            jobs=tuple(_job(row, pictures.get(row[0], ()), calls.get(row[0], ())) for row in connection.execute(_JOBS)),
            calls=tuple(_call(call) for call in sandbox.calls()),
            shown=tuple(shown for message in bot_messages for file in message["files"] for shown in _shown(file["name"])),
            unfinished=tuple(_text_of(message) for message in bot_messages if IN_PROGRESS.search(_text_of(message))),
            outcomes=tuple(outcomes),
            beside=tuple(_told_twice(bot_messages)),
            declined=sum(DECLINED.search(_text_of(message)) is not None for message in bot_messages),
            overdrawn=tuple(row[0] for row in connection.execute(_OVERDRAWN)),
            integrity=str(connection.execute("PRAGMA integrity_check").fetchone()[0]),
        )


def live_states(database: Path) -> list[str]:
    """Return the states of the jobs whose members have not been notified yet."""
    with open_read_only(database) as connection:
        rows = connection.execute("SELECT state, ended_at FROM job WHERE told_at IS NULL").fetchall()
    return ["ended" if ended_at is not None else state for state, ended_at in rows]


def _told_twice(messages: Sequence[dict[str, Any]]) -> list[str]:
    """Jobs whose ID stands in the small print of several messages: a progress or a second result beside the result."""
    told = Counter(job for message in messages for job in set(JOB_ID.findall(_text_of(message))))
    return sorted(job for job, count in told.items() if count > 1)


def _all_messages(sandbox: Sandbox, platform: str) -> list[dict[str, Any]]:
    place = sandbox.line[platform]
    channels = [*place["channel_names"].values(), *(f"dm:{name}" for name in place["users"])]
    return [message for channel in channels for message in sandbox.seen(platform, channel)]


def _text_of(message: dict[str, Any]) -> str:
    return f"{message['text']} {message.get('blocks_text', '')}".strip()


def _shown(name: str) -> list[tuple[str, int]]:
    found = FILE.fullmatch(name)
    return [] if found is None else [(found.group(1).lower(), int(found.group(2)))]


def _tag(text: str) -> str:
    found = TAG.search(text)
    return found.group() if found is not None else ""


def _call(call: dict[str, Any]) -> Call:
    return Call(tag=_tag(json.dumps(call["body"])), gateway=call["gateway"], billed=call["billed"])


def _call_row(columns: Sequence[Any]) -> CallRow:
    number, state, submitted, billed, cost, spent, amount, billed_by = columns
    return CallRow(
        number=number,
        state=state,
        submitted=bool(submitted),
        billed=billed,
        cost=cost,
        spent=spent,
        amount=amount,
        billed_by=billed_by,
    )


def _job(row: sqlite3.Row, stored: Sequence[int], calls: Sequence[CallRow]) -> JobRow:
    job, state, told_at, way, command, origin, request, held, *booked = row
    settled, released, doubtful, closed_at, charged = booked
    requested = json.loads(request)["count"] if request else (json.loads(command).get("options") or {}).get("count") or 1
    return JobRow(
        id=str(job).lower(),
        tag=_tag(command),
        platform=json.loads(origin)["platform"],
        state=state,
        notified=told_at is not None,
        requested=requested,
        stored=tuple(stored),
        way=way,
        held=held,
        settled=settled or 0,
        released=released or 0,
        doubtful=doubtful or 0,
        closed=closed_at is not None,
        charged=charged,
        calls=tuple(calls),
    )
