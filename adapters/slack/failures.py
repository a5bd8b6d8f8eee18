"""slack_sdk's exceptions → DeliveryError; no other module reads them."""

from collections.abc import Mapping

from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.shared.connection import retry_seconds
from adapters.shared.http_client import CONNECTION_FAILURES
from bot.errors import DeliveryCode, DeliveryError

RETRY_SECONDS = 1.0
"""Where Slack does not say when to try again."""
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
"""The token itself is invalid, or no longer valid."""
BY_CODE: Mapping[str, DeliveryCode] = {
    **dict.fromkeys(TOKEN_REFUSED, DeliveryCode.EXPIRED),
    **dict.fromkeys(RATE_LIMITED, DeliveryCode.UNAVAILABLE),
    "access_denied": DeliveryCode.FORBIDDEN,
    "cannot_dm_bot": DeliveryCode.FORBIDDEN,
    "cannot_reply_to_message": DeliveryCode.GONE,
    "cant_delete_message": DeliveryCode.FORBIDDEN,
    "cant_update_message": DeliveryCode.FORBIDDEN,
    "channel_not_found": DeliveryCode.NOT_INVITED,  # what Slack says of private channels without the bot
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
AMBIGUOUS = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""The call may have had an effect."""
FAILURES: tuple[type[Exception], ...] = (SlackClientError, BoltError, *CONNECTION_FAILURES)
"""All errors of a call into slack_sdk that do not indicate a bug in the bot."""


def delivery_error(error: Exception) -> DeliveryError:
    """Translates a failed call. `certain`: Slack refused it, so it had no effect."""
    if isinstance(error, DeliveryError):
        return error
    if not isinstance(error, SlackApiError):
        fault_of_ours = isinstance(error, SlackClientError | BoltError)
        code = DeliveryCode.REJECTED if fault_of_ours else DeliveryCode.UNAVAILABLE
        return DeliveryError(code, retryable=not fault_of_ours, certain=fault_of_ours, detail=type(error).__name__)
    slack_code, status = error_code(error), _status(error)
    if slack_code:
        return error_of_code(slack_code, detail=_detail(slack_code, error))
    if status == 429:
        return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail="429")
    # A page instead of JSON: a proxy failed, before or after the call took effect.
    return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False, detail=f"answered {status}")


def error_of_code(slack_code: str, *, detail: str = "") -> DeliveryError:
    """Translates one of Slack's error codes."""
    code = BY_CODE.get(slack_code, DeliveryCode.REJECTED)
    certain = slack_code not in AMBIGUOUS
    return DeliveryError(code, retryable=code is DeliveryCode.UNAVAILABLE, certain=certain, detail=detail or slack_code)


def error_code(error: BaseException | None) -> str:
    """Slack's own error code; empty where it gave none."""
    data = getattr(error.response, "data", None) if isinstance(error, SlackApiError) else None
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def retry_after(error: Exception) -> float | None:
    """The seconds after which Slack allows the next call; None where the failure was no rate limit."""
    if not isinstance(error, SlackApiError) or (_status(error) != 429 and error_code(error) not in RATE_LIMITED):
        return None
    headers = {str(name).lower(): value for name, value in (getattr(error.response, "headers", None) or {}).items()}
    seconds = retry_seconds(str(headers.get("retry-after", "")))
    return RETRY_SECONDS if seconds is None else seconds


def _status(error: SlackApiError) -> int:
    """The status of Slack's response, or of the raw one where slack_sdk could not read it."""
    for name in ("status_code", "status"):
        status = getattr(error.response, name, None)
        if isinstance(status, int):
            return status
    return 0


def _detail(slack_code: str, error: SlackApiError) -> str:
    needed = error.response.data.get("needed")
    return f"{slack_code} (needed: {needed})" if needed else slack_code
