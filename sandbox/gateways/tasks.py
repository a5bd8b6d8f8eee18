"""Asynchronous tasks, for the gateways that are polled."""

import asyncio
import contextlib
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field

from sandbox.contracts import JsonObject
from sandbox.gateways.content_filter import check_content
from sandbox.gateways.image_maker import Generation, ImageMaker
from sandbox.gateways.responses import FailedPicture, GatewayError, GeneratedPicture, Outcome
from sandbox.runtime import Runtime

_QUEUED_SHARE = 0.5
"""How long a task stays queued, as a share of what one picture takes."""


@dataclass(kw_only=True)
class Task:
    """One task. `fault` is a fault word that changes every answer about it; times are seconds since 1970."""

    id: str
    trace_id: str
    generation: Generation
    created_at: float
    fault: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    outcome: list[Outcome] = field(default_factory=list)
    failure: GatewayError | None = None
    shown: list[JsonObject] | None = None
    """The published pictures, made once so that every answer has the same URLs."""

    @property
    def made(self) -> list[GeneratedPicture]:
        return [picture for picture in self.outcome if isinstance(picture, GeneratedPicture)]

    def fail_if_empty(self) -> None:
        """If every picture failed, the task fails for the first one's reason."""
        if self.failure is None and self.outcome and not self.made:
            first = self.outcome[0]
            assert isinstance(first, FailedPicture)
            self.failure = GatewayError(500, first.code, first.message)


class TaskRunner:
    """Keeps the tasks of one gateway and runs them."""

    def __init__(self, runtime: Runtime, image_maker: ImageMaker, *, pace: float) -> None:
        self._runtime = runtime
        self._image_maker = image_maker
        self._pace = pace
        self._tasks: dict[str, Task] = {}
        self._running: set[asyncio.Task[None]] = set()

    def create(self, generation: Generation, fault: str = "") -> Task:
        """Create a task without starting it."""
        now = self._runtime.clock.now()
        task = Task(id=self._new_id(), trace_id=self._new_id(), generation=generation, created_at=now, fault=fault)
        self._tasks[task.id] = task
        return task

    def find(self, task_id: str) -> Task | None:
        return self._tasks.get(task_id)

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run a coroutine in the background."""
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def run(self, task: Task) -> None:
        """Run a task: wait in the queue, filter the content, make and bill the pictures."""
        await self._runtime.clock.sleep_until(task.created_at + self._pace * _QUEUED_SHARE)
        task.started_at = self._runtime.clock.now()
        if task.fault in {"stuck", "queued"}:
            return
        request = task.generation.request
        try:
            check_content(request.prompt, has_references=bool(request.references))
            task.outcome += await self._image_maker.make_all(task.generation)
        except GatewayError as error:
            task.failure = error
        self.finish(task)

    def finish(self, task: Task) -> None:
        """End a task; it fails if no picture was made."""
        task.fail_if_empty()
        task.finished_at = self._runtime.clock.now()

    async def close(self) -> None:
        for running in tuple(self._running):
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._runtime.random.getrandbits(128), version=4))
