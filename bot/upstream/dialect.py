"""A dialect: one wire format as a value, data and pure functions only. `dialects/` holds one file for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Protocol

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.contract import StoredFile, UpstreamEvent
from bot.upstream.decoding.failures import ARK_FAULTS, DecodeContext, FaultTable
from bot.upstream.decoding.picture_list import decode as decode_list
from bot.upstream.decoding.picture_list import read_object
from bot.upstream.decoding.picture_text import address_in
from bot.upstream.decoding.tasks import ReadRecord
from bot.upstream.transport.http_messages import EVENT_STREAM, Answer, HttpRequest
from bot.values import dataclass

NO_TASK = TaskId("00000000-0000-4000-8000-000000000000")
"""A task that no gateway has."""


@dataclass(frozen=True, kw_only=True)
class StreamFormat:
    """How a stream is asked for. Every dialect that streams sends Ark's events (`decoding/picture_stream.py`)."""

    fields: Mapping[str, Any]
    """Added to the body of the request."""
    accept: str = EVENT_STREAM


@dataclass(frozen=True, kw_only=True)
class TaskFormat:
    """How a task is submitted and looked up."""

    encode_query: Callable[[TaskId], HttpRequest]
    read_record: ReadRecord
    """A submission's answer is read as a record too: it may show the outcome already."""
    record_keys: frozenset[str] = frozenset()
    """A task's record has one of these keys, an error has none. Empty: any answer to a query is a record."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Added to the body of a submission to get a task instead of the result."""
    callback_field: str | None = None
    """The field of a submission for the address that the gateway is to call."""


class EncodeUpload(Protocol):
    def __call__(self, file: StoredFile, *, boundary: str) -> HttpRequest:
        """`boundary` separates the parts of a multipart form and does not occur in the file."""
        ...


@dataclass(frozen=True, kw_only=True)
class UploadFormat:
    """How a reference picture is put on the gateway's upload service. `address_field` of its answer is where the picture is."""

    encode: EncodeUpload
    address_field: str

    def decode(self, answer: Answer, context: DecodeContext) -> str:
        """The address of the uploaded picture. Raises UpstreamError."""
        given = read_object(answer, context).get(self.address_field)
        address = address_in(given) if isinstance(given, str) else None
        if address is None:
            raise UpstreamError(UpstreamKind.UNKNOWN, certain=True, detail="the upload's answer holds no address")
        return address


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One wire format. `stream`, `tasks` and `upload` are None where it has none."""

    encode: Callable[[Request, Sequence[str]], HttpRequest]
    """One paid call, for `Request.wanted` pictures in one complete answer; equal calls have equal bodies.

    The references are data URLs or addresses, in order.
    """
    free_call: HttpRequest
    """A call that costs nothing and needs a key: a list of models, or a question about a task that does not exist."""
    decode: Callable[[Answer, DecodeContext], tuple[UpstreamEvent, ...]] = decode_list
    """The events of a complete answer. Raises UpstreamError where it holds no picture."""
    faults: FaultTable = ARK_FAULTS
    stream: StreamFormat | None = None
    tasks: TaskFormat | None = None
    upload: UploadFormat | None = None

    def encode_paid_call(self, request: Request, references: Sequence[str]) -> HttpRequest:
        """The paid call in the request's mode."""
        encoded = self.encode(request, references)
        if request.mode == "stream" and self.stream is not None:
            return replace(encoded, accept=self.stream.accept, body={**(encoded.body or {}), **self.stream.fields})
        if request.mode == "async" and self.tasks is not None:
            return replace(encoded, body={**(encoded.body or {}), **self.tasks.fields})
        return encoded
