"""Bodies of requests: pictures are sent from disk, in pieces, as if they stood in the JSON."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.profiles import profile
from bot.errors import UpstreamError, UpstreamKind
from bot.upstream.contract import StoredFile, Upstream, WireReference
from bot.upstream.dialects.table import WIRE_FORMATS, encode
from bot.upstream.gateway_upstream import open_upstream
from bot.upstream.transport.http_messages import HttpRequest
from bot.upstream.transport.request_body import READ_BYTES, FilePart, RequestBody, build_body
from tests.fakes.dialects import classification, plain, settings
from tests.fakes.exchange import FAST
from tests.fakes.upstream import unheard
from tests.fakes.wire import Wire, answers_json, opened

PICTURE_ANSWER = answers_json({"task_id": "t1", "data": [{"url": "https://r.example/1.jpeg"}]})


@asynccontextmanager
async def opened_gateway(dialect: str) -> AsyncIterator[tuple[Wire, Upstream]]:
    async with opened(PICTURE_ANSWER) as wire:
        configured = settings(dialect, base_url=wire.url())
        upstream = open_upstream(configured, profile(configured), timeouts=FAST)
        try:
            yield wire, upstream
        finally:
            await upstream.close()


def stored(folder: Path, name: str, content: bytes) -> StoredFile:
    file = StoredFile(path=folder / name, media_type="image/png")
    file.path.write_bytes(content)
    return file


def sent_body(request: bytes) -> Any:
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert b"transfer-encoding" not in head.lower()
    return json.loads(body)


@pytest.mark.parametrize("dialect", WIRE_FORMATS)
async def test_a_file_is_sent_as_its_data_url(tmp_path: Path, dialect: str) -> None:
    """In every dialect the body is what it would be with data URLs in memory, and its length is announced."""
    sizes = (0, 1, 2, 3, READ_BYTES - 1, READ_BYTES, 3 * READ_BYTES + 7)
    contents = [bytes(number % 251 for number in range(size)) for size in sizes]
    files: list[WireReference] = [stored(tmp_path, str(number), content) for number, content in enumerate(contents)]
    urls = [f"data:image/png;base64,{base64.b64encode(content).decode()}" for content in contents]
    address = "https://e.com/a.png"

    async with opened_gateway(dialect) as (wire, upstream):
        request = plain(dialect)
        _ = [event async for event in upstream.submit(request, [files[0], address, *files[1:]], on_sending=unheard)]

    assert sent_body(wire.requests[0]) == encode(request, [urls[0], address, *urls[1:]]).body


async def test_no_piece_is_larger_than_one_read(tmp_path: Path) -> None:
    """However large the file is."""
    file = stored(tmp_path, "large", bytes(20 * READ_BYTES))
    call = HttpRequest(method="POST", path="/", body={"image": "data:,NAME"}, files={"NAME": file.path})
    body = await build_body(call)
    assert body is not None

    pieces = [len(piece) async for piece in body]

    assert (len(pieces), max(pieces), sum(pieces)) == (22, READ_BYTES // 3 * 4, body.length)


async def test_a_missing_file_costs_nothing(tmp_path: Path) -> None:
    """It is noticed before anything is sent."""
    async with opened_gateway("ark_intl") as (wire, upstream):
        with pytest.raises(UpstreamError) as caught:
            _ = [
                event
                async for event in upstream.submit(
                    plain("ark_intl"), [StoredFile(path=tmp_path / "x", media_type="a/b")], on_sending=unheard
                )
            ]

    assert (classification(caught.value), wire.connections) == ((UpstreamKind.INTERNAL, True, False), 0)


async def test_a_file_that_shrinks_is_not_padded(tmp_path: Path) -> None:
    """The gateway gets an incomplete request, which it cannot accept."""
    file = stored(tmp_path, "x", b"fox")
    body = RequestBody(parts=(FilePart(path=file.path, size_bytes=4, as_base64=False),))

    with pytest.raises(OSError, match="shorter"):
        _ = [piece async for piece in body]


async def test_a_prompt_cannot_name_a_file(tmp_path: Path) -> None:
    """The names of the places that files are sent in are made anew for each call."""
    file = stored(tmp_path, "x", b"secret")
    async with opened_gateway("ark_intl") as (wire, upstream):
        for _ in range(2):
            _ = [
                event
                async for event in upstream.submit(
                    plain("ark_intl", prompt="data:image/png;base64,0123"), [file], on_sending=unheard
                )
            ]

    bodies = [sent_body(request) for request in wire.requests]
    assert [body["prompt"] for body in bodies] == ["data:image/png;base64,0123"] * 2
    assert bodies[0]["image"] == bodies[1]["image"] == "data:image/png;base64,c2VjcmV0"
