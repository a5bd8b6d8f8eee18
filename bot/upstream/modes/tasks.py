"""Gateways that take work, name it, and are asked about it until it has ended. Asking is free; only the submission is paid."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.upstream.answer import Answer
from bot.upstream.connection import GatewayConnection
from bot.upstream.contract import Call, Completed, PictureMissing, PictureReady, Started, UpstreamEvent
from bot.upstream.failures import Fault, FaultTable, describe
from bot.upstream.picture_list import nothing

Pausing = Callable[[float], Awaitable[None]]
QUERY_S = 30.0
"""A question that hangs is asked again rather than waited for."""
LOST_TRIES = 3
"""A task may be shown a moment later than it was taken: it is lost when the gateway has said so this often in a row."""
DONE = frozenset({"succeeded", "success", "completed", "complete", "finished"})
FAILED = frozenset({"failed", "error", "cancelled", "canceled", "rejected"})


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A task that is over: what it brought, or why it brought nothing."""

    events: tuple[UpstreamEvent, ...] = ()
    failure: UpstreamError | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a submission was answered: a name to ask by, the end already, or both."""

    task: TaskId | None = None
    ended: Ended | None = None
    trace: str | None = None
    """The gateway's own name for the exchange, where its body says it."""


class DecodeSubmission(Protocol):
    def __call__(self, answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> Taken:
        """Raises UpstreamError where nothing was taken, or nobody can say whether it was."""
        ...


class DecodeTask(Protocol):
    def __call__(self, answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> Ended | None:
        """None while it is not over. Raises UpstreamError where the question was not answered."""
        ...


@dataclass(frozen=True, kw_only=True)
class TaskWire:
    """How one dialect speaks of tasks."""

    decode: DecodeSubmission
    encode_query: Callable[[TaskId], Call]
    decode_task: DecodeTask
    callback_field: str | None = None
    """Where a submission says by which address we want to be called."""


async def begin(connection: GatewayConnection, call: Call, wire: TaskWire, *, most_bytes: int) -> AsyncGenerator[UpstreamEvent]:
    """Make the paid call, name the task as soon as it has a name, and follow it to its end."""
    if connection.callbacks is None or wire.callback_field is None:
        submitting = _submit(connection, call, wire, most_bytes=most_bytes)
        async with aclosing(submitting) as events:
            async for event in events:
                yield event
        return
    with connection.callbacks.waiting() as waiting:
        told = replace(call, body={**(call.body or {}), wire.callback_field: waiting.address})
        pausing = partial(waiting.pause, connection.clock)
        async with aclosing(_submit(connection, told, wire, most_bytes=most_bytes, pausing=pausing)) as events:
            async for event in events:
                yield event


async def _submit(
    connection: GatewayConnection,
    call: Call,
    wire: TaskWire,
    *,
    most_bytes: int,
    pausing: Pausing | None = None,
) -> AsyncGenerator[UpstreamEvent]:
    gateway = connection.gateway
    answer = await gateway.send(call, most_bytes=most_bytes)
    taken = wire.decode(answer, now=connection.clock.now(), secrets=gateway.secrets)
    yield Started(task=taken.task, trace=answer.trace or taken.trace)
    if taken.ended is not None:
        for event in _told(taken.ended):
            yield event
    elif taken.task is not None:
        first_s = connection.polls.first_s
        following = follow(connection, taken.task, wire, most_bytes=most_bytes, first_s=first_s, pausing=pausing)
        async with aclosing(following) as events:
            async for event in events:
                yield event


async def follow(
    connection: GatewayConnection,
    task: TaskId,
    wire: TaskWire,
    *,
    most_bytes: int,
    first_s: float = 0.0,
    pausing: Pausing | None = None,
) -> AsyncGenerator[UpstreamEvent]:
    """Ask until the task has ended or its time is up; whatever goes wrong with a question but the key, it is asked again."""
    gateway, clock = connection.gateway, connection.clock
    pausing = clock.sleep if pausing is None else pausing
    query = wire.encode_query(task)
    deadline = clock.now() + connection.polls.deadline_s
    pause, lost, trouble = first_s, 0, ""
    while clock.now() + pause <= deadline:
        await pausing(pause)
        pause = connection.polls.then_s
        try:
            answer = await gateway.send(query, most_bytes=most_bytes, within_s=QUERY_S)
            ended = wire.decode_task(answer, now=clock.now(), secrets=gateway.secrets)
        except UpstreamError as error:
            lost = lost + 1 if error.kind is UpstreamKind.TASK_LOST else 0
            if error.kind is UpstreamKind.AUTH or lost == LOST_TRIES:
                raise UpstreamError(error.kind, certain=False, detail=error.detail) from error
            pause = max(pause, error.retry_after_s or 0.0)
            trouble = f", last: {error.detail}"
            continue
        lost, trouble = 0, ""
        if ended is not None:
            for event in _told(ended):
                yield event
            return
    raise UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail=f"the task did not end in time{trouble}")


def _told(ended: Ended) -> tuple[UpstreamEvent, ...]:
    if ended.failure is not None:
        raise ended.failure
    return ended.events


def done_with(pictures: tuple[PictureReady | PictureMissing, ...], *, billed: int | None) -> Ended:
    """The gateway says it is finished: with its pictures, or with none at all, which is a failure."""
    if not pictures:
        return Ended(failure=nothing(billed))
    return Ended(events=(*pictures, Completed(billed=billed)))


def failed_by(fault: Fault, *, table: FaultTable, secrets: tuple[str, ...]) -> Ended:
    """The gateway says that the task failed: that is its end, and no picture was made."""
    error = describe(fault, status=200, table=table, secrets=secrets)
    return Ended(failure=UpstreamError(error.kind, certain=True, detail=error.detail))


def task_of(value: Any) -> TaskId | None:  # noqa: ANN401  # JSON
    """A gateway's name for a task; some number theirs."""
    named = isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip()
    return TaskId(str(value)) if named else None


def not_taken() -> UpstreamError:
    """A success that names no task and shows no picture: it may have been taken all the same."""
    return UpstreamError(UpstreamKind.AMBIGUOUS, certain=False, detail="the answer holds neither a task nor a picture")
