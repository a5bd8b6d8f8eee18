"""Every failure of Slack as one of ours: the one place that reads slack_sdk's exceptions."""

from collections.abc import Mapping

from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.shared.http_client import CONNECTION_FAILURES
from bot.errors import DeliveryCode, DeliveryError

RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
TOKEN_REFUSED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "token_expired",
        "token_revoked",
    },
)
"""The token itself is no good (any more)."""
BY_CODE: Mapping[str, DeliveryCode] = {
    **dict.fromkeys(TOKEN_REFUSED, DeliveryCode.EXPIRED),
    **dict.fromkeys(RATE_LIMITED, DeliveryCode.UNAVAILABLE),
    "access_denied": DeliveryCode.FORBIDDEN,
    "cannot_dm_bot": DeliveryCode.FORBIDDEN,
    "cannot_reply_to_message": DeliveryCode.GONE,
    "cant_delete_message": DeliveryCode.FORBIDDEN,
    "cant_update_message": DeliveryCode.FORBIDDEN,
    "channel_not_found": DeliveryCode.NOT_INVITED,  # of private channels, this is all a stranger hears
    "edit_window_closed": DeliveryCode.GONE,
    "ekm_access_denied": DeliveryCode.FORBIDDEN,
    "exchanged_trigger_id": DeliveryCode.EXPIRED,
    "expired_trigger_id": DeliveryCode.EXPIRED,
    "expired_url": DeliveryCode.EXPIRED,
    "fatal_error": DeliveryCode.UNAVAILABLE,
    "file_deleted": DeliveryCode.GONE,
    "file_not_found": DeliveryCode.GONE,
    "file_type_not_allowed": DeliveryCode.UPLOADS_OFF,
    "file_upload_size_restricted": DeliveryCode.TOO_LARGE,
    "file_uploads_disabled": DeliveryCode.UPLOADS_OFF,
    "file_uploads_except_images_disabled": DeliveryCode.UPLOADS_OFF,
    "internal_error": DeliveryCode.UNAVAILABLE,
    "invalid_thread_ts": DeliveryCode.GONE,
    "invalid_trigger_id": DeliveryCode.EXPIRED,
    "is_archived": DeliveryCode.ARCHIVED,
    "is_inactive": DeliveryCode.ARCHIVED,
    "message_limit_exceeded": DeliveryCode.UNAVAILABLE,
    "message_not_found": DeliveryCode.GONE,
    "messages_tab_disabled": DeliveryCode.FORBIDDEN,
    "missing_scope": DeliveryCode.FORBIDDEN,
    "no_permission": DeliveryCode.FORBIDDEN,
    "not_in_channel": DeliveryCode.NOT_INVITED,
    "not_visible": DeliveryCode.GONE,
    "posting_to_channel_denied": DeliveryCode.FORBIDDEN,
    "request_timeout": DeliveryCode.UNAVAILABLE,
    "restricted_action": DeliveryCode.FORBIDDEN,
    "restricted_action_non_threadable_channel": DeliveryCode.FORBIDDEN,
    "restricted_action_read_only_channel": DeliveryCode.FORBIDDEN,
    "restricted_action_thread_locked": DeliveryCode.FORBIDDEN,
    "restricted_action_thread_only_channel": DeliveryCode.FORBIDDEN,
    "service_unavailable": DeliveryCode.UNAVAILABLE,
    "storage_limit_reached": DeliveryCode.UPLOADS_OFF,
    "team_added_to_org": DeliveryCode.UNAVAILABLE,
    "thread_not_found": DeliveryCode.GONE,
    "used_url": DeliveryCode.EXPIRED,
    "user_disabled": DeliveryCode.GONE,
    "user_not_found": DeliveryCode.GONE,
    "user_not_in_channel": DeliveryCode.FORBIDDEN,
    "user_not_visible": DeliveryCode.FORBIDDEN,
}
UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Some of it may have happened."""
FAILURES: tuple[type[Exception], ...] = (SlackClientError, BoltError, *CONNECTION_FAILURES)
"""Everything a call into slack_sdk may raise that is not a fault of ours."""


def delivery_error(error: Exception) -> DeliveryError:
    """What a failed call means. `certain`: Slack said no, so nobody saw it."""
    if isinstance(error, DeliveryError):
        return error
    if not isinstance(error, SlackApiError):
        fault_of_ours = isinstance(error, SlackClientError | BoltError)
        code = DeliveryCode.REJECTED if fault_of_ours else DeliveryCode.UNAVAILABLE
        return DeliveryError(code, retryable=not fault_of_ours, certain=fault_of_ours, detail=type(error).__name__)
    said, status = error_code(error), _status(error)
    if said:
        return refused_as(said, detail=_detail(said, error))
    if status == 429:
        return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail="429")
    # A page instead of JSON: something before Slack itself broke, before or after it was done.
    return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False, detail=f"answered {status}")


def refused_as(said: str, *, detail: str = "") -> DeliveryError:
    """What one of Slack's error codes means."""
    code = BY_CODE.get(said, DeliveryCode.REJECTED)
    certain = said not in UNSURE
    return DeliveryError(code, retryable=code is DeliveryCode.UNAVAILABLE, certain=certain, detail=detail or said)


def error_code(error: BaseException | None) -> str:
    """Slack's own word for what went wrong; empty where it gave none."""
    data = getattr(error.response, "data", None) if isinstance(error, SlackApiError) else None
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def retry_after(error: Exception) -> float | None:
    """The seconds after which Slack wants to be asked again; None where it was no rate limit."""
    if not isinstance(error, SlackApiError) or (_status(error) != 429 and error_code(error) not in RATE_LIMITED):
        return None
    headers = {str(name).lower(): value for name, value in (getattr(error.response, "headers", None) or {}).items()}
    try:
        return max(0.0, float(headers.get("retry-after", 1)))
    except ValueError:
        return 1.0


def _status(error: SlackApiError) -> int:
    """Of Slack's answer, or of the raw one where slack_sdk could not read it."""
    for name in ("status_code", "status"):
        status = getattr(error.response, name, None)
        if isinstance(status, int):
            return status
    return 0


def _detail(said: str, error: SlackApiError) -> str:
    needed = error.response.data.get("needed")
    return f"{said} (needed: {needed})" if needed else said
