"""The result of a check: a code and its parameters. The module that declares a code also declares its text, a `Diagnosis`."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Literal, Protocol

from bot.values import dataclass

Verdict = Literal["ok", "warning", "fault"]
Parameter = str | int
DATE_HALF_STEP_S = 0.5
"""A Date header is rounded down to whole seconds: on average it is this much behind."""


class FindingCode(StrEnum):
    """Findings that all platforms share and findings about this machine; each platform declares its own codes in its package."""

    PLATFORM_UNREACHABLE = "platform_unreachable"
    CHANNEL_OK = "channel_ok"
    CHANNEL_NOT_SEEN = "channel_not_seen"
    GATEWAY_OK = "gateway_ok"
    GATEWAY_KEY_REFUSED = "gateway_key_refused"
    GATEWAY_KEY_UNPROVEN = "gateway_key_unproven"
    GATEWAY_UNREACHABLE = "gateway_unreachable"
    MODEL_WITHDRAWN = "model_withdrawn"
    MODEL_UNUSABLE = "model_unusable"
    DATA_DIR_OK = "data_dir_ok"
    DATA_DIR_NOT_WRITABLE = "data_dir_not_writable"
    DATA_DIR_NEARLY_FULL = "data_dir_nearly_full"
    DATA_DIR_FULL = "data_dir_full"
    PICTURES_KEPT = "pictures_kept"
    PICTURES_FORGOTTEN = "pictures_forgotten"
    PICTURES_BEYOND_DISK = "pictures_beyond_disk"
    PICTURES_QUARANTINED = "pictures_quarantined"
    DATABASE_OK = "database_ok"
    DATABASE_NONE = "database_none"
    DATABASE_LOST = "database_lost"
    DATABASE_OLDER = "database_older"
    DATABASE_NEWER = "database_newer"
    DATABASE_BROKEN = "database_broken"
    BOOKS_OK = "books_ok"
    BOOKS_WRONG = "books_wrong"
    JOBS_SET_ASIDE = "jobs_set_aside"
    LIMITS_NONE = "limits_none"
    BUDGET_OK = "budget_ok"
    BUDGET_NEARLY_USED = "budget_nearly_used"
    BUDGET_REACHED = "budget_reached"
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
    """The text of a code: what was checked, its state, and what to do about it (empty if nothing is wrong)."""

    check: str
    found: str
    advice: str = ""


Diagnoses = Mapping[StrEnum, Diagnosis]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check. `parameters` fill in the text; they contain no secrets."""

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
    """The results for one platform. `ahead_s`: our clock minus the platform's, in seconds; None if no response had a date."""

    findings: tuple[Finding, ...]
    ahead_s: float | None = None


class Checkup(Protocol):
    """The checks of one platform."""

    @property
    def diagnoses(self) -> Diagnoses:
        """The texts of the platform's own codes."""
        ...

    async def check(self, channels: Sequence[str]) -> CheckResult:
        """Query the platform about the bot and these channels (the platform's ids). Read-only."""
        ...


def ahead_of(date: str | None, *, asked: float, answered: float) -> float | None:
    """Our clock minus the Date header of a response, in seconds; None without a valid header.

    `asked` and `answered` are our times when the request was sent and the response arrived.
    """
    try:
        theirs = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
    return (asked + answered) / 2 - theirs - DATE_HALF_STEP_S
