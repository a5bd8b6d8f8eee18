"""Answers of gateways with tasks: the submission, and the record that a task is looked up by."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, assert_never

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.upstream.contract import Completed, PictureMissing, PictureReady, UpstreamEvent
from bot.upstream.decoding.failures import DecodeContext, Fault, describe, describe_ended, read_fault
from bot.upstream.decoding.picture_list import bare_picture, no_picture, read_object, read_pictures
from bot.upstream.decoding.reported import NOT_SAID, Billed
from bot.upstream.transport.http_messages import Answer
from bot.values import dataclass

TaskState = Literal["pending", "done", "failed"]
DONE = frozenset({"succeeded", "success", "completed", "complete", "finished"})
FAILED = frozenset({"failed", "error", "cancelled", "canceled", "rejected"})


@dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """What a dialect finds in a task's record. `state` None: the record does not say, so a picture means that it is done."""

    state: TaskState | None
    pictures: Any = None
    """The pictures as JSON: a list, a single one, or something that holds none."""
    billed: Billed = NOT_SAID
    fault: Fault | None = None


ReadRecord = Callable[[Mapping[str, Any]], TaskRecord]


@dataclass(frozen=True, kw_only=True)
class TaskOutcome:
    """How a task ended: with events, or with a failure."""

    events: tuple[UpstreamEvent, ...] = ()
    failure: UpstreamError | None = None


@dataclass(frozen=True, kw_only=True)
class TaskAccepted:
    """The answer to a submission that the gateway accepted: an id to look the task up by, its outcome already, or both."""

    task: TaskId | None = None
    outcome: TaskOutcome | None = None
    trace: str | None = None
    """The gateway's own id of the exchange, where the body gives one."""


def decode_submission(answer: Answer, read_record: ReadRecord, context: DecodeContext) -> TaskAccepted:
    """Raises UpstreamError where the work was refused, or where the answer does not show whether it was accepted."""
    if (bare := bare_picture(answer)) is not None:
        return TaskAccepted(outcome=TaskOutcome(events=(bare, Completed())))
    body = read_object(answer, context)
    task = _task_id(body.get("task_id")) or _task_id(body.get("id"))
    outcome = _outcome(read_record(body), context)
    if task is None and (outcome is None or outcome.failure is not None):
        fault = read_fault(body)
        raise _neither_task_nor_picture() if fault is None else describe(fault, context, status=answer.status)
    trace = body.get("trace_id")
    return TaskAccepted(task=task, outcome=outcome, trace=trace if isinstance(trace, str) else None)


def decode_record(
    answer: Answer, read_record: ReadRecord, context: DecodeContext, *, keys: frozenset[str] = frozenset()
) -> TaskOutcome | None:
    """A task's outcome, None while it runs. `keys`: a record has one of these, an error has none; empty: any body is a record.

    Raises UpstreamError where the question was not answered.
    """
    # Here 404 is about the task, not about the model.
    faults = replace(context.faults, statuses={**context.faults.statuses, 404: UpstreamKind.TASK_LOST})
    context = replace(context, faults=faults)
    body = read_object(answer, context)
    if keys and not keys & body.keys():
        if not body:
            raise UpstreamError(UpstreamKind.TASK_LOST, certain=False, detail="the gateway knows no such task")
        fault = read_fault(body)
        if fault is not None:
            raise describe(fault, context, status=answer.status)
    return _outcome(read_record(body), context)


def _outcome(record: TaskRecord, context: DecodeContext) -> TaskOutcome | None:
    match record.state:
        case "pending":
            return None
        case "failed":
            # The gateway says that it is over, so no picture was made, whatever the error says, unless it also billed one.
            error = describe_ended(record.fault or Fault(), context)
            return TaskOutcome(failure=UpstreamError(error.kind, certain=not record.billed.pictures, detail=error.detail))
        case "done" | None:
            return _finished(record, *read_pictures(record.pictures, context))
        case _:
            assert_never(record.state)


def _finished(record: TaskRecord, pictures: tuple[PictureReady | PictureMissing, ...], surplus: int) -> TaskOutcome | None:
    if record.state is None and not any(isinstance(picture, PictureReady) for picture in pictures):
        return None
    if not pictures:
        return TaskOutcome(failure=no_picture(record.billed))
    return TaskOutcome(events=(*pictures, record.billed.completed(surplus=surplus)))


def state_of(word: Any) -> TaskState | None:  # noqa: ANN401  # JSON
    """The state for a gateway's status; an unknown status counts as queued. None without a status."""
    name = word.strip().lower() if isinstance(word, str) else ""
    if not name:
        return None
    return "done" if name in DONE else "failed" if name in FAILED else "pending"


def _task_id(value: Any) -> TaskId | None:  # noqa: ANN401  # JSON
    """A gateway's id of a task; some gateways use numbers."""
    given = isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip()
    return TaskId(str(value)) if given else None


def _neither_task_nor_picture() -> UpstreamError:
    """A success without an id or an image: the gateway may still have accepted the work."""
    return UpstreamError(UpstreamKind.UNKNOWN, certain=False, detail="the answer holds neither a task nor a picture")
