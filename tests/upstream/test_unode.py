"""Unode's wire format: requests, answers and errors."""

from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.requests.request import Pixels, Request
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.dialects.table import encode
from bot.upstream.transport.http_messages import HttpRequest
from tests.fakes.dialects import answer, classification, comparable, decode, plain

K = UpstreamKind
BODY = {
    "model": "doubao-seedream-4-5-251128",
    "prompt": "a fox",
    "size": "2K",
    "response_format": "url",
    "watermark": False,
}
A, B = "data:image/png;base64,AAAA", "data:image/jpeg;base64,BBBB"
SET_OF_3 = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 3}}


@pytest.mark.parametrize(
    ("request_", "references", "overrides"),
    [
        (plain("unode"), [], {}),
        (plain("unode", "5.0-lite"), [], {"model": "doubao-seedream-5-0-260128"}),
        (plain("unode", size=Pixels(width=4096, height=2304)), [], {"size": "4096x2304"}),
        (plain("unode", watermark=True), [], {"watermark": True}),
        (plain("unode"), [A], {"image": A}),
        (plain("unode"), [A, B], {"image": [A, B]}),
        (plain("unode", count=3), [A], {"image": A, "extra_fields": SET_OF_3}),
        (plain("unode", format="png"), [], {"extra_fields": {"output_format": "png"}}),
        (plain("unode", search=True), [], {"extra_fields": {"tools": [{"type": "web_search"}]}}),
        (plain("unode", prompt_mode="standard"), [], {"extra_fields": {"optimize_prompt_options": {"mode": "standard"}}}),
        (
            plain("unode", count=3, format="jpeg", search=True),
            [],
            {"extra_fields": {**SET_OF_3, "output_format": "jpeg", "tools": [{"type": "web_search"}]}},
        ),
    ],
)
def test_encode(request_: Request, references: list[str], overrides: dict[str, Any]) -> None:
    """OpenAI's fields at the top level, all others in `extra_fields`; never `n`, never `stream`."""
    assert encode(request_, references) == HttpRequest(method="POST", path="/v1/images/generations", body={**BODY, **overrides})


def test_decode() -> None:
    """The gateway passes Ark's answer through."""
    body = {
        "data": [
            {"url": "https://r.example/1.jpeg", "size": "2048x2048"},
            {"error": {"code": "OutputImageSensitiveContentDetected"}},
        ],
        "usage": {"generated_images": 1},
    }

    assert comparable(decode("unode", answer(body))) == [
        Started(),
        PictureReady(index=0, address="https://r.example/1.jpeg", size=Pixels(width=2048, height=2048)),
        (1, K.POLICY_OUTPUT),
        Completed(billed=1),
    ]


def router_error(code: Any, message: str = "… (request id: 2026)", kind: str = "new_api_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": "", "code": code}}


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (403, router_error("insufficient_user_quota"), (K.BALANCE, True, False)),
        (403, router_error("pre_consume_token_quota_failed"), (K.BALANCE, True, False)),
        (503, router_error("model_not_found"), (K.MODEL, True, False)),
        (500, router_error("channel:no_available_key"), (K.MODEL, True, False)),
        (500, router_error("get_channel_failed"), (K.MODEL, True, False)),
        (400, router_error("sensitive_words_detected"), (K.POLICY, True, False)),
        (400, router_error("prompt_blocked"), (K.POLICY, True, False)),
        (502, router_error("bad_response_status_code"), (K.UPSTREAM, False, False)),
        (500, router_error("do_request_failed"), (K.UPSTREAM, False, False)),
        (500, router_error("bad_response_body"), (K.UPSTREAM, False, False)),
        (500, router_error("empty_response"), (K.UPSTREAM, False, False)),
        (504, router_error("channel:response_time_exceeded"), (K.TIMEOUT, False, False)),
        (500, router_error("read_request_body_failed"), (K.REQUEST, True, False)),
        (400, router_error("bad_request_body"), (K.REQUEST, True, False)),
        (400, router_error("invalid_request"), (K.REQUEST, True, False)),
        (429, router_error("", "您已达到请求数限制：1分钟内最多请求10次"), (K.RATE, True, True)),
        (401, router_error(""), (K.AUTH, True, False)),
        (500, router_error(None), (K.UPSTREAM, False, False)),
        (400, router_error(1210), (K.REQUEST, True, False)),
        (
            400,
            router_error("InputImageSensitiveContentDetected.PrivacyInformation", kind="upstream_error"),
            (K.REAL_PERSON, True, False),
        ),
        (500, router_error("do_request_failed", "ModelAccountIpmRateLimitExceeded: slow down"), (K.UPSTREAM, False, False)),
        (400, {"error": "no channel"}, (K.REQUEST, True, False)),
        (502, b"<html>Bad gateway</html>", (K.UPSTREAM, False, False)),
    ],
)
def test_failures(status: int, body: Any, failure: tuple[str, bool, bool]) -> None:
    """The model's own codes decide, then the router's, then the status."""
    with pytest.raises(UpstreamError) as caught:
        decode("unode", answer(body, status=status))

    assert classification(caught.value) == failure
