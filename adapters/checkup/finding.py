"""What `doctor` learns from a platform: codes and parameters; the words for them stand with the command line."""

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
    PLATFORM_UNREACHABLE = "platform_unreachable"
    CHANNEL_OK = "channel_ok"
    CHANNEL_NOT_SEEN = "channel_not_seen"
    DISCORD_TOKEN_OK = "discord_token_ok"  # noqa: S105  # a code
    DISCORD_TOKEN_REFUSED = "discord_token_refused"  # noqa: S105  # a code
    DISCORD_INTENTS_OK = "discord_intents_ok"
    DISCORD_INTENTS_NOT_NEEDED = "discord_intents_not_needed"
    DISCORD_ENDPOINT_NONE = "discord_endpoint_none"
    DISCORD_ENDPOINT_SET = "discord_endpoint_set"
    DISCORD_SERVERS_OK = "discord_servers_ok"
    DISCORD_SERVERS_NONE = "discord_servers_none"
    DISCORD_SESSIONS_OK = "discord_sessions_ok"
    DISCORD_SESSIONS_USED_UP = "discord_sessions_used_up"
    DISCORD_CHANNEL_UNKNOWN = "discord_channel_unknown"
    DISCORD_CHANNEL_CLOSED = "discord_channel_closed"
    DISCORD_CHANNEL_NO_MESSAGES = "discord_channel_no_messages"
    DISCORD_PERMISSIONS_MISSING = "discord_permissions_missing"
    SLACK_TOKEN_OK = "slack_token_ok"  # noqa: S105  # a code
    SLACK_TOKEN_REFUSED = "slack_token_refused"  # noqa: S105  # a code
    SLACK_SCOPES_OK = "slack_scopes_ok"
    SLACK_SCOPES_MISSING = "slack_scopes_missing"
    SLACK_SOCKET_OK = "slack_socket_ok"
    SLACK_SOCKET_REFUSED = "slack_socket_refused"
    SLACK_SOCKET_BUSY = "slack_socket_busy"
    SLACK_SECRET_OK = "slack_secret_ok"  # noqa: S105  # a code
    SLACK_SECRET_ODD = "slack_secret_odd"  # noqa: S105  # a code
    SLACK_NOT_INVITED = "slack_not_invited"
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
class Finding:
    """One thing that was looked at. `parameters` fill the words; none of them is a secret."""

    code: FindingCode
    verdict: Verdict = "ok"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def fine(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code=code, parameters=parameters)


def warning(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code=code, verdict="warning", parameters=parameters)


def fault(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code=code, verdict="fault", parameters=parameters)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a platform showed. `ahead_s` is how far our clock is ahead of its own; None if it never told the time."""

    findings: tuple[Finding, ...]
    ahead_s: float | None = None


class Checkup(Protocol):
    async def look(self, channels: Sequence[str]) -> Look:
        """Ask the platform about us and about these channels, by its own ids; nothing is posted, nothing changed."""
        ...


def ahead_of(date: str | None, *, asked: float, answered: float) -> float | None:
    """How far our clock is ahead of a Date header that came between these two moments; None where there is none."""
    try:
        theirs = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
    return (asked + answered) / 2 - theirs - DATE_HALF_STEP_S
