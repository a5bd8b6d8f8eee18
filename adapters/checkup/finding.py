"""What a check finds: a code and its parameters. Each code has words, a `Diagnosis`, in the room that declares it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Literal, Protocol

Verdict = Literal["ok", "warning", "fault"]
Parameter = str | int
DATE_HALF_STEP_S = 0.5
"""A Date header counts whole seconds, cut off: on average it is this much behind."""


class FindingCode(StrEnum):
    """What is found on any platform and on this machine; a platform has codes of its own beside its checkup."""

    PLATFORM_UNREACHABLE = "platform_unreachable"
    CHANNEL_OK = "channel_ok"
    CHANNEL_NOT_SEEN = "channel_not_seen"
    GATEWAY_OK = "gateway_ok"
    GATEWAY_UNREACHABLE = "gateway_unreachable"
    DATA_DIR_OK = "data_dir_ok"
    DATA_DIR_NOT_WRITABLE = "data_dir_not_writable"
    DATA_DIR_NEARLY_FULL = "data_dir_nearly_full"
    DATA_DIR_FULL = "data_dir_full"
    PICTURES_KEPT = "pictures_kept"
    PICTURES_FORGOTTEN = "pictures_forgotten"
    PICTURES_BEYOND_DISK = "pictures_beyond_disk"
    DATABASE_OK = "database_ok"
    DATABASE_NONE = "database_none"
    DATABASE_OLDER = "database_older"
    DATABASE_NEWER = "database_newer"
    DATABASE_BROKEN = "database_broken"
    BOOKS_OK = "books_ok"
    BOOKS_WRONG = "books_wrong"
    CLOCK_OK = "clock_ok"
    CLOCK_OFF = "clock_off"
    CLOCK_WRONG = "clock_wrong"
    CLOCK_UNKNOWN = "clock_unknown"
    LISTEN_FREE = "listen_free"
    LISTEN_OURS = "listen_ours"
    LISTEN_TAKEN = "listen_taken"
    LISTEN_UNUSABLE = "listen_unusable"
    PUBLIC_URL_OK = "public_url_ok"
    PUBLIC_URL_NOT_SET = "public_url_not_set"
    PUBLIC_URL_UNREACHABLE = "public_url_unreachable"
    PUBLIC_URL_ELSEWHERE = "public_url_elsewhere"
    PUBLIC_URL_UNSURE = "public_url_unsure"


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The words of a code: `check` names what was checked, `found` the state, `advice` what to do (empty if all is well)."""

    check: str
    found: str
    advice: str = ""


Diagnoses = Mapping[StrEnum, Diagnosis]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The outcome of one check. `parameters` fill in the words; none of them is a secret."""

    code: StrEnum
    verdict: Verdict = "ok"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def fine(code: StrEnum, **parameters: Parameter) -> Finding:
    return Finding(code=code, parameters=parameters)


def warning(code: StrEnum, **parameters: Parameter) -> Finding:
    return Finding(code=code, verdict="warning", parameters=parameters)


def fault(code: StrEnum, **parameters: Parameter) -> Finding:
    return Finding(code=code, verdict="fault", parameters=parameters)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What a platform answered. `ahead_s` is how far our clock is ahead of the platform's; None if no answer had a date."""

    findings: tuple[Finding, ...]
    ahead_s: float | None = None


class Checkup(Protocol):
    """The checks of one platform."""

    @property
    def diagnoses(self) -> Diagnoses:
        """The words of the platform's own codes."""
        ...

    async def check(self, channels: Sequence[str]) -> CheckResult:
        """Ask the platform about the bot and about these channels, by the platform's ids; read only."""
        ...


def ahead_of(date: str | None, *, asked: float, answered: float) -> float | None:
    """How far our clock is ahead of a Date header that came between these two moments; None where there is none."""
    try:
        theirs = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
    return (asked + answered) / 2 - theirs - DATE_HALF_STEP_S
