"""Why a job ended without pictures, as its row keeps it: enough to say it again in another process."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import Parameter, RefusalCode, RefusedError, UpstreamError, UpstreamKind


@dataclass(frozen=True, kw_only=True)
class JobFailure:
    code: RefusalCode | UpstreamKind
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    nearest: str | None = None


def failure_of(error: RefusedError | UpstreamError) -> JobFailure:
    match error:
        case RefusedError():
            return JobFailure(code=error.refusal, parameters=error.parameters, nearest=error.nearest)
        case UpstreamError():
            return JobFailure(code=error.kind, parameters=error.parameters)


def error_of(trouble: JobFailure) -> RefusedError | UpstreamError:
    """The error it was, for its words; what it said of certainty has been acted on."""
    match trouble.code:
        case RefusalCode() as refusal:
            return RefusedError(refusal, nearest=trouble.nearest, **trouble.parameters)
        case UpstreamKind() as kind:
            error = UpstreamError(kind, certain=True)
            error.parameters.update(trouble.parameters)
            return error
