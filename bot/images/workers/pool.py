"""A few image workers that are kept running; a worker that died, or has served long enough, is replaced."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from bot.images.workers.messages import Message
from bot.images.workers.process import WorkerDiedError, WorkerNotStartedError, WorkerProcess
from bot.values import dataclass

logger = logging.getLogger(__name__)

MOST_SERVED = 200
"""Requests that one process serves before it is replaced, in case its libraries leak memory."""


@dataclass(frozen=True, kw_only=True)
class WorkerLimits:
    """What one request may take. `wall_s` is longer, since the machine may be busy with other work."""

    cpu_s: int = 30
    wall_s: float = 90.0


DEFAULT_LIMITS = WorkerLimits()


class Worker:
    """A leased process. Raises WorkerDiedError if it ends or takes too long, WorkerNotStartedError."""

    def __init__(self, process: WorkerProcess, threads: ThreadPoolExecutor, limits: WorkerLimits) -> None:
        self.process = process
        self.served = 0
        self.retired = False
        """Whether the process is replaced after this lease: it would keep the memory of a large picture for ever."""
        self._threads = threads
        self._limits = limits

    async def ask(self, request: Message) -> Message:
        """The answer to a request. If the caller is cancelled, the process is killed."""
        self.served += 1
        exchange = asyncio.get_running_loop().run_in_executor(self._threads, self.process.exchange, request)
        try:
            async with asyncio.timeout(self._limits.wall_s):
                return await asyncio.shield(exchange)
        except (TimeoutError, asyncio.CancelledError) as error:
            self.process.kill()
            exchange.add_done_callback(_retrieve_error)
            if isinstance(error, TimeoutError):
                raise WorkerDiedError(None, out_of_time=True) from error
            raise


class WorkerPool:
    """At most `size` processes, each started when it is first needed."""

    def __init__(self, size: int, *options: str, limits: WorkerLimits = DEFAULT_LIMITS) -> None:
        self._options = (str(limits.cpu_s), *options)
        self._limits = limits
        self._slots = asyncio.Semaphore(size)
        # Twice as many threads as processes: one that is replaced may take a moment to end.
        self._threads = ThreadPoolExecutor(2 * size, thread_name_prefix="images")
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._closed = False

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Worker]:
        """A process for one caller alone. Raises WorkerNotStartedError."""
        async with self._slots:
            worker = self._idle.pop() if self._idle else self._start()
            try:
                yield worker
            except WorkerDiedError:
                # Also one whose answer was no answer: a hostile file may have taken it over.
                worker.process.kill()
                raise
            finally:
                self._take_back(worker)

    def prewarm(self) -> None:
        """Start the first process now, so that the first picture does not wait for it."""
        if not self._workers:
            self._start_early()

    async def close(self) -> None:
        """Kill every process, whatever it is doing."""
        self._closed = True
        workers, self._workers, self._idle = self._workers, set(), []
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            await asyncio.get_running_loop().run_in_executor(self._threads, worker.process.dispose)
        await asyncio.to_thread(self._threads.shutdown)

    def _start_early(self) -> None:
        try:
            self._idle.append(self._start())
        except WorkerNotStartedError as error:
            logger.warning("no image worker", extra={"detail": str(error)})

    def _start(self) -> Worker:
        if self._closed:
            raise WorkerNotStartedError("the image workers are stopped")
        try:
            worker = Worker(WorkerProcess(*self._options), self._threads, self._limits)
        except OSError as error:
            raise WorkerNotStartedError(str(error)) from error
        self._workers.add(worker)
        return worker

    def _take_back(self, worker: Worker) -> None:
        if worker not in self._workers:
            return
        if worker.process.usable and worker.served < MOST_SERVED and not worker.retired:
            self._idle.append(worker)
            return
        self._workers.remove(worker)
        self._threads.submit(worker.process.dispose)
        # At once, so that the next picture does not wait for it.
        self._start_early()


def _retrieve_error(exchange: "asyncio.Future[Message]") -> None:
    """Nobody waits for this exchange any more; an error that is never retrieved would be logged."""
    if not exchange.cancelled():
        exchange.exception()
