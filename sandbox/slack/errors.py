"""Error responses of Slack's Web API."""

from collections.abc import Sequence

from sandbox.contracts import JsonObject


class ApiError(Exception):
    """A refused call: `code` goes under `error`, `extra` beside it."""

    def __init__(self, code: str, **extra: object) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra

    def answer(self) -> JsonObject:
        return {"ok": False, "error": self.code} | self.extra


def invalid_arguments(problems: Sequence[str]) -> ApiError:
    """Return the error for arguments or a view of the wrong shape; the problems are listed under `response_metadata`."""
    return ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in problems]})


def missing_field(name: str) -> ApiError:
    return invalid_arguments([f"missing required field: {name}"])


def invalid_blocks(problems: Sequence[str]) -> ApiError:
    messages = [f"[ERROR] {one}" for one in problems]
    return ApiError("invalid_blocks", errors=list(problems), response_metadata={"messages": messages})
