"""sinancode (`facts/upstreams.md` 5): tasks, and an upload service for references. Encode and decode are pure."""

import secrets as random_secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bot.errors import CONTENT_KINDS, UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.answer import Answer
from bot.upstream.connection import GatewayConnection
from bot.upstream.contract import Call, PictureReady, UpstreamEvent
from bot.upstream.failures import ARK_FAULTS, Fault, FaultTable, describe, read_fault
from bot.upstream.modes.tasks import DONE, FAILED, Ended, Taken, TaskWire, begin, done_with, failed_by, follow, not_taken, task_of
from bot.upstream.picture_list import ADDRESS, ADDRESS_BYTES, read_object, read_pictures, room_for

PATH = "/generate/vol/seedream"
UPLOAD_PATH = "/api/upload/file"
K = UpstreamKind
QUERY_FAULTS = FaultTable(statuses={404: K.TASK_LOST})
PASSING = frozenset({K.RATE, K.OVERLOAD, K.UNREACHABLE, K.AMBIGUOUS, K.TIMEOUT, K.UPSTREAM})
"""After these an upload may succeed later."""


def encode(request: Request, references: Sequence[str]) -> Call:
    """The paid call. The cap is always said: what is made without one, the documents disagree about."""
    body: dict[str, Any] = {"prompt": request.prompt, "version": request.model_id}
    if references:
        body["images"] = list(references)
    body["max_images"] = request.count
    body["size"] = str(request.size)
    return Call(method="POST", path=PATH, body=body)


def encode_query(task: TaskId) -> Call:
    return Call(method="GET", path=f"/tasks/{quote(task, safe='')}")


def encode_upload(content: bytes, media_type: str, *, boundary: str) -> Call:
    """A multipart form with one file. `boundary` must not occur in the content."""
    name = f"reference.{media_type.partition('/')[2]}"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {media_type}\r\n\r\n'
    return Call(
        method="POST",
        path=UPLOAD_PATH,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        content=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
    )


def decode(answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> Taken:
    """What became of a submission. Raises UpstreamError."""
    body = read_object(answer, now=now, secrets=secrets)
    task = task_of(body.get("task_id")) or task_of(body.get("id"))
    ended = _ending(body, secrets)
    if task is not None or (ended is not None and ended.failure is None):
        return Taken(task=task, ended=ended)
    fault = read_fault(body)
    raise not_taken() if fault is None else describe(fault, status=answer.status, secrets=secrets)


def decode_task(answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> Ended | None:
    """A task's record, None while it runs. Raises UpstreamError where the question was not answered."""
    return _ending(read_object(answer, now=now, secrets=secrets, table=QUERY_FAULTS), secrets)


def decode_upload(answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> str:
    """Where an uploaded picture stands. Raises UpstreamError."""
    address = read_object(answer, now=now, secrets=secrets).get("url")
    if isinstance(address, str) and ADDRESS.match(address):
        return address
    raise UpstreamError(K.UPSTREAM, certain=True, detail="the upload's answer holds no address")


def _ending(record: Mapping[str, Any], secrets: tuple[str, ...]) -> Ended | None:
    """Only two words are known: any other is a place in a queue, until the deadline."""
    said = record.get("status")
    word = said.strip().lower() if isinstance(said, str) else ""
    result = record.get("result") or record.get("data")
    pictures = read_pictures([result] if isinstance(result, str) else result, secrets=secrets)
    if word in FAILED:
        fault = read_fault(record) or Fault()
        return failed_by(fault, table=ARK_FAULTS, secrets=secrets)
    if word in DONE or (not word and any(isinstance(picture, PictureReady) for picture in pictures)):
        return done_with(pictures, billed=None)
    return None


TASKS = TaskWire(decode=decode, encode_query=encode_query, decode_task=decode_task)


class SinancodeUpstream:
    """One sinancode gateway."""

    def __init__(self, connection: GatewayConnection) -> None:
        self._connection = connection

    def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent]:
        return begin(self._connection, encode(request, references), TASKS, most_bytes=room_for(request))

    def resume(self, request: Request, task: TaskId) -> AsyncGenerator[UpstreamEvent]:
        return follow(self._connection, task, TASKS, most_bytes=room_for(request))

    async def upload(self, content: bytes, media_type: str) -> str:
        service = self._connection.uploads
        if service is None:
            raise UpstreamError(K.REFERENCE, certain=True, detail="no upload service is configured")
        call = encode_upload(content, media_type, boundary=random_secrets.token_hex(24))
        try:
            answer = await service.send(call, most_bytes=ADDRESS_BYTES)
            return decode_upload(answer, now=self._connection.clock.now(), secrets=service.secrets)
        except UpstreamError as error:
            raise _before_the_call(error) from error

    async def close(self) -> None:
        await self._connection.close()


def _before_the_call(error: UpstreamError) -> UpstreamError:
    """An upload's failure: nothing has been paid for yet, whatever became of the file."""
    kind = K.UPSTREAM if error.kind is K.AMBIGUOUS else K.REFERENCE if error.kind in CONTENT_KINDS else error.kind
    return UpstreamError(
        kind,
        certain=True,
        retryable=error.kind in PASSING,
        retry_after_s=error.retry_after_s,
        detail=f"upload: {error.detail}",
    )
