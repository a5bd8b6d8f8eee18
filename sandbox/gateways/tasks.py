"""Work that goes on behind a task id, for the gateways that are polled."""

import asyncio
import contextlib
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field

from sandbox.gateways.answers import FailedPicture, GatewayRefusal, MadePicture
from sandbox.gateways.content_words import check_words
from sandbox.gateways.image_maker import Studio, Work
from sandbox.stage import JsonObject, Stage

_QUEUED_SHARE = 0.5
"""Of what one picture takes: how long a task waits before it is begun."""


@dataclass(kw_only=True)
class Task:
    """One task. `manner` is a fault word that colours every answer about it; times are seconds since 1970."""

    id: str
    trace: str
    work: Work
    created_at: float
    manner: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    outcome: list[MadePicture | FailedPicture] = field(default_factory=list)
    failure: GatewayRefusal | None = None
    shown: list[JsonObject] | None = None
    """The pictures as the gateway shows them; made once, so that every answer names the same addresses."""

    @property
    def made(self) -> list[MadePicture]:
        return [picture for picture in self.outcome if isinstance(picture, MadePicture)]

    def judge(self) -> None:
        """A call that brought nothing failed for its first picture's reason."""
        if self.failure is None and self.outcome and not self.made:
            first = self.outcome[0]
            assert isinstance(first, FailedPicture)
            self.failure = GatewayRefusal(500, first.code, first.sentence)


class TaskBoard:
    """The tasks of one gateway, and what runs them."""

    def __init__(self, stage: Stage, studio: Studio, *, pace: float) -> None:
        self._stage = stage
        self._studio = studio
        self._pace = pace
        self._tasks: dict[str, Task] = {}
        self._running: set[asyncio.Task[None]] = set()

    def open(self, work: Work, manner: str = "") -> Task:
        """A task that is not begun."""
        task = Task(id=self._id(), trace=self._id(), work=work, created_at=self._stage.clock.now(), manner=manner)
        self._tasks[task.id] = task
        return task

    def find(self, number: str) -> Task | None:
        return self._tasks.get(number)

    def begin(self, doing: Coroutine[None, None, None]) -> None:
        """Go on with something while the caller is answered."""
        running = asyncio.create_task(doing)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def run(self, task: Task) -> None:
        """Do what a task asks: wait in the queue, judge the words, make and bill."""
        await asyncio.sleep(self._pace * _QUEUED_SHARE)
        task.started_at = self._stage.clock.now()
        if task.manner in {"stuck", "queued"}:
            return
        order = task.work.order
        try:
            check_words(order.prompt, references=bool(order.references))
            task.outcome += await self._studio.make_all(task.work)
        except GatewayRefusal as refusal:
            task.failure = refusal
        self.finish(task)

    def finish(self, task: Task) -> None:
        """From here on the task is over: failed if nothing came of it."""
        task.judge()
        task.finished_at = self._stage.clock.now()

    async def close(self) -> None:
        for running in tuple(self._running):
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def _id(self) -> str:
        return str(uuid.UUID(int=self._stage.random.getrandbits(128), version=4))
