"""Gateways that accept work as a task and are polled until it ends. Polling is free; only the submission is paid."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, aclosing
from dataclasses import replace
from functools import partial

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.requests.request import Request
from bot.upstream.contract import Started, UpstreamEvent
from bot.upstream.decoding.failures import FaultTable
from bot.upstream.decoding.tasks import TaskOutcome, decode_record, decode_submission
from bot.upstream.dialect import TaskFormat
from bot.upstream.modes.connection import GatewayConnection, decode_aside
from bot.upstream.transport.http_messages import MOST_ANSWER_BYTES, HttpRequest

Pause = Callable[[float], Awaitable[None]]
QUERY_S = 30.0
"""A query that hangs is abandoned and repeated."""
LOST_TRIES = 3
"""A task may be visible a moment later than it was accepted: it is lost when this many queries in a row did not find it."""


class TaskClient:
    """Submits the tasks of one gateway and follows them to their end."""

    def __init__(self, connection: GatewayConnection, tasks: TaskFormat, faults: FaultTable) -> None:
        self._connection = connection
        self._format = tasks
        self._faults = faults

    async def submit(self, call: HttpRequest, request: Request) -> AsyncGenerator[UpstreamEvent]:
        """Make the paid call, yield the task's id as soon as it has one, and follow it to its end."""
        connection, field = self._connection, self._format.callback_field
        pause: Pause = connection.clock.sleep
        with ExitStack() as stack:
            if connection.callbacks is not None and field is not None:
                pending = stack.enter_context(connection.callbacks.expect())
                call = replace(call, body={**(call.body or {}), field: pending.address})
                pause = partial(pending.pause, connection.clock)
            async with connection.gateway.send(call, most_bytes=MOST_ANSWER_BYTES) as answer:
                context = connection.context(self._faults, request)
                accepted = await decode_aside(answer.body, lambda: decode_submission(answer, self._format.read_record, context))
                yield Started(task=accepted.task, trace=answer.trace or accepted.trace)
                if accepted.outcome is not None:
                    for event in _events_of(accepted.outcome):
                        yield event
                    return
            if accepted.task is not None:
                polling = self._poll(accepted.task, request, first_s=connection.polls.first_s, pause=pause)
                async with aclosing(polling) as events:
                    async for event in events:
                        yield event

    def follow(self, task: TaskId, request: Request) -> AsyncGenerator[UpstreamEvent]:
        """Follow a task that an earlier process submitted; the first query is made at once."""
        return self._poll(task, request, first_s=0.0, pause=self._connection.clock.sleep)

    async def _poll(self, task: TaskId, request: Request, *, first_s: float, pause: Pause) -> AsyncGenerator[UpstreamEvent]:
        """Query until the task has ended or its time is up. A query that fails is repeated, unless the key is refused."""
        clock, polls = self._connection.clock, self._connection.polls
        deadline = clock.monotonic() + polls.deadline_s
        wait_s, lost, last_error = first_s, 0, ""
        while clock.monotonic() + wait_s <= deadline:
            await pause(wait_s)
            wait_s = polls.then_s
            async with AsyncExitStack() as answers:
                try:
                    outcome = await self._look_up(task, request, answers)
                except UpstreamError as error:
                    lost = lost + 1 if error.kind is UpstreamKind.TASK_LOST else 0
                    if error.kind is UpstreamKind.AUTH or lost == LOST_TRIES:
                        raise UpstreamError(error.kind, certain=False, detail=error.detail) from error
                    wait_s = max(wait_s, error.retry_after_s or 0.0)
                    last_error = f", last: {error.detail}"
                    continue
                lost, last_error = 0, ""
                if outcome is not None:
                    for event in _events_of(outcome):
                        yield event
                    return
        raise UpstreamError(UpstreamKind.TIMEOUT, certain=False, detail=f"the task did not end in time{last_error}")

    async def _look_up(self, task: TaskId, request: Request, answers: AsyncExitStack) -> TaskOutcome | None:
        """The outcome of a task, None while it runs. `answers` holds its pictures' memory.

        Raises UpstreamError where the question was not answered.
        """
        query, gateway = self._format.encode_query(task), self._connection.gateway
        answer = await answers.enter_async_context(gateway.send(query, most_bytes=MOST_ANSWER_BYTES, within_s=QUERY_S))
        context = self._connection.context(self._faults, request)
        read = partial(decode_record, answer, self._format.read_record, context, keys=self._format.record_keys)
        return await decode_aside(answer.body, read)


def _events_of(outcome: TaskOutcome) -> tuple[UpstreamEvent, ...]:
    if outcome.failure is not None:
        raise outcome.failure
    return outcome.events
