"""Every failure of Slack is translated into an error of the bot."""

from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import slack_sdk.errors
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError

from adapters.slack.failures import BY_CODE, FAILURES, TOKEN_REFUSED, delivery_error, error_code, retry_after
from bot.errors import DeliveryCode, DeliveryError


@dataclass
class Answer:
    """The attributes of a response that slack_sdk's exceptions carry."""

    status_code: int = 200
    data: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class RawAnswer:
    """The response that slack_sdk passes on if it could not parse the body."""

    status: int


def answered(response: Any) -> SlackApiError:
    error: SlackApiError = SlackApiError("no", response)  # type: ignore[no-untyped-call]
    return error


def refusal(code: str, **more: Any) -> SlackApiError:
    return answered(Answer(data={"ok": False, "error": code, **more}))


D = DeliveryCode


@pytest.mark.parametrize(
    ("error", "code", "retryable", "certain"),
    [
        (refusal("not_in_channel"), D.NOT_INVITED, False, True),
        (refusal("channel_not_found"), D.NOT_INVITED, False, True),
        (refusal("is_archived"), D.ARCHIVED, False, True),
        (refusal("restricted_action_thread_locked"), D.FORBIDDEN, False, True),
        (refusal("missing_scope", needed="files:write"), D.FORBIDDEN, False, True),
        (refusal("file_uploads_disabled"), D.UPLOADS_OFF, False, True),
        (refusal("file_upload_size_restricted"), D.TOO_LARGE, False, True),
        (refusal("message_not_found"), D.GONE, False, True),
        (refusal("expired_trigger_id"), D.EXPIRED, False, True),
        (refusal("account_inactive"), D.EXPIRED, False, True),
        (refusal("ratelimited"), D.UNAVAILABLE, True, True),
        (refusal("internal_error"), D.UNAVAILABLE, True, False),
        (refusal("fatal_error"), D.UNAVAILABLE, True, False),
        (refusal("invalid_blocks"), D.REJECTED, False, True),
        (refusal("something_new"), D.REJECTED, False, True),
        (answered(Answer(status_code=429)), D.UNAVAILABLE, True, True),
        (answered(Answer(status_code=502)), D.UNAVAILABLE, True, False),
        (answered(Answer(status_code=200, data=None)), D.UNAVAILABLE, True, False),
        (answered(RawAnswer(status=503)), D.UNAVAILABLE, True, False),
        (SlackRequestError("no"), D.REJECTED, False, True),
        (BoltError("no"), D.REJECTED, False, True),
        (aiohttp.ServerDisconnectedError(), D.UNAVAILABLE, True, False),
        (ConnectionResetError(104, "reset"), D.UNAVAILABLE, True, False),
        (TimeoutError(), D.UNAVAILABLE, True, False),
    ],
)
def test_translation(error: Exception, code: DeliveryCode, *, retryable: bool, certain: bool) -> None:
    """The delivery code, whether a retry may succeed, and whether the request certainly had no effect."""
    translated = delivery_error(error)
    assert (translated.delivery, translated.retryable, translated.certain) == (code, retryable, certain)
    assert isinstance(error, FAILURES)


def test_translated_errors_are_unchanged() -> None:
    """An error of the bot is not translated again."""
    translated = DeliveryError(D.TOO_LARGE, retryable=False)
    assert delivery_error(translated) is translated


def test_a_missing_scope_is_named() -> None:
    """The operator reads which scope is missing."""
    assert delivery_error(refusal("missing_scope", needed="im:write")).detail == "missing_scope (needed: im:write)"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (answered(Answer(status_code=429, headers={"Retry-After": "7"})), 7.0),
        (answered(Answer(status_code=429, headers={"retry-after": "soon"})), 1.0),
        (answered(Answer(status_code=429)), 1.0),
        (refusal("ratelimited"), 1.0),
        (refusal("not_in_channel"), None),
        (TimeoutError(), None),
    ],
)
def test_retry_after(error: Exception, seconds: float | None) -> None:
    """The header determines the pause; without one it is short."""
    assert retry_after(error) == seconds


def test_every_exception_is_translated() -> None:
    """Every exception class of slack_sdk is caught, and every kind of refusal has a code of Slack's."""
    defined = {thing for thing in vars(slack_sdk.errors).values() if isinstance(thing, type) and issubclass(thing, Exception)}
    assert all(issubclass(kind, SlackClientError) for kind in defined)
    assert set(BY_CODE.values()) == set(DeliveryCode) - {D.REJECTED}
    assert all(BY_CODE[code] is D.EXPIRED for code in TOKEN_REFUSED)
    assert error_code(refusal("invalid_auth")) in TOKEN_REFUSED
