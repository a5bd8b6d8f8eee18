"""What a gateway's error means: an Ark code, even inside its message, then the dialect's own codes, then the HTTP status.

The Ark codes are those of the error code tables of Volcengine Ark and BytePlus ModelArk. Nothing here raises while it reads: the
body of an error may have any shape.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from bot.errors import CONTENT_KINDS, UpstreamError, UpstreamKind
from bot.upstream.http_messages import Answer

LONGEST_WAIT_S = 60.0
LONGEST_DETAIL = 300
LONGEST_HEADER = 100
"""More than any number or date has."""
READ_CHARACTERS = 2_000
"""How much of a message is read: the code and the reason come first."""

Codes = Mapping[str, UpstreamKind]
ARK_CODES: Codes = MappingProxyType(
    {
        "MissingParameter": UpstreamKind.REQUEST,
        "InvalidParameter": UpstreamKind.REQUEST,
        "InvalidImageURL": UpstreamKind.REFERENCE,
        "InputTextSensitiveContentDetected": UpstreamKind.POLICY_TEXT,
        "InputTextSensitiveContentDetected.PolicyViolation": UpstreamKind.COPYRIGHT,
        "InputTextRiskDetection": UpstreamKind.POLICY_TEXT,
        "SensitiveContentDetected": UpstreamKind.POLICY_TEXT,
        "InputImageSensitiveContentDetected": UpstreamKind.POLICY_IMAGE,
        "InputImageSensitiveContentDetected.PrivacyInformation": UpstreamKind.REAL_PERSON,
        "InputImageSensitiveContentDetected.PolicyViolation": UpstreamKind.COPYRIGHT,
        "InputImageRiskDetection": UpstreamKind.POLICY_IMAGE,
        "OutputImageSensitiveContentDetected": UpstreamKind.POLICY_OUTPUT,
        "OutputImageRiskDetection": UpstreamKind.POLICY_OUTPUT,
        "ContentSecurityDetectionError": UpstreamKind.UPSTREAM,
        "InvalidEndpoint.ClosedEndpoint": UpstreamKind.MODEL,
        "AuthenticationError": UpstreamKind.AUTH,
        "InvalidAccountStatus": UpstreamKind.ACCOUNT,
        "AccessDenied": UpstreamKind.MODEL,
        "OperationDenied": UpstreamKind.MODEL,
        "OperationDenied.ServiceOverdue": UpstreamKind.BALANCE,
        "AccountOverdueError": UpstreamKind.BALANCE,
        "InvalidEndpointOrModel": UpstreamKind.MODEL,
        "ModelNotOpen": UpstreamKind.MODEL,
        "UnsupportedModel": UpstreamKind.MODEL,
        "NotFound": UpstreamKind.MODEL,
        "ModelAccountIpm": UpstreamKind.RATE,
        "ModelAccountRpm": UpstreamKind.RATE,
        "ModelAccountTpm": UpstreamKind.RATE,
        "APIAccountRpm": UpstreamKind.RATE,
        "AccountRateLimitExceeded": UpstreamKind.RATE,
        "RateLimitExceeded": UpstreamKind.RATE,
        "ServerOverloaded": UpstreamKind.OVERLOAD,
        "RequestBurstTooFast": UpstreamKind.OVERLOAD,
        "QuotaExceeded": UpstreamKind.QUOTA,
        "SetLimitExceeded": UpstreamKind.QUOTA,
        "InflightBatchsizeExceeded": UpstreamKind.QUOTA,
        "InternalServiceError": UpstreamKind.UPSTREAM,
    },
)
"""Matched by the longest prefix: codes carry dotted suffixes."""

STATUSES: Mapping[int, UpstreamKind] = MappingProxyType(
    {
        401: UpstreamKind.AUTH,
        402: UpstreamKind.BALANCE,
        403: UpstreamKind.AUTH,
        404: UpstreamKind.MODEL,
        408: UpstreamKind.TIMEOUT,
        413: UpstreamKind.TOO_LARGE,
        429: UpstreamKind.RATE,
        # No 503: a proxy also sends it when the connection behind it broke after it had passed the request on.
    },
)
RETRY_LATER = frozenset({UpstreamKind.RATE, UpstreamKind.OVERLOAD})
"""The gateway is too busy for now: nothing was made."""
DEFINITE_REFUSALS = RETRY_LATER | CONTENT_KINDS | {
    UpstreamKind.AUTH,
    UpstreamKind.ACCOUNT,
    UpstreamKind.BALANCE,
    UpstreamKind.MODEL,
    UpstreamKind.REQUEST,
    UpstreamKind.REFERENCE,
    UpstreamKind.TOO_LARGE,
    UpstreamKind.QUOTA,
}  # fmt: skip
"""A gateway that names one of these made nothing, whatever the HTTP status."""


@dataclass(frozen=True, kw_only=True)
class FaultTable:
    """The meaning of a dialect's own codes and statuses, in addition to Ark's codes, which every gateway may forward."""

    codes: Codes = field(default_factory=dict)
    """Matched exactly."""
    statuses: Mapping[int, UpstreamKind] = field(default_factory=dict)
    phrases: Mapping[str, UpstreamKind] = field(default_factory=dict)
    """Lower-case parts of a message that say more than its code."""


ARK_FAULTS = FaultTable()


@dataclass(frozen=True, kw_only=True)
class DecodeContext:
    """What an answer is read with. `secrets` are kept out of the log; `now` in seconds since 1970, for dates in headers."""

    faults: FaultTable = ARK_FAULTS
    secrets: tuple[str, ...] = ()
    now: float


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a gateway reports as wrong, as far as it can be read."""

    code: str = ""
    message: str = ""
    page: str = ""
    """Text of a page that may not be the gateway's own: shown to the operator, never searched for codes."""

    @property
    def words(self) -> str:
        return " ".join(part for part in (self.code, self.message, self.page) if part)


def recognise(answer: Answer, context: DecodeContext) -> UpstreamError:
    """The error of an HTTP answer that is not a success."""
    status, fault = answer.status, read_fault(parse_json(answer.body))
    if fault is None:
        # Below 500 text that is not JSON is the gateway's own. Above, it may be any proxy's page, and its words prove nothing.
        text = _plain(answer.body)
        fault = Fault(message=text) if status < 500 else Fault(page=text)
    wait_s = retry_after(answer.headers.get("retry-after"), now=context.now)
    return describe(fault, context, status=status, retry_after_s=wait_s)


def describe(fault: Fault, context: DecodeContext, *, status: int = 200, retry_after_s: float | None = None) -> UpstreamError:
    """A fault as our error. Status 200: the error is inside an answer that began well."""
    kind = kind_of(fault, status=status, table=context.faults)
    return UpstreamError(
        kind,
        certain=kind in DEFINITE_REFUSALS or 300 <= status < 500,
        retryable=kind in RETRY_LATER,
        retry_after_s=retry_after_s if kind in RETRY_LATER else None,
        detail=scrub(f"{status} {fault.words}".strip(), secrets=context.secrets),
        status=status,
    )


def kind_of(fault: Fault, *, status: int, table: FaultTable) -> UpstreamKind:
    """Ark's code counts most, wherever it is found: a gateway in between wraps it in a vague code of its own."""
    known = _by_prefix(fault.code) or _inside(fault.code) or _inside(fault.message) or _own(fault, table)
    if known is not None:
        return known
    for statuses in (table.statuses, STATUSES):
        if status in statuses:
            return statuses[status]
    if 400 <= status < 500:
        return UpstreamKind.REQUEST
    return UpstreamKind.AMBIGUOUS if status >= 500 else UpstreamKind.UNKNOWN


def _own(fault: Fault, table: FaultTable) -> UpstreamKind | None:
    message = fault.message[:READ_CHARACTERS].lower()
    by_phrase = (kind for phrase, kind in table.phrases.items() if phrase in message)
    return next(by_phrase, table.codes.get(fault.code))


def _by_prefix(code: str) -> UpstreamKind | None:
    prefixes = [known for known in ARK_CODES if code.startswith(known)]
    return ARK_CODES[max(prefixes, key=len)] if prefixes else None


_ARK_CODE = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(map(re.escape, ARK_CODES), key=len, reverse=True))})")


def _inside(text: str) -> UpstreamKind | None:
    """A gateway in between passes Ark's code on as text."""
    found = _ARK_CODE.search(text[:READ_CHARACTERS])
    return None if found is None else ARK_CODES[found[0]]


def parse_json(body: bytes | str) -> Any:  # noqa: ANN401  # the wire is JSON
    """None for anything that is not JSON, however deep or broken."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_fault(body: Any) -> Fault | None:  # noqa: ANN401  # the wire is JSON
    """The error in a JSON body; None if it has none. It may be an object, a string, or fields beside the data."""
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if isinstance(error, dict):
        return Fault(code=_text(error, "code", "type"), message=_text(error, "message", "msg", "detail"))
    if isinstance(error, str) and error:
        return Fault(code=_text(body, "code"), message=error)
    if error:
        return Fault(message=str(error))
    code, message = _text(body, "error_code", "code"), _text(body, "error_msg", "message", "detail", "msg")
    return Fault(code=code, message=message) if code or message else None


def _text(body: Mapping[str, Any], *names: str) -> str:
    values = (body.get(name) for name in names)
    return next((str(value) for value in values if isinstance(value, str | int | float) and str(value)), "")


def _plain(body: bytes) -> str:
    """The text of a page that is not JSON, without its markup."""
    return re.sub(r"<[^<>]*+>", " ", body[:READ_CHARACTERS].decode("utf-8", "replace"))


def retry_after(value: str | None, *, now: float) -> float | None:
    """Seconds to wait, from seconds or an HTTP date, at most 60; None for anything else."""
    if value is None or len(value) > LONGEST_HEADER:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, now)
    if math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT_S)


def _until(date: str, now: float) -> float:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError, TypeError):
        return math.nan


def scrub(text: str, *, secrets: tuple[str, ...] = ()) -> str:
    """A gateway's message for the operator's log: no key, no address, no account, one short line."""
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    text = text[:READ_CHARACTERS]
    text = re.sub(r"(?i)\b(?:[a-z][a-z0-9+.-]{0,30}://|data:)\S+", "<address>", text)
    text = re.sub(r"(?i)\bbearer\s+\S+", "Bearer ***", text)
    text = re.sub(r"\b(?:sk|ak|ark)-[\w-]{6,}", "***", text)
    text = re.sub(r"(?i)\b(user_id|credential_id|application_id|account_id)\W{1,4}[\w-]+", r"\1 ***", text)
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= LONGEST_DETAIL else f"{line[: LONGEST_DETAIL - 1]}…"
