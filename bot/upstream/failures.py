"""What a gateway's refusal or failure means: Ark's codes, also inside its words, then its own codes, then the HTTP status.

`facts/upstreams.md` 3.8 and 13. Nothing here raises while it reads: an error's body may have any shape.
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

LONGEST_WAIT_S = 60.0
LONGEST_DETAIL = 300
READ_CHARACTERS = 2_000
"""Of a message; what a gateway wants to say stands at its beginning."""

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
"""By the longest prefix: codes carry dotted suffixes."""

STATUSES: Mapping[int, UpstreamKind] = MappingProxyType(
    {
        401: UpstreamKind.AUTH,
        402: UpstreamKind.BALANCE,
        403: UpstreamKind.AUTH,
        404: UpstreamKind.MODEL,
        408: UpstreamKind.TIMEOUT,
        413: UpstreamKind.TOO_LARGE,
        429: UpstreamKind.RATE,
        # No 503: a proxy says it too when the connection behind it broke after the request was passed on.
    },
)
WAITING = frozenset({UpstreamKind.RATE, UpstreamKind.OVERLOAD})
"""The gateway asks us to come again: nothing was made."""
DEFINITE_REFUSALS = WAITING | CONTENT_KINDS | {
    UpstreamKind.AUTH,
    UpstreamKind.ACCOUNT,
    UpstreamKind.BALANCE,
    UpstreamKind.MODEL,
    UpstreamKind.REQUEST,
    UpstreamKind.REFERENCE,
    UpstreamKind.TOO_LARGE,
    UpstreamKind.QUOTA,
}  # fmt: skip
"""A gateway that names one of these made nothing, whatever status it travels under."""


@dataclass(frozen=True, kw_only=True)
class FaultTable:
    """What one dialect's own codes and statuses mean, beside Ark's, which every gateway may pass on."""

    codes: Codes = field(default_factory=dict)
    """Compared whole."""
    statuses: Mapping[int, UpstreamKind] = field(default_factory=dict)
    phrases: Mapping[str, UpstreamKind] = field(default_factory=dict)
    """Lower-case words of a message that say more than its code."""


ARK_FAULTS = FaultTable()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a gateway says went wrong, as far as it can be read."""

    code: str = ""
    message: str = ""
    page: str = ""
    """What stands on a page that may be no answer of the gateway: for the operator's eyes, no code is looked for in it."""

    @property
    def words(self) -> str:
        return " ".join(part for part in (self.code, self.message, self.page) if part)


def recognise(
    status: int,
    body: bytes,
    *,
    headers: Mapping[str, str],
    now: float,
    table: FaultTable = ARK_FAULTS,
    secrets: tuple[str, ...] = (),
) -> UpstreamError:
    """An HTTP answer that is no success. `headers` by lower-case name; `now` in seconds since 1970."""
    # Below 500 a text without JSON is the gateway's own; above, it may be any proxy's page, and its words prove nothing.
    fault = read_fault(parse_json(body)) or (Fault(message=_plain(body)) if status < 500 else Fault(page=_plain(body)))
    return describe(
        fault,
        status=status,
        retry_after_s=retry_after(headers.get("retry-after"), now=now),
        table=table,
        secrets=secrets,
    )


def describe(
    fault: Fault,
    *,
    status: int,
    retry_after_s: float | None = None,
    table: FaultTable = ARK_FAULTS,
    secrets: tuple[str, ...] = (),
) -> UpstreamError:
    """A fault in our terms. A status of 200 stands for an error inside an answer that began well."""
    kind = kind_of(fault, status=status, table=table)
    return UpstreamError(
        kind,
        certain=kind in DEFINITE_REFUSALS or 300 <= status < 500,
        retryable=kind in WAITING,
        retry_after_s=retry_after_s if kind in WAITING else None,
        detail=scrub(f"{status} {fault.words}".strip(), secrets=secrets),
        status=status,
    )


def kind_of(fault: Fault, *, status: int, table: FaultTable = ARK_FAULTS) -> UpstreamKind:
    """Ark's code comes first wherever it stands: a gateway in between wraps it in a vague one of its own."""
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
    spoken = (kind for phrase, kind in table.phrases.items() if phrase in message)
    return next(spoken, table.codes.get(fault.code))


def _by_prefix(code: str) -> UpstreamKind | None:
    prefixes = [known for known in ARK_CODES if code.startswith(known)]
    return ARK_CODES[max(prefixes, key=len)] if prefixes else None


_ARK_CODE = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(map(re.escape, ARK_CODES), key=len, reverse=True))})")


def _inside(text: str) -> UpstreamKind | None:
    """A gateway in between passes the first one's code on as text."""
    found = _ARK_CODE.search(text[:READ_CHARACTERS])
    return None if found is None else ARK_CODES[found[0]]


def parse_json(body: bytes | str) -> Any:  # noqa: ANN401  # the wire is JSON
    """None for what is not JSON, however deep or broken it is."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_fault(body: Any) -> Fault | None:  # noqa: ANN401  # the wire is JSON
    """The error in a JSON body, or None where it holds none: an object, a string, or fields beside the data."""
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
    """What stands in a page that is no JSON, without its markup."""
    return re.sub(r"<[^>]*>", " ", body[:READ_CHARACTERS].decode("utf-8", "replace"))


def retry_after(value: str | None, *, now: float) -> float | None:
    """Seconds to wait, from seconds or an HTTP date, at most 60; None for what says nothing."""
    if value is None:
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
    """A gateway's words for the operator's log: no key, no address, no account, one short line."""
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    text = text[:READ_CHARACTERS]
    text = re.sub(r"(?i)\b(?:[a-z][a-z0-9+.-]*://|data:)\S+", "<address>", text)
    text = re.sub(r"(?i)\bbearer\s+\S+", "Bearer ***", text)
    text = re.sub(r"\b(?:sk|ak|ark)-[\w-]{6,}", "***", text)
    text = re.sub(r"(?i)\b(user_id|credential_id|application_id|account_id)\W{1,4}[\w-]+", r"\1 ***", text)
    connection = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return connection if len(connection) <= LONGEST_DETAIL else f"{connection[: LONGEST_DETAIL - 1]}…"
