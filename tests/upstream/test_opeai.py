"""ope.ai's wire format: requests, answers and errors."""

from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.requests.request import Pixels, Request
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.dialects.table import encode
from bot.upstream.transport.http_messages import HttpRequest
from tests.fakes.dialects import answer, classification, comparable, decode, plain

K = UpstreamKind
BODY = {"model": "doubao-seedream-4.5", "prompt": "a fox", "size": "2K", "response_format": "url", "watermark": False}
A, B = "https://e.com/a.png", "data:image/jpeg;base64,BBBB"


@pytest.mark.parametrize(
    ("request_", "references", "overrides"),
    [
        (plain("opeai"), [], {}),
        (plain("opeai", "4.0", size="1K"), [], {"model": "doubao-seedream-4.0", "size": "1K"}),
        (plain("opeai", "5.0-lite"), [], {"model": "bytedance-seedream-5.0"}),
        (plain("opeai", size=Pixels(width=6240, height=2656)), [], {"size": "6240x2656"}),
        (plain("opeai", watermark=True), [], {"watermark": True}),
        (plain("opeai", count=2), [], {"n": 2}),
        (plain("opeai", count=4, per_call=1), [], {}),
        (plain("opeai", count=15), [], {"n": 15}),
        (plain("opeai"), [A], {"image": A}),
        (plain("opeai", count=4), [A, B], {"image": [A, B], "n": 4}),
    ],
)
def test_encode(request_: Request, references: list[str], overrides: dict[str, Any]) -> None:
    """`n` caps a set and is absent for a single picture; no field that the gateway ignores is sent."""
    assert encode(request_, references) == HttpRequest(method="POST", path="/v1/images/generations", body={**BODY, **overrides})


def test_decode() -> None:
    """Addresses or inline bytes, and the billed count if the answer has one."""
    body = {"created": 1, "data": [{"url": "https://r.example/1.jpeg"}, {"b64_json": "Zm94"}], "usage": {"generated_images": 2}}

    assert comparable(decode("opeai", answer(body))) == [
        Started(),
        PictureReady(index=0, address="https://r.example/1.jpeg"),
        PictureReady(index=1, data=b"fox"),
        Completed(billed=2),
    ]


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, {"error": None}, (K.REQUEST, True, False)),
        (400, {"error": {"message": "size: InvalidParameter", "code": "bad"}}, (K.REQUEST, True, False)),
        (400, {"error": {"message": "upstream: OutputImageRiskDetection"}}, (K.POLICY_OUTPUT, True, False)),
        (401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, (K.AUTH, True, False)),
        (403, b"", (K.AUTH, True, False)),
        (404, {"error": {"message": "no such model"}}, (K.MODEL, True, False)),
        (413, b"", (K.TOO_LARGE, True, False)),
        (429, {"error": "slow down"}, (K.RATE, True, True)),
        (500, b"", (K.UPSTREAM, False, False)),
        (200, {"error": {"code": "InternalServiceError"}}, (K.UPSTREAM, False, False)),
        (200, b"data: {}\n\n", (K.UNKNOWN, False, False)),
    ],
)
def test_failures(status: int, body: Any, failure: tuple[str, bool, bool]) -> None:
    """The code decides, then a code inside the message, then the status."""
    with pytest.raises(UpstreamError) as caught:
        decode("opeai", answer(body, status=status))

    assert classification(caught.value) == failure
