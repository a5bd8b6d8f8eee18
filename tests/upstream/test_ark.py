"""Ark's wire format, the official one: requests, answers, streams and errors."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import GatewayName, ModelName
from bot.requests.request import Pixels, Request
from bot.upstream.contract import Completed, PictureReady, Started, UpstreamEvent
from bot.upstream.decoding.picture_stream import StreamDecoder
from bot.upstream.dialects.table import encode
from bot.upstream.transport.http_messages import Answer, HttpRequest
from bot.upstream.transport.lines import server_sent_events
from bot.upstream.transport.spool import Spools
from tests.fakes.dialects import MOST_PICTURES, answer, comparable, context, decode

K = UpstreamKind
PLAIN = Request(
    gateway=GatewayName("ark"),
    dialect="ark_intl",
    model=ModelName("5.0-lite"),
    model_id="seedream-5-0-260128",
    prompt="a fox",
    count=1,
    size="2K",
    references=(),
    mode="sync",
    watermark=False,
)
BODY = {"model": "seedream-5-0-260128", "prompt": "a fox", "size": "2K", "response_format": "url", "watermark": False}
SET_OF_4 = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 4}}
FOX = base64.b64encode(b"fox").decode()

# A request, its references, and the fields that differ from the plain body.
ENCODED: list[tuple[Request, list[str], dict[str, Any]]] = [
    (PLAIN, [], {}),
    (replace(PLAIN, size=Pixels(width=2848, height=1600)), [], {"size": "2848x1600"}),
    (replace(PLAIN, count=4), [], SET_OF_4),
    (replace(PLAIN, count=4, mode="stream"), [], {**SET_OF_4, "stream": True}),
    (replace(PLAIN, mode="stream"), [], {"stream": True}),
    (replace(PLAIN, watermark=True), [], {"watermark": True}),
    (replace(PLAIN, format="png"), [], {"output_format": "png"}),
    (replace(PLAIN, search=True), [], {"tools": [{"type": "web_search"}]}),
    (replace(PLAIN, prompt_mode="fast"), [], {"optimize_prompt_options": {"mode": "fast"}}),
    (PLAIN, ["https://e.com/1.png"], {"image": "https://e.com/1.png"}),
    (PLAIN, ["https://e.com/1.png", "data:image/png;base64,AA"], {"image": ["https://e.com/1.png", "data:image/png;base64,AA"]}),
    (replace(PLAIN, model_id="ep-1"), [], {"model": "ep-1"}),
]


@pytest.mark.parametrize(("request_", "references", "overrides"), ENCODED)
def test_encode(request_: Request, references: list[str], overrides: dict[str, Any]) -> None:
    """Every requested field is sent, and no other."""
    accept = "text/event-stream" if request_.mode == "stream" else "application/json"
    expected = HttpRequest(method="POST", path="/images/generations", accept=accept, body={**BODY, **overrides})

    assert encode(request_, references) == expected


def test_an_unset_watermark_is_not_sent() -> None:
    """Where the watermark cannot be chosen, the body has no field for it."""
    body = encode(replace(PLAIN, watermark=None), []).body

    assert body is not None
    assert "watermark" not in body


ONE = {"url": "https://r.example/1.jpeg", "size": "2048x2048"}
TWO = {"url": "https://r.example/2.jpeg", "size": "2048x2048"}
WITHHELD = {"error": {"code": "OutputImageSensitiveContentDetected", "message": "m"}}
SQUARE = Pixels(width=2048, height=2048)
FIRST = PictureReady(index=0, address="https://r.example/1.jpeg", size=SQUARE)
SECOND = PictureReady(index=1, address="https://r.example/2.jpeg", size=SQUARE)
USAGE = {"generated_images": 1, "output_tokens": 16384, "total_tokens": 16384}

# The body of an answer, and its events.
DECODED: list[tuple[Any, list[object]]] = [
    ({"data": [ONE], "usage": USAGE}, [FIRST, Completed(billed=1)]),
    ({"data": [ONE, TWO]}, [FIRST, SECOND, Completed()]),
    ({"data": [ONE, WITHHELD], "usage": USAGE}, [FIRST, (1, K.POLICY_OUTPUT), Completed(billed=1)]),
    ({"data": [WITHHELD], "usage": {"generated_images": 0}}, [(0, K.POLICY_OUTPUT), Completed(billed=0)]),
    (
        {"data": [ONE, {"error": {"code": "InternalServiceError", "message": "m"}}]},
        [FIRST, (1, K.UPSTREAM), Completed()],
    ),
    ({"data": [ONE, {"error": {"code": "Odd"}}]}, [FIRST, (1, K.UPSTREAM), Completed()]),
    ({"data": [{"b64_json": FOX}]}, [PictureReady(index=0, data=b"fox"), Completed()]),
    ({"data": [{"url": f"data:image/png;base64,{FOX}"}]}, [PictureReady(index=0, data=b"fox"), Completed()]),
    ({"data": [{"b64_json": "not base64!"}, TWO]}, [(0, K.UNKNOWN), SECOND, Completed()]),
    ({"data": [{}, TWO, None, "x", {"url": ""}]}, [(0, K.UNKNOWN), SECOND, *[(i, K.UNKNOWN) for i in (2, 3, 4)], Completed()]),
    ({"data": ONE}, [FIRST, Completed()]),
    ({"data": [ONE], "error": {"code": "InternalServiceError"}}, [FIRST, Completed()]),
    ({"data": [ONE], "usage": {"generated_images": "1"}}, [FIRST, Completed()]),
    ({"data": [ONE], "usage": {"generated_images": True}}, [FIRST, Completed()]),
    ({"data": [ONE], "usage": {"generated_images": -1}}, [FIRST, Completed()]),
    ({"data": [ONE], "usage": None}, [FIRST, Completed()]),
]


@pytest.mark.parametrize(("body", "events"), DECODED)
def test_decode(body: Any, events: list[object]) -> None:
    """Pictures in order, missing pictures with the kind of their error, and the billed count if the answer has one."""
    assert comparable(decode("ark_intl", answer(body, x_request_id="r1"))) == [Started(trace="r1"), *events]


def test_pictures_beyond_the_most_are_counted() -> None:
    """They are not read, in whatever form they come; what was not made does not count."""
    *events, completed = decode("ark_intl", answer({"data": [TWO] * 20 + [{"b64_json": "?"}, WITHHELD]}))

    assert sum(isinstance(event, PictureReady) for event in events) == MOST_PICTURES
    assert completed == Completed(surplus=20 + 1 - MOST_PICTURES)


async def test_streamed_pictures_beyond_the_most_are_counted() -> None:
    """Neither their addresses nor their base64 are read, and an index is no way around it."""
    inline = "".join(sse("partial_succeeded", image_index=500 + index, b64_json=FOX) for index in range(30))
    text = "".join(map(ready, range(40))) + inline + failed(900, "OutputImageRiskDetection") + DONE

    events, decoder, error = await decode_stream(text)

    assert (decoder.finished, error) == (True, None)
    assert [event.index for event in events if isinstance(event, PictureReady)] == list(range(MOST_PICTURES))
    assert events[-1] == Completed(surplus=40 + 30 - MOST_PICTURES)


@pytest.mark.parametrize(
    ("body", "kind", "certain"),
    [
        ({"data": []}, K.EMPTY, False),
        ({}, K.EMPTY, False),
        ({"data": None, "usage": {"generated_images": 0}}, K.EMPTY, True),
        ({"data": [], "usage": {"generated_images": 2}}, K.EMPTY, False),
        ({"error": {"code": "InputTextSensitiveContentDetected", "message": "m"}}, K.POLICY_TEXT, True),
        ({"error": {"code": "ModelAccountIpmRateLimitExceeded"}, "data": []}, K.RATE, True),
        ({"error": {"code": "InternalServiceError"}, "data": []}, K.UPSTREAM, False),
        ({"error": "what", "data": [WITHHELD]}, K.UNKNOWN, False),
        ([], K.UNKNOWN, False),
        ("fox", K.UNKNOWN, False),
    ],
)
def test_a_success_without_a_picture(body: Any, kind: UpstreamKind, certain: bool) -> None:
    """A known refusal, or a bill of nothing, is certain; an empty list, an internal or unknown error, or a malformed body is not."""
    with pytest.raises(UpstreamError) as caught:
        decode("ark_intl", answer(body))

    assert (caught.value.kind, caught.value.certain) == (kind, certain)


@pytest.mark.parametrize(
    "broken",
    [
        Answer(status=200, headers={}, body=b"<html>welcome</html>"),
        Answer(status=200, headers={}, body=b""),
        Answer(status=200, headers={}, body=b'{"data":[{"url"'),
        Answer(status=200, headers={}, body=b'{"data":[]}', capped=True),
    ],
)
def test_an_unreadable_success_is_uncertain(broken: Answer) -> None:
    """The request may have been billed."""
    with pytest.raises(UpstreamError) as caught:
        decode("ark_intl", broken)

    assert (caught.value.kind, caught.value.certain, caught.value.retryable) == (K.UNKNOWN, False, False)


def test_the_error_of_a_busy_gateway_has_its_retry_after() -> None:
    """The error combines the status, the code and `Retry-After`."""
    busy = answer({"error": {"code": "ServerOverloaded", "message": "m"}}, status=429, retry_after="9")

    with pytest.raises(UpstreamError) as caught:
        decode("ark_intl", busy)

    assert (caught.value.kind, caught.value.retryable, caught.value.retry_after_s) == (K.OVERLOAD, True, 9.0)


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    """In pieces that end within lines."""
    for start in range(0, len(content), 50):
        yield content[start : start + 50]


async def decode_stream(text: str) -> tuple[list[UpstreamEvent], StreamDecoder, UpstreamError | None]:
    """Decode the text of a stream: its events, the decoder, and the error that ended it."""
    events: list[UpstreamEvent] = []
    decoder = StreamDecoder(context("ark_intl"))
    try:
        async for frame in server_sent_events(chunks(text.encode()), Spools()):
            events += decoder.feed(frame)
    except UpstreamError as error:
        return events, decoder, error
    return events, decoder, None


def sse(kind: str, **fields: Any) -> str:
    return f"event: image_generation.{kind}\ndata: {json.dumps({'type': f'image_generation.{kind}', **fields})}\n\n"


def ready(index: int) -> str:
    return sse("partial_succeeded", image_index=index, url=f"https://r.example/{index + 1}.jpeg", size="2048x2048")


def failed(index: int, code: str) -> str:
    return sse("partial_failed", image_index=index, error={"code": code, "message": "m"})


DONE = "data: [DONE]\n\n"
COMPLETED = sse("completed", usage={"generated_images": 2})

# The text of a stream, its events, and whether it is finished.
STREAMED: list[tuple[str, list[object], bool]] = [
    (ready(0) + ready(1) + COMPLETED + DONE, [FIRST, SECOND, Completed(billed=2)], True),
    (ready(1) + ready(0) + COMPLETED, [SECOND, FIRST, Completed(billed=2)], True),
    (ready(0) + DONE, [FIRST, Completed()], True),
    (ready(0) + failed(1, "OutputImageRiskDetection") + COMPLETED, [FIRST, (1, K.POLICY_OUTPUT), Completed(billed=2)], True),
    (failed(0, "OutputImageRiskDetection") + ready(1) + COMPLETED, [(0, K.POLICY_OUTPUT), SECOND, Completed(billed=2)], True),
    (failed(0, "OutputImageRiskDetection") + DONE, [(0, K.POLICY_OUTPUT), Completed()], True),
    (ready(0) + failed(1, "InternalServiceError") + COMPLETED, [FIRST, (1, K.UPSTREAM), Completed(billed=2)], True),
    (ready(0) + ready(0) + failed(0, "x") + ready(1) + COMPLETED, [FIRST, SECOND, Completed(billed=2)], True),
    (ready(0) + COMPLETED + ready(1) + DONE, [FIRST, Completed(billed=2)], True),
    (sse("partial_image", partial_image_index=0, b64_json=FOX) + ready(0) + COMPLETED, [FIRST, Completed(billed=2)], True),
    (sse("partial_succeeded", image_index=0, b64_json=FOX) + DONE, [PictureReady(index=0, data=b"fox"), Completed()], True),
    (
        sse("partial_succeeded", url="https://r.example/1.jpeg", size="2048x2048") + ready(1) + DONE,
        [FIRST, SECOND, Completed()],
        True,
    ),
    (": keep-alive\n\n" + sse("begun", x=1) + "data: {broken\n\ndata: 7\n\n" + ready(0) + DONE, [FIRST, Completed()], True),
    (ready(0) + sse("completed", error={"code": "InternalServiceError"}), [FIRST, Completed()], True),
    (
        'event: image_generation.partial_succeeded\ndata: {"url": "https://r.example/1.jpeg", "size": "2048x2048"}\n\n' + DONE,
        [FIRST, Completed()],
        True,
    ),
    # A known error after a picture finishes the stream: the set is short, but its outcome is certain.
    (ready(0) + 'event: error\ndata: {"error":{"code":"ServerOverloaded"}}\n\n', [FIRST, (1, K.OVERLOAD), Completed()], True),
    # The connection was lost.
    (ready(0), [FIRST], False),
    (ready(0) + 'data: {"type":"image_generation.comple', [FIRST], False),
    ("", [], False),
]


@pytest.mark.parametrize(("text", "events", "finished"), STREAMED)
async def test_a_stream(text: str, events: list[object], finished: bool) -> None:
    """A stream is finished by `completed`, `[DONE]` or a known error, and not by a failed picture."""
    decoded, decoder, error = await decode_stream(text)

    assert (comparable(decoded), decoder.finished, error) == (events, finished, None)


@pytest.mark.parametrize(
    ("text", "events", "kind", "certain", "retryable"),
    [
        ('event: error\ndata: {"error":{"code":"InputTextSensitiveContentDetected"}}\n\n', [], K.POLICY_TEXT, True, False),
        ('data: {"error":{"code":"ModelAccountIpmRateLimitExceeded"}}\n\n', [], K.RATE, True, True),
        ('data: {"error":{"code":"InternalServiceError"}}\n\n', [], K.UPSTREAM, False, False),
        ('event: error\ndata: {"message":"what"}\n\n', [], K.UNKNOWN, False, False),
        (ready(0) + 'event: error\ndata: {"error":"what"}\n\n', [FIRST], K.UNKNOWN, False, False),
        (sse("completed", error={"code": "OutputImageRiskDetection"}), [], K.POLICY_OUTPUT, True, False),
        (sse("completed", usage={"generated_images": 0}), [], K.EMPTY, True, False),
        (sse("completed", usage={"generated_images": 1}), [], K.EMPTY, False, False),
        (DONE, [], K.EMPTY, False, False),
    ],
)
async def test_a_failed_stream(text: str, events: list[object], kind: UpstreamKind, certain: bool, retryable: bool) -> None:
    """An error for the whole request is raised after the events before it."""
    decoded, decoder, error = await decode_stream(text)

    assert error is not None
    assert (comparable(decoded), error.kind, error.certain, error.retryable) == (events, kind, certain, retryable)
    assert not decoder.finished
