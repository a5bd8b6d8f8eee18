"""Streams a set of pictures while it is made: one frame a picture, then a closing frame."""

import json
from collections.abc import Callable

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.image_maker import Generation, ImageMaker
from sandbox.gateways.responses import FailedPicture, Outcome

STREAM_FAULTS = frozenset({"cut", "ended", "no-completed", "no-last-line"})
"""`cut` and `ended` end the connection or the stream after the first picture, and no more are made; the others omit the closing frame."""


def encode_sse(frame: JsonObject) -> bytes:
    """Encode a frame as a server-sent event."""
    return f"event: {frame.get('type', 'error')}\ndata: {json.dumps(frame)}\n\n".encode()


def encode_ndjson(frame: JsonObject) -> bytes:
    """Encode a frame as a line of NDJSON."""
    return json.dumps(frame).encode() + b"\n"


async def stream_pictures(
    request: web.Request,
    response: web.StreamResponse,
    generation: Generation,
    *,
    image_maker: ImageMaker,
    head: JsonObject,
    item: Callable[[Outcome], JsonObject],
    encode: Callable[[JsonObject], bytes],
    fault: str,
) -> bool:
    """Stream a set and return whether it was sent to its end. A client that disconnects stops neither the work nor the bill."""
    await _write(response, request, b"")
    async for index, picture in image_maker.make(generation):
        kind = "partial_failed" if isinstance(picture, FailedPicture) else "partial_succeeded"
        frame = {"type": f"image_generation.{kind}", **head, "image_index": index, **item(picture)}
        await _write(response, request, encode(frame))
        if fault in {"cut", "ended"}:
            if fault == "cut" and request.transport is not None:
                request.transport.close()
            return False
    if fault not in {"no-completed", "no-last-line"}:
        await _write(response, request, encode({"type": "image_generation.completed", **head, **generation.summary()}))
    return True


async def write(response: web.StreamResponse, line: bytes) -> None:
    """Write to a client that may have disconnected."""
    try:
        await response.write(line)
    except ConnectionError:
        return


async def _write(response: web.StreamResponse, request: web.Request, line: bytes) -> None:
    try:
        if not response.prepared:
            await response.prepare(request)
        if line:
            await response.write(line)
    except ConnectionError:
        return
