"""sinancode (docs.sinancode.com, "API reference"): tasks only, and an upload service for references."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.contract import StoredFile
from bot.upstream.decoding.failures import read_fault
from bot.upstream.decoding.tasks import TaskRecord, state_of
from bot.upstream.dialect import NO_TASK, Dialect, TaskFormat, UploadFormat
from bot.upstream.transport.http_messages import HttpRequest

PATH = "/generate/vol/seedream"
UPLOAD_PATH = "/api/upload/file"


def encode(request: Request, references: Sequence[str]) -> HttpRequest:
    """The cap is always sent: the vendor's pages disagree about what happens without it."""
    body: dict[str, Any] = {"prompt": request.prompt, "version": request.model_id}
    if references:
        body["images"] = list(references)
    body["max_images"] = request.wanted
    body["size"] = str(request.size)
    return HttpRequest(method="POST", path=PATH, body=body)


def encode_query(task: TaskId) -> HttpRequest:
    return HttpRequest(method="GET", path=f"/tasks/{quote(task, safe='')}")


def read_record(record: Mapping[str, Any]) -> TaskRecord:
    """An older page shows the result in the answer to the submission, without a status and as bare addresses."""
    result = record.get("result") or record.get("data")
    return TaskRecord(
        state=state_of(record.get("status")),
        pictures=[result] if isinstance(result, str) else result,
        fault=read_fault(record),
    )


def encode_upload(file: StoredFile, *, boundary: str) -> HttpRequest:
    """A multipart form with one file."""
    name = f"reference.{file.media_type.partition('/')[2]}"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {file.media_type}\r\n\r\n'
    return HttpRequest(
        method="POST",
        path=UPLOAD_PATH,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        content=(head.encode(), file.path, f"\r\n--{boundary}--\r\n".encode()),
    )


SINANCODE = Dialect(
    encode=encode,
    free_call=encode_query(NO_TASK),
    tasks=TaskFormat(encode_query=encode_query, read_record=read_record),
    upload=UploadFormat(encode=encode_upload, address_field="url"),
)
