"""Parses an aiohttp request into an `ApiCall`: JSON, a form, or `payload_json` and `files[n]` parts, at most 25 MiB in all."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import content_disposition_filename, parse_content_disposition, web

from sandbox.discord.attachments.factory import Upload
from sandbox.discord.errors import ApiError, api_error, invalid_form_body
from sandbox.discord.rest.routing import ApiCall

MOST_BYTES = 25 * 1024 * 1024
_MOST_READ_BYTES = 100 * 1024 * 1024  # above this, the proxy in front of Discord answers, in HTML
_FILE_PART = re.compile(r"files\[(\d+)\]")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')


class RequestTooLargeError(Exception):
    """The request is so large that the proxy in front of Discord refuses it."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a multipart body; `filename` is None for a plain field."""

    name: str
    filename: str | None
    content: bytes


async def read_call(request: web.Request, path: str) -> tuple[ApiCall, ApiError | None]:
    """Parse a request. If the body cannot be read, return the error beside what is known of the call."""
    content_type = request.headers.get("Content-Type", "")
    call = ApiCall(
        method=request.method,
        path=path,
        query=dict(request.query),
        content_type=request.content_type if content_type else "",
    )
    raw, size = await _read_all(request)
    if request.content_type.startswith("multipart/"):
        found = _BOUNDARY.search(content_type)
        return _from_parts(call, split_parts(raw, found[1] if found else ""), too_large=size > MOST_BYTES)
    if not raw:
        return call, None
    if size > MOST_BYTES:
        return call, api_error(40005)
    if request.content_type == "application/x-www-form-urlencoded":
        return _from_form(call, raw)
    if request.content_type != "application/json":
        message = 'Expected "Content-Type" header to be one of {"application/json"}.'
        return call, invalid_form_body("", "CONTENT_TYPE_INVALID", message)
    try:
        return replace(call, payload=json.loads(raw)), None
    except ValueError:
        return call, api_error(50109)


def _from_form(call: ApiCall, raw: bytes) -> tuple[ApiCall, ApiError | None]:
    """Read a form, which may hold the whole body as JSON in `payload_json`."""
    fields = dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
    if "payload_json" not in fields:
        return replace(call, payload=fields), None
    try:
        return replace(call, payload=json.loads(fields["payload_json"])), None
    except ValueError:
        return call, api_error(50109)


async def _read_all(request: web.Request) -> tuple[bytes, int]:
    """Read the whole body, however large: a client learns of an error only after it has sent everything."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size <= _MOST_READ_BYTES:
            chunks.append(chunk)
    if size > _MOST_READ_BYTES:
        raise RequestTooLargeError
    return b"".join(chunks), size


def split_parts(body: bytes, boundary: str) -> list[Part]:
    """Split a multipart body into its parts."""
    parts: list[Part] = []
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        if separator:
            line = next(
                (one for one in head.decode(errors="replace").split("\r\n") if one.lower().startswith("content-disposition:")), ""
            )
            _, fields = parse_content_disposition(line.partition(":")[2].strip())
            filename = content_disposition_filename(fields, "filename")
            parts.append(Part(name=fields.get("name", ""), filename=filename, content=content))
    return parts


def _from_parts(call: ApiCall, parts: list[Part], *, too_large: bool) -> tuple[ApiCall, ApiError | None]:
    payload: Any = None
    uploads: list[Upload] = []
    error: ApiError | None = None
    for part in parts:
        if found := _FILE_PART.fullmatch(part.name):
            uploads.append(Upload(index=found[1], filename=part.filename or "unknown", content=part.content))
        elif part.name == "payload_json":
            try:
                payload = json.loads(part.content)
            except ValueError:
                error = api_error(50109)
        else:
            error = invalid_form_body(part.name or "file", "ATTACHMENT_NOT_FOUND", "Files are sent in parts named files[n]")
    if len({upload.index for upload in uploads}) != len(uploads):
        error = invalid_form_body("attachments", "ATTACHMENT_NOT_FOUND", "Two parts bear one name")
    if too_large:
        uploads, error = [], api_error(40005)
    names = tuple(part.name for part in parts)
    return replace(call, payload=payload, uploads=tuple(uploads), parts=names), error
