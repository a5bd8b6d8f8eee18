"""Why a job ended without pictures, or what was seen of an incomplete answer, as stored in its row: any process can rebuild it."""

from collections.abc import Mapping
from dataclasses import field

from bot.errors import Parameter, RefusalCode, RefusedError, UpstreamError, UpstreamKind, refuse_together
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class JobFailure:
    code: RefusalCode | UpstreamKind
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    nearest: str | None = None
    also: "tuple[JobFailure, ...]" = ()
    """What else a refusal names."""


def to_failure(error: RefusedError | UpstreamError) -> JobFailure:
    match error:
        case RefusedError():
            also = tuple(map(to_failure, error.also))
            return JobFailure(code=error.refusal, parameters=error.parameters, nearest=error.nearest, also=also)
        case UpstreamError():
            return JobFailure(code=error.kind, parameters=error.parameters)


def to_error(failure: JobFailure) -> RefusedError | UpstreamError:
    """The error behind a failure, for its wording. Whether it was certain is not stored: the settlement has used it."""
    match failure.code:
        case RefusalCode() as refusal:
            first = RefusedError(refusal, nearest=failure.nearest, **failure.parameters)
            return refuse_together([first, *(error for error in map(to_error, failure.also) if isinstance(error, RefusedError))])
        case UpstreamKind() as kind:
            error = UpstreamError(kind, certain=True)
            error.parameters.update(failure.parameters)
            return error
