"""A set as it is made: one frame a picture, then the closing frame, in whatever lines a dialect writes frames."""

import json
from collections.abc import Callable

from aiohttp import web

from sandbox.gateways.answers import FailedPicture, MadePicture
from sandbox.gateways.image_maker import Studio, Work
from sandbox.stage import JsonObject

CUT = frozenset({"cut", "ended", "no-completed", "no-last-line"})
"""Faults of a stream: the connection ends after the first picture, the stream does (and no more is made), or the closing frame lacks."""


def as_event(frame: JsonObject) -> bytes:
    """A frame as a server-sent event."""
    return f"event: {frame.get('type', 'error')}\ndata: {json.dumps(frame)}\n\n".encode()


def as_line(frame: JsonObject) -> bytes:
    """A frame as a line of NDJSON."""
    return json.dumps(frame).encode() + b"\n"


async def stream_set(
    request: web.Request,
    response: web.StreamResponse,
    work: Work,
    *,
    studio: Studio,
    head: JsonObject,
    item: Callable[[MadePicture | FailedPicture], JsonObject],
    encode: Callable[[JsonObject], bytes],
    fault: str,
) -> bool:
    """Write a set frame by frame; whether it went to its end. A caller that leaves does not stop the work or the bill."""
    await _write(response, request, b"")
    async for index, picture in studio.make(work):
        kind = "partial_failed" if isinstance(picture, FailedPicture) else "partial_succeeded"
        frame = {"type": f"image_generation.{kind}", **head, "image_index": index, **item(picture)}
        await _write(response, request, encode(frame))
        if fault in {"cut", "ended"}:
            if fault == "cut" and request.transport is not None:
                request.transport.close()
            return False
    if fault not in {"no-completed", "no-last-line"}:
        await _write(response, request, encode({"type": "image_generation.completed", **head, **work.closing()}))
    return True


async def write(response: web.StreamResponse, line: bytes) -> None:
    """Write to somebody who may have left."""
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
