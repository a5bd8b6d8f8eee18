"""UniAll's wire format: requests, answers and errors."""

from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.requests.request import Pixels, Request
from bot.upstream.contract import Completed, PictureReady, Started
from bot.upstream.dialects.table import encode
from bot.upstream.transport.http_messages import HttpRequest
from tests.fakes.dialects import answer, classification, comparable, decode, plain

K = UpstreamKind
BODY = {"model": "seedream-4.5", "prompt": "a fox", "n": 1, "custom_size": {"width": 2048, "height": 2048}}
A, B = "https://e.com/a.png", "https://e.com/b.png"
FIRST = PictureReady(index=0, address="https://r.example/1.jpeg")


@pytest.mark.parametrize(
    ("request_", "references", "path", "overrides"),
    [
        (plain("uniall"), [], "generations", {}),
        (plain("uniall", "4.0"), [], "generations", {"model": "seedream-4.0"}),
        (plain("uniall", "5.0-lite"), [], "generations", {"model": "seedream-5.0-lite"}),
        (plain("uniall", count=6), [], "generations", {"n": 6}),
        (plain("uniall", count=4, per_call=1), [], "generations", {"n": 1}),
        (
            plain("uniall", size=Pixels(width=1440, height=2560)),
            [],
            "generations",
            {"custom_size": {"width": 1440, "height": 2560}},
        ),
        (plain("uniall"), [A], "edits", {"image": A}),
        (plain("uniall", count=3), [A, B], "edits", {"image_urls": [A, B], "n": 3}),
    ],
)
def test_encode(request_: Request, references: list[str], path: str, overrides: dict[str, Any]) -> None:
    """References select the endpoint, the count is always sent, and no undocumented field is."""
    assert encode(request_, references) == HttpRequest(method="POST", path=f"/v1/images/{path}", body={**BODY, **overrides})


def test_a_size_tier_cannot_be_encoded() -> None:
    """The gateway takes pixels only: a tier must be resolved before."""
    with pytest.raises(TypeError, match="pixels"):
        encode(plain("uniall", size="2K"), [])


@pytest.mark.parametrize(
    ("body", "events"),
    [
        ({"created": 1, "data": [{"url": "https://r.example/1.jpeg"}]}, [FIRST, Completed()]),
        ({"data": ["https://r.example/1.jpeg"]}, [FIRST, Completed()]),
        (
            {"data": [{"url": "https://r.example/1.jpeg"}, {"b64_json": "Zm94"}]},
            [FIRST, PictureReady(index=1, data=b"fox"), Completed()],
        ),
        ({"data": [{"url": "https://r.example/1.jpeg"}, {}]}, [FIRST, (1, K.UNKNOWN), Completed()]),
    ],
)
def test_decode(body: Any, events: list[object]) -> None:
    """Every picture is yielded; fewer than requested is no error."""
    assert comparable(decode("uniall", answer(body, x_request_id="r"))) == [Started(trace="r"), *events]


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (200, {"data": []}, (K.EMPTY, False, False)),
        (200, b"<html>welcome</html>", (K.UNKNOWN, False, False)),
        (400, {"detail": "bad size"}, (K.REQUEST, True, False)),
        (400, {"error": {"message": "the url is not reachable", "type": "invalid_request_error"}}, (K.REQUEST, True, False)),
        (400, {"error": {"message": "InputTextSensitiveContentDetected", "code": None}}, (K.POLICY_TEXT, True, False)),
        (401, {"error": {"message": "invalid token"}}, (K.AUTH, True, False)),
        (402, b"", (K.BALANCE, True, False)),
        (429, b"", (K.RATE, True, True)),
        (500, {"error": "oops"}, (K.UPSTREAM, False, False)),
        (504, b"<html>timeout</html>", (K.UPSTREAM, False, False)),
    ],
)
def test_failures(status: int, body: Any, failure: tuple[str, bool, bool]) -> None:
    """The gateway's errors are not documented: the model's own codes decide, then the status."""
    with pytest.raises(UpstreamError) as caught:
        decode("uniall", answer(body, status=status))

    assert classification(caught.value) == failure
