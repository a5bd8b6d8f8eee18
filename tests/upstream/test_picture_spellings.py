"""Once the money is gone, a picture is read in whatever form a gateway sends it."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.contract import PictureMissing, PictureReady, UpstreamEvent
from bot.upstream.decoding.picture_stream import StreamDecoder
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.transport.http_messages import Frame
from tests.fakes.dialects import answer, context, decode, decode_queried, decode_submitted
from tests.fakes.pictures import picture

K = UpstreamKind
# Its base64 has both letters in which the alphabets differ, and needs two letters of padding.
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\xfb\xff\xbf" * 40 + b"."
PLAIN = base64.b64encode(PICTURE).decode()
WRAPPED = "\r\n".join(re.findall(".{1,76}", PLAIN)) + "\r\n"
ADDRESS = "https://r.example/1.jpeg?a=1&b=2"

INLINE = {
    "plain": PLAIN,
    "data URL": f"data:image/png;base64,{PLAIN}",
    "data URL of another type": f"DATA:text/plain;charset=utf-8;base64,{PLAIN}",
    "data URL without base64": "data:image/png," + "".join(f"%{byte:02X}" for byte in PICTURE),
    "line break at its end": f"{PLAIN}\n",
    "wrapped": WRAPPED,
    "wrapped data URL": f" data:image/png;base64,\n{WRAPPED}",
    "no padding": PLAIN.rstrip("="),
    "half the padding": PLAIN.rstrip("=") + "=",
    "too much padding": f"{PLAIN}==",
    "URL alphabet": base64.urlsafe_b64encode(PICTURE).decode(),
    "URL alphabet without padding": base64.urlsafe_b64encode(PICTURE).decode().rstrip("="),
    "percent signs": PLAIN.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
}
ADDRESSES = [ADDRESS, f" {ADDRESS}", f"{ADDRESS}\n", f"\t{ADDRESS} \r\n", ADDRESS.replace("https", "HTTPS")]
Wrap = Callable[[str], Any]
ITEMS: dict[str, Wrap] = {
    "b64_json": lambda text: {"b64_json": text},
    "url": lambda text: {"url": text},
    "image_url": lambda text: {"image_url": text},
    "object": lambda text: {"image_url": {"url": text}},
    "bare": lambda text: text,
}


def in_list(dialect: str, item: Any) -> tuple[UpstreamEvent, ...]:
    return decode(dialect, answer({"data": [item]}))


def in_stream(dialect: str, item: Any) -> tuple[UpstreamEvent, ...]:
    fields = item if isinstance(item, dict) else {"url": item}
    frame = {"type": "image_generation.partial_succeeded", "image_index": 0, **fields}
    return StreamDecoder(context(dialect)).feed(Frame(event="", data=json.dumps(frame).encode()))


def in_task(dialect: str, item: Any) -> tuple[UpstreamEvent, ...]:
    record = {"id": "t1", "status": "completed", "result": [item], "response": {"data": [item]}}
    outcome = decode_queried(dialect, answer(record))
    assert outcome is not None
    return outcome.events


def in_submission(dialect: str, item: Any) -> tuple[UpstreamEvent, ...]:
    outcome = decode_submitted(dialect, answer({"data": [item]})).outcome
    assert outcome is not None
    return outcome.events


READERS = [
    *((dialect, in_list) for dialect in WIRE_FORMATS if WIRE_FORMATS[dialect].tasks is None),
    *((dialect, in_stream) for dialect in WIRE_FORMATS if WIRE_FORMATS[dialect].stream is not None),
    *((dialect, read) for dialect in ("acedata", "sinancode") for read in (in_task, in_submission)),
]


@pytest.mark.parametrize(("dialect", "read"), READERS)
@pytest.mark.parametrize("spelling", INLINE)
def test_a_picture_inside_an_answer(dialect: str, read: Callable[[str, Any], tuple[UpstreamEvent, ...]], spelling: str) -> None:
    """In every field, every spelling, every mode and every dialect."""
    for item in ITEMS.values():
        assert PictureReady(index=0, data=PICTURE) in read(dialect, item(INLINE[spelling]))


@pytest.mark.parametrize(("dialect", "read"), READERS)
def test_an_address(dialect: str, read: Callable[[str, Any], tuple[UpstreamEvent, ...]]) -> None:
    """White space around it does not belong to it."""
    for text in ADDRESSES:
        for item in ITEMS.values():
            assert PictureReady(index=0, address=text.strip()) in read(dialect, item(text))


def test_an_address_without_a_scheme() -> None:
    """It is completed."""
    assert PictureReady(index=0, address="https://r.example/1") in in_list("ark_intl", {"url": "//r.example/1"})


@pytest.mark.parametrize(("dialect", "read"), [reader for reader in READERS if reader[1] is not in_submission])
@pytest.mark.parametrize(
    "item", [{"b64_json": "no base64!"}, {"b64_json": ""}, {"url": "x"}, {"url": "/1.png"}, {"b64_json": 7}, {}]
)
def test_what_is_no_picture(dialect: str, read: Callable[[str, Any], tuple[UpstreamEvent, ...]], item: Any) -> None:
    """It is missing, and not certain to be free."""
    events = read(dialect, item)

    (missing,) = [event for event in events if isinstance(event, PictureMissing)]
    assert (missing.index, missing.error.kind, missing.error.certain) == (0, K.UNKNOWN, False)
    assert not any(isinstance(event, PictureReady) for event in events)


@pytest.mark.parametrize("dialect", WIRE_FORMATS)
def test_an_answer_that_is_the_picture(dialect: str) -> None:
    """Instead of JSON, whatever its type is said to be."""
    response = answer(picture(), content_type="application/json")

    if WIRE_FORMATS[dialect].tasks is None:
        assert PictureReady(index=0, data=picture()) in decode(dialect, response)
    else:
        outcome = decode_submitted(dialect, response).outcome
        assert outcome is not None
        assert PictureReady(index=0, data=picture()) in outcome.events


@pytest.mark.parametrize("dialect", WIRE_FORMATS)
@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": None}, {"data": 7}, {"created": 1}, {"images": []}])
def test_a_success_that_holds_nothing_is_not_free(dialect: str, body: Any) -> None:
    """Only a bill of nothing says so."""
    with pytest.raises(UpstreamError) as caught:
        _ = decode(dialect, answer(body)) if WIRE_FORMATS[dialect].tasks is None else decode_submitted(dialect, answer(body))

    assert not caught.value.certain


def test_a_complete_answer_in_the_place_of_a_frame() -> None:
    """It finishes the stream."""
    decoder = StreamDecoder(context("ark_intl"))

    events = decoder.feed(Frame(event="", data=json.dumps({"data": [{"url": ADDRESS}]}).encode()))

    assert PictureReady(index=0, address=ADDRESS) in events
    assert decoder.finished
