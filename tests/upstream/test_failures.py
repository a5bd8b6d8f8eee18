"""Errors of gateways are classified by code and status, whatever the shape of the answer."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.decoding.failures import DecodeContext, recognise, retry_after, scrub
from bot.upstream.transport.http_messages import Answer

NOW = 1_790_000_000.0
K = UpstreamKind


def recognise_answer(status: int, body: bytes, headers: dict[str, str] | None = None) -> UpstreamError:
    answer = Answer(status=status, headers=headers or {}, body=body)
    return recognise(answer, DecodeContext(now=NOW, secrets=("s3cr3t-key",)))


# Status, code and kind: every row of the official table. None of these errors is billed.
OFFICIAL = [
    (400, "MissingParameter", K.REQUEST),
    (400, "MissingParameter.prompt", K.REQUEST),
    (400, "InvalidParameter", K.REQUEST),
    (400, "InvalidParameter.UnsupportedParameter", K.REQUEST),
    (400, "InvalidParameter.UnsupportedImageFormat", K.REFERENCE),
    (400, "InvalidParameter.OversizeImage", K.REFERENCE),
    (400, "InvalidImageURL.EmptyURL", K.REFERENCE),
    (400, "InvalidImageURL.InvalidFormat", K.REFERENCE),
    (400, "InputTextSensitiveContentDetected", K.POLICY_TEXT),
    (400, "SensitiveContentDetected", K.POLICY_TEXT),
    (400, "SensitiveContentDetected.SevereViolation", K.POLICY_TEXT),
    (400, "SensitiveContentDetected.Violence", K.POLICY_TEXT),
    (400, "InputTextRiskDetection", K.POLICY_TEXT),
    (400, "InputImageSensitiveContentDetected", K.POLICY_IMAGE),
    (400, "InputImageRiskDetection", K.POLICY_IMAGE),
    (400, "InputImageSensitiveContentDetected.PrivacyInformation", K.REAL_PERSON),
    (400, "InputTextSensitiveContentDetected.PolicyViolation", K.COPYRIGHT),
    (400, "InputImageSensitiveContentDetected.PolicyViolation", K.COPYRIGHT),
    (400, "OutputImageSensitiveContentDetected", K.POLICY_OUTPUT),
    (400, "OutputImageSensitiveContentDetected.DeepFake", K.POLICY_OUTPUT),
    (400, "OutputImageRiskDetection", K.POLICY_OUTPUT),
    (400, "ContentSecurityDetectionError", K.UPSTREAM),
    (400, "InvalidEndpoint.ClosedEndpoint", K.MODEL),
    (401, "AuthenticationError", K.AUTH),
    (401, "InvalidAccountStatus", K.ACCOUNT),
    (403, "AccessDenied", K.MODEL),
    (403, "OperationDenied.PermissionDenied", K.MODEL),
    (403, "OperationDenied.ServiceNotOpen", K.MODEL),
    (403, "AccountOverdueError", K.BALANCE),
    (403, "OperationDenied.ServiceOverdue", K.BALANCE),
    (404, "InvalidEndpointOrModel.NotFound", K.MODEL),
    (404, "InvalidEndpointOrModel.ModelIDAccessDisabled", K.MODEL),
    (404, "InvalidEndpoint.ClosedEndpoint", K.MODEL),
    (404, "ClosedEndpoint", K.MODEL),
    (404, "ModelNotOpen", K.MODEL),
    (404, "UnsupportedModel", K.MODEL),
    (404, "NotFound.Model", K.MODEL),
    (413, "", K.TOO_LARGE),
    (429, "ModelAccountIpmRateLimitExceeded", K.RATE),
    (429, "ModelAccountRpmRateLimitExceeded", K.RATE),
    (429, "ModelAccountTpmRateLimitExceeded", K.RATE),
    (429, "APIAccountRpmRateLimitExceeded", K.RATE),
    (429, "AccountRateLimitExceeded", K.RATE),
    (429, "RateLimitExceeded.EndpointRPMExceeded", K.RATE),
    (429, "RateLimitExceeded.EndpointTPMExceeded", K.RATE),
    (429, "ServerOverloaded", K.OVERLOAD),
    (503, "ServerOverloaded", K.OVERLOAD),
    (429, "RequestBurstTooFast", K.OVERLOAD),
    (429, "QuotaExceeded", K.QUOTA),
    (429, "SetLimitExceeded", K.QUOTA),
    (429, "InflightBatchsizeExceeded", K.QUOTA),
]


@pytest.mark.parametrize(("status", "code", "kind"), OFFICIAL)
def test_every_official_code_is_recognised(status: int, code: str, kind: UpstreamKind) -> None:
    """A refusal is certain; only rate limits and overload are retryable."""
    error = recognise_answer(status, json.dumps({"error": {"code": code, "message": "m", "param": "", "type": "t"}}).encode())

    assert (error.kind, error.certain, error.retryable) == (kind, True, kind in {K.RATE, K.OVERLOAD})


@pytest.mark.parametrize(
    ("status", "kind", "certain", "retryable"),
    [
        (301, K.UNKNOWN, True, False),
        (400, K.REQUEST, True, False),
        (401, K.AUTH, True, False),
        (402, K.BALANCE, True, False),
        (403, K.AUTH, True, False),
        (404, K.MODEL, True, False),
        (405, K.REQUEST, True, False),
        (408, K.TIMEOUT, True, False),
        (413, K.TOO_LARGE, True, False),
        (422, K.REQUEST, True, False),
        (429, K.RATE, True, True),
        (500, K.UPSTREAM, False, False),
        (502, K.UPSTREAM, False, False),
        (503, K.UPSTREAM, False, False),
        (504, K.UPSTREAM, False, False),
        (524, K.UPSTREAM, False, False),
    ],
)
def test_the_status_decides_where_the_body_is_unreadable(status: int, kind: UpstreamKind, certain: bool, retryable: bool) -> None:
    """From 500 on, a picture may have been made."""
    errors = [
        recognise_answer(status, body) for body in (b"", b"<html><h1>Oops</h1></html>", b"{}", b"\xff\xfe", b"[1]", b"null")
    ]

    assert {(error.kind, error.certain, error.retryable) for error in errors} == {(kind, certain, retryable)}


@pytest.mark.parametrize("status", [500, 502, 503, 200])
def test_an_internal_error_is_not_certain(status: int) -> None:
    """A picture may have been made before the error."""
    error = recognise_answer(status, b'{"error":{"code":"InternalServiceError","message":"m"}}')

    assert (error.kind, error.certain, error.retryable) == (K.UPSTREAM, False, False)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"code": None, "message": "upstream says: InputTextSensitiveContentDetected: no"}}, K.POLICY_TEXT),
        (
            500,
            {"error": {"code": "api_error", "message": "InputImageSensitiveContentDetected.PrivacyInformation"}},
            K.UPSTREAM,
        ),
        (400, {"error": "OutputImageRiskDetection"}, K.POLICY_OUTPUT),
        (400, {"error_code": "QuotaExceeded", "error_msg": ""}, K.QUOTA),
        (400, {"message": "ServerOverloaded, come again"}, K.OVERLOAD),
        (400, {"detail": "bad size"}, K.REQUEST),
        (400, {"error": None}, K.REQUEST),
        (400, {"error": {"code": 1210, "message": ["x"]}}, K.REQUEST),
        (400, {"error": {"code": {"a": 1}, "message": {"b": 2}}}, K.REQUEST),
        (400, {"error": ["x"]}, K.REQUEST),
        (400, {"error": True}, K.REQUEST),
        (400, ["InputTextRiskDetection"], K.POLICY_TEXT),
        (403, "AccountOverdueError", K.BALANCE),
        (429, {"error": {"message": "您已达到请求数限制", "type": "new_api_error", "code": ""}}, K.RATE),
    ],
)
def test_an_error_in_any_shape(status: int, body: Any, kind: UpstreamKind) -> None:
    """The code may be a string, a number or absent, or, below 500, part of another service's message."""
    assert recognise_answer(status, json.dumps(body).encode()).kind == kind


LITELLM = "litellm.BadRequestError: OpenAIException - Error code: 400 - {'error': {'message': 'The request failed because "
# Status, error, kind, and the number of the reference that is named where the request has one.
IN_WORDS = [
    (400, {"message": f"{LITELLM}the input text may contain sensitive information.", "code": "400"}, K.POLICY_TEXT, None),
    (400, {"message": f"{LITELLM}the input image may contain sensitive information.", "code": "400"}, K.POLICY_IMAGE, None),
    (400, {"message": f"{LITELLM}the output image may contain sensitive information.", "code": 400}, K.POLICY_OUTPUT, None),
    (400, {"message": f"{LITELLM}the input image may contain real person.", "code": None}, K.REAL_PERSON, None),
    (400, {"message": f"{LITELLM}the input text may be related to copyright restrictions.", "code": ""}, K.COPYRIGHT, None),
    (400, {"message": "It may contain sensitive information.", "type": "invalid_request_error", "code": "400"}, K.POLICY, None),
    (400, {"message": "Your request was rejected by the safety system.", "code": "moderation_blocked"}, K.POLICY, None),
    (400, {"message": "m", "code": "content_policy_violation"}, K.POLICY, None),
    (
        400,
        {
            "code": "InvalidParameter",
            "message": "Timeout while downloading url=http://h.example/a.png. Request id: 1",
            "param": "",
        },
        K.REFERENCE_DOWNLOAD,
        1,
    ),
    (400, {"code": "InvalidImageURL", "message": "The image could not be downloaded."}, K.REFERENCE_DOWNLOAD, 1),
    (
        400,
        {
            "code": "InvalidParameter.UnsupportedImageFormat",
            "message": "The request failed because the image format is not supported by the API. Request id: 021",
            "param": "image_url",
            "type": "BadRequest",
        },
        K.REFERENCE,
        1,
    ),
    (400, {"code": "400", "message": "The request failed because the image format is not supported by the API."}, K.REFERENCE, 1),
    (400, {"code": "InvalidImageURL.InvalidFormat", "message": "InvalidParameter: sensitive information"}, K.REFERENCE, 1),
    (401, {"code": None, "message": "The key may contain sensitive information."}, K.AUTH, None),
    (429, {"code": None, "message": "Too many requests with sensitive information."}, K.RATE, None),
    (500, {"code": None, "message": "The output image may contain sensitive information."}, K.UPSTREAM, None),
    (500, {"code": None, "message": "Timeout while downloading url=http://h.example/a.png"}, K.UPSTREAM, None),
    (200, {"code": None, "message": "The input text may contain sensitive information."}, K.UNKNOWN, None),
]


@pytest.mark.parametrize(("status", "error", "kind", "number"), IN_WORDS)
def test_a_message_chooses_the_words_and_nothing_else(
    status: int, error: dict[str, Any], kind: UpstreamKind, number: int | None
) -> None:
    """Whether anything was spent, and whether to try again, is the same as without the message."""

    def read(fault: dict[str, Any]) -> UpstreamError:
        answer = Answer(status=status, headers={}, body=json.dumps({"error": fault}).encode())
        return recognise(answer, DecodeContext(now=NOW, references=1))

    found, silent = read(error), read({**error, "message": "m"})

    assert (found.kind, found.parameters.get("number")) == (kind, number)
    assert (found.certain, found.retryable) == (silent.certain, silent.retryable)


def test_the_words_of_the_member_are_not_taken_for_the_gateways() -> None:
    """A gateway quotes the prompt."""
    answer = Answer(status=400, headers={}, body=b'{"error":{"message":"bad prompt: sensitive information, failed to download"}}')
    context = DecodeContext(now=NOW, references=1, prompt="a stamp: Sensitive Information, failed to download")

    assert recognise(answer, context).kind is K.REQUEST


def test_a_reference_of_several_is_not_guessed() -> None:
    answer = Answer(status=400, headers={}, body=b'{"error":{"message":"Timeout while downloading url=x"}}')

    assert recognise(answer, DecodeContext(now=NOW, references=3)).parameters == {"status": 400}
    assert recognise(answer, DecodeContext(now=NOW, references=0)).kind is K.REQUEST


def test_a_malformed_body_does_not_raise() -> None:
    """The status decides where the body is deeply nested, huge, truncated or binary."""
    bodies = [
        b"[" * 200_000,
        b'{"error":' * 50_000,
        b"\x00" * 1000,
        b'"' * 1000,
        b'{"error":{"code":"' + b"a." * 500_000 + b'"}}',
    ]

    assert {recognise_answer(400, body).kind for body in bodies} == {K.REQUEST}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        ("3600", 60.0),
        ("inf", 60.0),
        ("nan", None),
        ("-3", None),
        ("soon", None),
        ("", None),
        (format_datetime(datetime.fromtimestamp(NOW + 20, UTC), usegmt=True), 20.0),
        (format_datetime(datetime.fromtimestamp(NOW - 20, UTC), usegmt=True), 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("Fri, 99 Foo 9999 99:99:99 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """Seconds or an HTTP date, at most one minute."""
    assert retry_after(value, now=NOW) == seconds


def test_retry_after_counts_for_retryable_errors_only() -> None:
    """Other errors ignore the header."""
    assert recognise_answer(429, b"", {"retry-after": "7"}).retry_after_s == 7.0
    assert recognise_answer(400, b"", {"retry-after": "7"}).retry_after_s is None


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("the key s3cr3t-key is wrong", "the key *** is wrong"),
        ("Bearer abc.def", "Bearer ***"),
        ("see https://r.example/x?Signature=1 now", "see <address> now"),
        ("cannot read data:image/png;base64,AAAA", "cannot read <address>"),
        ("sk-abcdef123456 is unknown", "*** is unknown"),
        ('{"user_id": "u-1", "credential_id":"c-2"}', '{"user_id ***", "credential_id ***"}'),
        ("two\nlines\r\n\x1b[31mred", "two lines [31mred"),
        ("request id: 0217abc", "request id: 0217abc"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_scrub(text: str, scrubbed: str) -> None:
    """One short line without keys, addresses and account ids; the request id remains for the gateway's support."""
    assert scrub(text, secrets=("s3cr3t-key",)) == scrubbed


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_code_in_a_proxys_page_is_ignored(status: int) -> None:
    """`AccessDenied` on an HTML page with a status above 500 is no refusal by the gateway."""
    error = recognise_answer(status, b"<html>AccessDenied: NotFound.Route</html>")

    assert (error.kind, error.certain) == (K.UPSTREAM, False)


@pytest.mark.parametrize(
    ("status", "body", "missing"),
    [
        (404, {"error": {"code": "InvalidEndpointOrModel.NotFound", "message": "no"}}, True),
        (400, {"error": {"code": "InvalidEndpoint.ClosedEndpoint", "message": "closed"}}, True),
        (403, {"error": {"code": "OperationDenied.ServiceNotOpen", "message": "open it"}}, True),
        (404, {"error": {"code": "", "message": "The model does not exist"}}, True),
        # Words alone, a router without a free channel, a page, and what says nothing of a model.
        (400, {"error": {"code": "bad_response", "message": "upstream said ModelNotOpen"}}, False),
        (503, {"error": {"code": "model_not_found", "message": "No available channel"}}, False),
        (404, "<html>404 Not Found</html>", False),
        (400, {"error": {"code": "InvalidParameter", "message": "no"}}, False),
    ],
)
def test_who_says_that_a_model_is_missing(status: int, body: Any, missing: bool) -> None:
    """Only the gateway itself, by its status or code: nobody is asked for that model for a while."""
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()

    assert recognise_answer(status, content).missing_model is missing
