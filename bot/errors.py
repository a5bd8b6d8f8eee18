"""The exception tree: errors carry codes and parameters; their words are in `wording/`.

    BotError
    ├── RefusedError        refused before any work was done; nothing was spent
    ├── UpstreamError       a gateway failed or refused; `kind` says how, `certain` means that nothing was spent
    ├── DeliveryError       a platform did not show a message
    ├── StoreError          a database operation failed
    ├── InternalError       a mistake of this program; the operator's log says which
    └── ConfigurationError  the operator's settings are invalid; it lists every problem

Exceptions of a library are translated into these in the one file that imports the library.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

Parameter = str | int | float
VARIANT = "variant"
"""The parameter that selects different words for the same code."""


class RefusalCode(StrEnum):
    """Why a command is refused before anything is spent. The codes are a public interface: `explain --json` prints them."""

    ALREADY_SUBMITTED = "ALREADY_SUBMITTED"
    ANSWERED_ALREADY = "ANSWERED_ALREADY"
    ANSWER_NOT_OFFERED = "ANSWER_NOT_OFFERED"
    ASKED_TWICE = "ASKED_TWICE"
    ASPECT_OUT_OF_RANGE = "ASPECT_OUT_OF_RANGE"
    BAD_VALUE = "BAD_VALUE"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    BUDGET_REACHED = "BUDGET_REACHED"
    COUNT_OUT_OF_RANGE = "COUNT_OUT_OF_RANGE"
    FORMAT_NOT_SUPPORTED = "FORMAT_NOT_SUPPORTED"
    FORM_EXPIRED = "FORM_EXPIRED"
    GUIDANCE_NOT_SUPPORTED = "GUIDANCE_NOT_SUPPORTED"
    GUIDANCE_OUT_OF_RANGE = "GUIDANCE_OUT_OF_RANGE"
    JOBS_OPEN = "JOBS_OPEN"
    JOB_NOT_READY = "JOB_NOT_READY"
    JOB_UNKNOWN = "JOB_UNKNOWN"
    MEMBER_OUT_OF_REACH = "MEMBER_OUT_OF_REACH"
    MODEL_NOT_ON_DIALECT = "MODEL_NOT_ON_DIALECT"
    MODEL_RETIRED = "MODEL_RETIRED"
    MODEL_UNAVAILABLE = "MODEL_UNAVAILABLE"
    NOT_YOURS = "NOT_YOURS"
    NOTHING_MISSING = "NOTHING_MISSING"
    NOTHING_TO_SHOW = "NOTHING_TO_SHOW"
    ORIGINAL_TOO_LARGE = "ORIGINAL_TOO_LARGE"
    NO_ACCESS = "NO_ACCESS"
    NO_GATEWAY = "NO_GATEWAY"
    OPTION_CONFLICT = "OPTION_CONFLICT"
    OPTION_NOT_SUPPORTED = "OPTION_NOT_SUPPORTED"
    PIXELS_TOO_FEW = "PIXELS_TOO_FEW"
    PIXELS_TOO_MANY = "PIXELS_TOO_MANY"
    PROMPT_EMPTY = "PROMPT_EMPTY"
    PROMPT_MODE_NOT_SUPPORTED = "PROMPT_MODE_NOT_SUPPORTED"
    PROMPT_TOO_LONG = "PROMPT_TOO_LONG"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    RATIO_UNKNOWN = "RATIO_UNKNOWN"
    REFS_NOT_SUPPORTED = "REFS_NOT_SUPPORTED"
    REFS_PLUS_COUNT = "REFS_PLUS_COUNT"
    REFS_REQUIRED = "REFS_REQUIRED"
    REFS_TOO_MANY = "REFS_TOO_MANY"
    REF_ADDRESS = "REF_ADDRESS"
    REF_BAD_ASPECT = "REF_BAD_ASPECT"
    REF_BAD_FORMAT = "REF_BAD_FORMAT"
    REF_BOMB = "REF_BOMB"
    REF_CRASHES = "REF_CRASHES"
    REF_ELSEWHERE = "REF_ELSEWHERE"
    REF_FORM_NOT_ACCEPTED = "REF_FORM_NOT_ACCEPTED"
    REF_GONE = "REF_GONE"
    REF_HIDDEN = "REF_HIDDEN"
    REF_NEEDS_ALPHA = "REF_NEEDS_ALPHA"
    REF_NOT_IN_SET = "REF_NOT_IN_SET"
    REF_TOO_BIG = "REF_TOO_BIG"
    REF_TOO_COMPLEX = "REF_TOO_COMPLEX"
    REF_TOO_MANY_PIXELS = "REF_TOO_MANY_PIXELS"
    REF_TOO_SMALL = "REF_TOO_SMALL"
    REF_UNREAD = "REF_UNREAD"
    REF_UNREADABLE = "REF_UNREADABLE"
    REF_UNUSABLE = "REF_UNUSABLE"
    SEARCH_NOT_SUPPORTED = "SEARCH_NOT_SUPPORTED"
    SEED_NOT_SUPPORTED = "SEED_NOT_SUPPORTED"
    SEED_OUT_OF_RANGE = "SEED_OUT_OF_RANGE"
    SIDE_TOO_LONG = "SIDE_TOO_LONG"
    SIZE_NOT_SUPPORTED = "SIZE_NOT_SUPPORTED"
    STREAM_NOT_SUPPORTED = "STREAM_NOT_SUPPORTED"
    SYNC_NOT_SUPPORTED = "SYNC_NOT_SUPPORTED"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TIER_NOT_ON_MODEL = "TIER_NOT_ON_MODEL"
    UNKNOWN_FLAG = "UNKNOWN_FLAG"
    WATERMARK_NOT_CONTROLLABLE = "WATERMARK_NOT_CONTROLLABLE"


class UpstreamKind(StrEnum):
    """How a gateway failed; each dialect translates its gateway's errors into these kinds."""

    AUTH = "auth"
    ACCOUNT = "account"
    BALANCE = "balance"
    MODEL = "model"
    REQUEST = "request"
    REFERENCE = "reference"
    REFERENCE_DOWNLOAD = "reference_download"
    """The gateway could not download a reference from the address that this bot gave it."""
    TOO_LARGE = "too_large"
    POLICY_TEXT = "policy_text"
    POLICY_IMAGE = "policy_image"
    REAL_PERSON = "real_person"
    COPYRIGHT = "copyright"
    POLICY_OUTPUT = "policy_output"
    POLICY = "policy"
    RATE = "rate"
    OVERLOAD = "overload"
    QUOTA = "quota"
    UPSTREAM = "upstream"
    TIMEOUT = "timeout"
    TASK_LOST = "task_lost"
    UNREACHABLE = "unreachable"
    AMBIGUOUS = "ambiguous"
    """The connection ended after the request was sent and before the answer was complete."""
    EMPTY = "empty"
    """The gateway finished without a picture and without an error."""
    UNKNOWN = "unknown"
    """An answer that cannot be made sense of."""
    DOWNLOAD = "download"
    LOST = "lost"
    """A picture was made and stored, and its file is gone from our disk."""
    INTERNAL = "internal"
    """An error of this program, not of the gateway."""


CONTENT_KINDS = frozenset(
    {
        UpstreamKind.POLICY_TEXT,
        UpstreamKind.POLICY_IMAGE,
        UpstreamKind.REAL_PERSON,
        UpstreamKind.COPYRIGHT,
        UpstreamKind.POLICY_OUTPUT,
        UpstreamKind.POLICY,
    },
)
"""A gateway's content rules: the job ends as `refused`, not as `failed`."""
PERMANENT = CONTENT_KINDS - {UpstreamKind.POLICY_OUTPUT}
"""The same request would be refused again; only a rejected output can differ the next time."""


class DeliveryCode(StrEnum):
    """Why a platform did not show a message."""

    GONE = "gone"
    FORBIDDEN = "forbidden"
    NOT_INVITED = "not_invited"
    ARCHIVED = "archived"
    UPLOADS_OFF = "uploads_off"
    EXPIRED = "expired"
    TOO_LARGE = "too_large"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"


class StoreCode(StrEnum):
    """Why an operation of the database or of the blobs failed."""

    BUSY = "busy"
    FULL = "full"
    UNAVAILABLE = "unavailable"
    """The disk or the operating system failed; that may pass."""
    FENCED = "fenced"
    NEWER = "newer"
    LOST = "lost"
    """The data folder has been used, but its database is missing or empty."""
    MISSING = "missing"
    """A blob is not there, or its bytes are not those that were stored."""
    BROKEN = "broken"


PASSING = frozenset({StoreCode.BUSY, StoreCode.FULL, StoreCode.UNAVAILABLE})
"""The same operation may succeed later."""


class BotError(Exception):
    """An error with a stable code. `certain`: nothing was spent. `retryable`: the same operation may succeed later."""

    def __init__(self, code: str, *, retryable: bool, certain: bool, parameters: Mapping[str, Parameter]) -> None:
        super().__init__(code, dict(parameters))
        self.code = code
        self.retryable = retryable
        self.certain = certain
        self.parameters = dict(parameters)


class RefusedError(BotError):
    """A refusal before any work was done. `nearest`: flags that would work instead (`--size 2K`), or None.

    `also`: what else is wrong, so that a member reads all of it at once.
    """

    def __init__(self, code: RefusalCode, *, nearest: str | None = None, **parameters: Parameter) -> None:
        super().__init__(code, retryable=False, certain=True, parameters=parameters)
        self.refusal = code
        self.nearest = nearest
        self.also: tuple[RefusedError, ...] = ()


def refuse_together(errors: Sequence[RefusedError]) -> RefusedError:
    """All refusals as one: the first, and what else is wrong."""
    first, *others = errors
    together = RefusedError(first.refusal, nearest=first.nearest, **first.parameters)
    together.also = tuple(others)
    return together


class UpstreamError(BotError):
    """A gateway failed or refused.

    `retry_after_s`: how long the gateway asked us to wait. `missing_model`: its status or code, not only its words, says that it
    does not have the model. `detail`: its own message without secrets, only for the operator's log.
    """

    def __init__(
        self,
        kind: UpstreamKind,
        *,
        certain: bool,
        retryable: bool = False,
        retry_after_s: float | None = None,
        missing_model: bool = False,
        detail: str = "",
        **parameters: Parameter,
    ) -> None:
        super().__init__(kind, retryable=retryable, certain=certain, parameters=parameters)
        self.kind = kind
        self.retry_after_s = retry_after_s
        self.missing_model = missing_model
        self.detail = detail


class DeliveryError(BotError):
    """A platform did not show a message. `certain`: it is certainly not visible."""

    def __init__(self, delivery: DeliveryCode, *, retryable: bool, certain: bool = True, detail: str = "") -> None:
        super().__init__(delivery, retryable=retryable, certain=certain, parameters={})
        self.delivery = delivery
        self.detail = detail


class StoreError(BotError):
    """A database operation failed; its transaction was rolled back."""

    def __init__(self, store: StoreCode, *, detail: str = "") -> None:
        super().__init__(store, retryable=store in PASSING, certain=True, parameters={})
        self.store = store
        self.detail = detail


class InternalError(BotError):
    """An unexpected error. `reference` is logged with its traceback, so that the operator finds what a member was told about."""

    def __init__(self, reference: str) -> None:
        super().__init__("internal", retryable=False, certain=False, parameters={"reference": reference})


class ConfigurationError(BotError):
    """All problems of the settings. Each sentence names the key, what was found and what is expected."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("configuration", retryable=False, certain=True, parameters={})
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)
