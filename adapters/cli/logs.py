"""The log: one line per event, as text for people or JSON for collectors, without secrets."""

import hashlib
import hmac
import json
import logging
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import TextIO, assert_never
from urllib.parse import quote

from bot.config.settings import LogMembers, LogSettings

OURS = ("bot", "adapters", "sandbox", "__main__")
"""The top-level names of our loggers; other loggers write only warnings and errors."""
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
MEMBER = "member"
HASH_DIGITS = 12
FIRST = ("job", "call", "platform", "gateway")
"""The most important fields, written first."""
REPEAT_S = 60.0
KINDS = ("platform", "gateway", "model", "code", "reason", "budget", "percent")
"""Fields whose values are ours or the operator's, and few."""
MOST_KINDS = 1000
RESERVED = frozenset({"ts", "level", "event", "error", "trace", "logger"})
STANDARD = frozenset({*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"})
"""Attributes of every record; all others come from `extra`."""
HIDDEN = "***"
HIDDEN_FIELDS = frozenset({"token", "authorization", "api_key", "secret", "password", "cookie"})


def _without_query(address: re.Match[str]) -> str:
    start, mark, query = address[0].partition("?")
    return f"{start}{mark}{HIDDEN}" if query else address[0]


PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"(?i)(authorization[\"']?\s*[:=,]\s*(?:b?[\"'])?)(?:(?:bearer|bot|basic|token)\s+)?[^\s\"',;)}]+"),
        rf"\g<1>{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{6,}"), rf"\g<1>{HIDDEN}"),
    (re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"), HIDDEN),
    (re.compile(r"\b(?:xox[a-z](?:\.xox[a-z])?|xapp|sk)-[\w-]{10,}"), HIDDEN),
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w-]+"), rf"\g<1>{HIDDEN}"),
    (re.compile(r"(?i)(\b(?:https?|wss?)://)[^\s/@\"'<>]+@"), rf"\g<1>{HIDDEN}@"),
    # All of the address, so that none is looked for inside it again.
    (re.compile(r"(?i)\b(?:https?|wss?)://[^\s\"'<>]++"), _without_query),
    (
        re.compile(
            r"(?i)\b((?:x-[a-z]{1,30}-[a-z-]{1,30}|signature|sig|hm|(?:[a-z]+_)?token|api_?key|secret|password)=)[^\s&\"'<>]+"
        ),
        rf"\g<1>{HIDDEN}",
    ),
)
"""Headers, tokens of Discord and Slack, and URLs that contain a token or a signature."""
Field = str | int | float | bool | None


def configure(
    settings: LogSettings,
    stream: TextIO,
    *,
    secrets: Collection[str] = (),
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Write all logs of this process to the stream. `secrets` are never written."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(RepetitionFilter(now))
    members = MemberNames(settings.members, secrets)
    handler.setFormatter(LineFormatter(Scrubber(secrets), members, as_json=settings.format == "json"))
    level = LEVELS[settings.level]
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)


class RepetitionFilter(logging.Filter):
    """Passes one warning or error of a kind per minute; the next one that passes says how many were left out.

    A kind is the statement that logs it, with what it is about: whoever is on the other side of a connection chooses neither. A
    line about a job always passes, because it is looked for by its job.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._passed: dict[Hashable, float] = {}
        self._left_out: Counter[Hashable] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or "job" in record.__dict__:
            return True
        error = record.exc_info[0] if record.exc_info else None
        kind = (record.pathname, record.lineno, error, *(str(record.__dict__.get(name)) for name in KINDS))
        now, passed = self._now(), self._passed.get(kind)
        if passed is not None and now - passed < REPEAT_S:
            self._left_out[kind] += 1
            return False
        if len(self._passed) >= MOST_KINDS:
            self._passed.clear()
        self._passed[kind] = now
        left_out = self._left_out.pop(kind, 0)
        if left_out:
            record.left_out = left_out
        return True


class Scrubber:
    """Replaces secrets in text: known ones, and everything that looks like one."""

    def __init__(self, secrets: Collection[str]) -> None:
        spelled = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
        self._known = sorted(spelled, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text


class MemberNames:
    """How members appear in the log.

    A hash is the same after a restart, as long as the secrets are: without them, nobody can find out the few million ids that
    there are by trying.
    """

    def __init__(self, members: LogMembers, secrets: Collection[str]) -> None:
        self._members = members
        self._key = hashlib.sha256("\n".join(sorted(secrets)).encode()).digest()

    def __call__(self, member: object) -> str | None:
        match self._members:
            case "id":
                return str(member)
            case "hashed":
                return hmac.digest(self._key, str(member).encode(), "sha256").hex()[:HASH_DIGITS]
            case "off":
                return None
            case _:
                assert_never(self._members)


class LineFormatter(logging.Formatter):
    """Formats a record: its message is the event, its `extra` has the fields."""

    def __init__(self, scrub: Scrubber, members: MemberNames, *, as_json: bool) -> None:
        super().__init__()
        self._scrub = scrub
        self._members = members
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        event = self._scrub(_message(record))
        fields = dict(self._fields(record))
        error, trace = self._exception(record)
        if error is not None:
            fields["error"] = error
        if self._as_json:
            return _json_line(record, event, fields, trace)
        return _text_line(record, event, fields, trace)

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, Field]]:
        extra = {name: value for name, value in record.__dict__.items() if name not in STANDARD}
        if MEMBER in extra:
            extra[MEMBER] = self._members(extra[MEMBER])
            if extra[MEMBER] is None:
                del extra[MEMBER]
        if record.name.partition(".")[0] not in OURS:
            yield "logger", record.name
        for name in (*(name for name in FIRST if name in extra), *(name for name in extra if name not in FIRST)):
            value = HIDDEN if name.lower() in HIDDEN_FIELDS else self._value(extra[name])
            yield (f"{name}_" if name in RESERVED else name), value

    def _value(self, value: object) -> Field:
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
            return value
        return self._scrub(str(value))

    def _exception(self, record: logging.LogRecord) -> tuple[str | None, str | None]:
        """The exception as one line, and its traceback."""
        trace = record.stack_info
        if record.exc_info is None or record.exc_info[1] is None:
            return None, self._scrub(trace) if trace else None
        error = record.exc_info[1]
        full = "".join(traceback.format_exception(error)).rstrip()
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return self._scrub(line), self._scrub(f"{full}\n{trace}" if trace else full)


def _message(record: logging.LogRecord) -> str:
    """The formatted message, or the raw one if its arguments do not fit."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def _json_line(record: logging.LogRecord, event: str, fields: Mapping[str, Field], trace: str | None) -> str:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"ts": moment, "level": record.levelname.lower(), "event": event, **fields}
    if trace is not None:
        line["trace"] = trace
    return json.dumps(line, ensure_ascii=False)


def _text_line(record: logging.LogRecord, event: str, fields: Mapping[str, Field], trace: str | None) -> str:
    moment = time.strftime("%H:%M:%S", time.localtime(record.created))
    pairs = " ".join(f"{name}={_word(value)}" for name, value in {"event": event, **fields}.items())
    line = f"{moment} {record.levelname} {pairs}"
    if trace is None:
        return line
    return "\n".join([line, *(f"    {_printable(part)}" for part in trace.splitlines())])


def _word(value: Field) -> str:
    """A value as one word, quoted if necessary."""
    if not isinstance(value, str):
        return json.dumps(value)
    if value and not re.search(r"[\s\"=\\]", value) and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _printable(text: str) -> str:
    """The text without control characters, which a terminal would interpret."""
    return "".join(letter if letter.isprintable() or letter == "\t" else repr(letter)[1:-1] for letter in text)
