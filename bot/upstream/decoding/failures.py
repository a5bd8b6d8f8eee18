"""What a gateway's error means: its code, an Ark code or the dialect's own, then the HTTP status.

The Ark codes are those of the error code tables of Volcengine Ark and BytePlus ModelArk. Nothing here raises while it reads: the
body of an error may have any shape.

Whether something was spent follows from the status and the code alone. A message is text, and may quote the prompt: where the status
proves that nothing was spent, a code found in it may choose the words.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import field
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from bot.errors import CONTENT_KINDS, UpstreamError, UpstreamKind
from bot.upstream.transport.http_messages import Answer
from bot.values import dataclass

LONGEST_WAIT_S = 60.0
LONGEST_DETAIL = 300
LONGEST_HEADER = 100
"""More than any number or date has."""
READ_CHARACTERS = 2_000
"""How much of a message is read: the code and the reason come first."""

MOST_VALUES = 200_000
"""How many values a JSON text may hold: each takes far more memory than the two characters that it may be."""
SEPARATORS = (b",", b"[", b"{")

Codes = Mapping[str, UpstreamKind]
ARK_CODES: Codes = MappingProxyType(
    {
        "MissingParameter": UpstreamKind.REQUEST,
        "InvalidParameter": UpstreamKind.REQUEST,
        "InvalidParameter.OversizeImage": UpstreamKind.REFERENCE,
        "InvalidParameter.UnsupportedImageFormat": UpstreamKind.REFERENCE,
        "OversizeImage": UpstreamKind.REFERENCE,
        "UnsupportedImageFormat": UpstreamKind.REFERENCE,
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
        "InvalidEndpoint": UpstreamKind.MODEL,
        "ClosedEndpoint": UpstreamKind.MODEL,
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

DOWNLOAD_PHRASES = (
    "timeout while downloading url",
    "failed to download",
    "could not be downloaded",
    "cannot be downloaded",
    "could not download",
    "unable to download",
    "error while downloading",
)
PHRASES: Codes = MappingProxyType(
    {
        "input text may contain sensitive": UpstreamKind.POLICY_TEXT,
        "input text may be related to copyright": UpstreamKind.COPYRIGHT,
        "input image may contain sensitive": UpstreamKind.POLICY_IMAGE,
        "input image may be related to copyright": UpstreamKind.COPYRIGHT,
        "may contain real person": UpstreamKind.REAL_PERSON,
        "may contain a real person": UpstreamKind.REAL_PERSON,
        "output image may contain sensitive": UpstreamKind.POLICY_OUTPUT,
        "image format is not supported": UpstreamKind.REFERENCE,
        "sensitive information": UpstreamKind.POLICY,
        "sensitive content": UpstreamKind.POLICY,
        "content_policy_violation": UpstreamKind.POLICY,
        "content policy": UpstreamKind.POLICY,
        "safety system": UpstreamKind.POLICY,
        "moderation_blocked": UpstreamKind.POLICY,
    },
)
"""Lower-case parts of Ark's and OpenAI's messages, which gateways such as LiteLLM pass on without the code; the first counts."""
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
CUT_OFF_STATUSES = frozenset({460, 499})
"""A proxy says that its client went away; what the gateway behind it did is unknown."""
VAGUE = frozenset({UpstreamKind.REQUEST, UpstreamKind.UPSTREAM, UpstreamKind.POLICY, UpstreamKind.REFERENCE})
"""Kinds that a message may say more about."""
REFERENCE_KINDS = frozenset({UpstreamKind.REFERENCE, UpstreamKind.REFERENCE_DOWNLOAD})
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
    """What an answer is read with. `secrets` are kept out of the log; `now` in seconds since 1970, for dates in headers.

    `prompt`: the member's words. A gateway may quote them, so what they contain is not read out of its text. `references`:
    how many the request had. Pictures of an answer beyond `most_pictures` are counted and not read.
    """

    faults: FaultTable = ARK_FAULTS
    secrets: tuple[str, ...] = ()
    prompt: str = ""
    references: int = 0
    most_pictures: int = 1
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
    said = fault is not None
    if fault is None:
        # Below 500 text that is not JSON is the gateway's own. Above, it may be any proxy's page.
        text = _plain(answer.body)
        fault = Fault(message=text) if status < 500 else Fault(page=text)
    wait_s = retry_after(answer.headers.get("retry-after"), now=context.now)
    error = describe(fault, context, status=status, retry_after_s=wait_s)
    # A page for a 404 is what a proxy sends for any wrong path.
    error.missing_model = error.missing_model and said
    return error


def describe(fault: Fault, context: DecodeContext, *, status: int = 200, retry_after_s: float | None = None) -> UpstreamError:
    """A fault as our error. Status 200: the error is inside an answer that began well."""
    coded, proven = _kind_of_code(fault.code, context), proves_nothing_spent(status)
    by_status = _kind_of_status(status, context.faults)
    kind = coded or by_status
    if proven and (coded is None or coded in VAGUE):
        kind = _refine(kind, fault, context)
    retryable = (coded or by_status) in RETRY_LATER
    return UpstreamError(
        kind,
        certain=proven or coded in DEFINITE_REFUSALS,
        retryable=retryable,
        retry_after_s=retry_after_s if retryable else None,
        missing_model=proven and (coded or by_status) is UpstreamKind.MODEL,
        detail=scrub(f"{status} {fault.words}".strip(), secrets=context.secrets),
        **({"status": status} if status >= 300 else {}),
        **_number_of_reference(kind, context),
    )


def describe_ended(fault: Fault, context: DecodeContext) -> UpstreamError:
    """A fault of work that the gateway reports as over without a picture: free, and a code in its text may choose the words."""
    known = _kind_of_code(fault.code, context)
    kind = known or UpstreamKind.UNKNOWN
    if known is None or known in VAGUE:
        kind = _refine(kind, fault, context)
    return UpstreamError(
        kind,
        certain=True,
        retryable=False,
        retry_after_s=None,
        missing_model=known is UpstreamKind.MODEL,
        detail=scrub(fault.words, secrets=context.secrets),
        **_number_of_reference(kind, context),
    )


def proves_nothing_spent(status: int) -> bool:
    return 300 <= status < 500 and status not in CUT_OFF_STATUSES


def _kind_of_status(status: int, table: FaultTable) -> UpstreamKind:
    for statuses in (table.statuses, STATUSES):
        if status in statuses:
            return statuses[status]
    if status in CUT_OFF_STATUSES:
        return UpstreamKind.AMBIGUOUS
    if 400 <= status < 500:
        return UpstreamKind.REQUEST
    return UpstreamKind.UPSTREAM if status >= 500 else UpstreamKind.UNKNOWN


def _kind_of_code(code: str, context: DecodeContext) -> UpstreamKind | None:
    """The meaning of an error's code; None for an unknown one, and for text in its place."""
    if not _CODE.fullmatch(code):
        return None
    prefixes = [known for known in ARK_CODES if code.startswith(known)]
    if prefixes:
        return ARK_CODES[max(prefixes, key=len)]
    # A gateway in between may put its own prefix before Ark's code.
    return context.faults.codes.get(code) or _ark_code_in(code, context.prompt)


def _refine(kind: UpstreamKind, fault: Fault, context: DecodeContext) -> UpstreamKind:
    """A gateway in between passes Ark's code on as text, or says only there what is wrong: that chooses the words."""
    read, prompt = fault.message[:READ_CHARACTERS], context.prompt.lower()

    def says(phrase: str, text: str) -> bool:
        return phrase in text and phrase not in prompt

    if context.references and any(says(phrase, read.lower()) for phrase in DOWNLOAD_PHRASES):
        return UpstreamKind.REFERENCE_DOWNLOAD
    if kind is UpstreamKind.REFERENCE:
        return kind
    found = _ark_code_in(read, context.prompt)
    if found is not None and found not in VAGUE:
        return found
    told = next((known for phrase, known in context.faults.phrases.items() if says(phrase, read.lower())), None)
    if told is None and kind in VAGUE | {UpstreamKind.UNKNOWN}:
        text = f"{fault.code} {read}".lower()
        told = next((known for phrase, known in PHRASES.items() if says(phrase, text)), None)
    return told or found or kind


def _number_of_reference(kind: UpstreamKind, context: DecodeContext) -> dict[str, int]:
    """Which reference a failure is about, where there was only one."""
    return {"number": 1} if kind in REFERENCE_KINDS and context.references == 1 else {}


_CODE = re.compile(r"[\w.:/-]{1,200}")
_ARK_CODE = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(map(re.escape, ARK_CODES), key=len, reverse=True))})")


def _ark_code_in(text: str, prompt: str) -> UpstreamKind | None:
    """The first Ark code in a text that the member did not write."""
    written = prompt.lower()
    codes = (found[0] for found in _ARK_CODE.finditer(text))
    return next((ARK_CODES[code] for code in codes if code.lower() not in written), None)


def parse_json(body: bytes) -> Any:  # noqa: ANN401  # the wire is JSON
    """None for anything that is not JSON, however deep or broken, and for what holds more values than any answer does."""
    if sum(map(body.count, SEPARATORS)) > MOST_VALUES:
        return None
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
