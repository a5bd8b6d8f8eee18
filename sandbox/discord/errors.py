"""Discord's error responses: an HTTP status, a JSON code and message, and for invalid forms a nested tree of errors."""

from typing import Any

from sandbox.contracts import JsonObject


class ApiError(Exception):
    """An error response; `errors` is the nested tree of an invalid form, `retry_after` makes it a rate limit."""

    def __init__(
        self, status: int, code: int, message: str, *, errors: JsonObject | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.retry_after = retry_after

    def body(self) -> JsonObject:
        body: JsonObject = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        if self.retry_after is not None:
            body |= {"retry_after": self.retry_after, "global": False}
        return body


_KNOWN = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20012: (403, "You are not authorized to perform this action on this application"),
    20016: (429, "This action cannot be performed due to slowmode rate limit"),
    20028: (429, "The write action you are performing on the channel has hit the write rate limit"),
    30032: (400, "Maximum number of application commands reached"),
    30034: (400, "Max number of daily application command creates has been reached (200)"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later."),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (403, "Maximum number of follow up messages for this interaction reached"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50024: (403, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50045: (413, "File uploaded exceeds the maximum size"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    130000: (503, "API resource is currently overloaded. Try again a little later"),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    200000: (400, "Message was blocked by automatic moderation"),
    240000: (400, "Message blocked by harmful links filter"),
    400001: (403, "File uploads have been limited for this guild"),
}


def api_error(code: int, *, status: int | None = None, retry_after: float | None = None) -> ApiError:
    """Return the error for a JSON code, with Discord's status and message."""
    known_status, message = _KNOWN.get(code, (400, "Error"))
    return ApiError(status or known_status, code, message, retry_after=retry_after)


class FormErrors:
    """Errors of a request, each at a dotted path, which is empty for the whole body; raised together as 50035."""

    def __init__(self) -> None:
        self._tree: JsonObject = {}

    def add(self, path: str, code: str, message: str) -> None:
        node = self._tree
        for step in path.split(".") if path else ():
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def check_length(self, path: str, value: Any, least: int, most: int) -> None:
        """Add an error unless `value` is a string of `least` to `most` characters."""
        if not isinstance(value, str):
            self.add(path, "BASE_TYPE_REQUIRED" if value is None else "STRING_TYPE_CONVERT", "This field is required")
        elif len(value) > most:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        elif len(value) < least:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def check_count(self, path: str, values: Any, least: int, most: int) -> bool:
        """Add an error unless `values` is a list of `least` to `most` entries; return whether it is a list at all."""
        if not isinstance(values, list):
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
            return False
        if not least <= len(values) <= most:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        return True

    def check_object(self, path: str, value: Any) -> bool:
        if not isinstance(value, dict):
            self.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return False
        return True

    def to_error(self) -> ApiError:
        return ApiError(400, 50035, "Invalid Form Body", errors=self._tree)

    def raise_if_any(self) -> None:
        if self._tree:
            raise self.to_error()


def invalid_form_body(path: str, code: str, message: str) -> ApiError:
    """Return a 50035 with a single error."""
    errors = FormErrors()
    errors.add(path, code, message)
    return errors.to_error()
