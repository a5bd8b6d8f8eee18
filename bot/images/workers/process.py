"""One image worker, as the bot sees it: a child process that answers one request after another."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from bot.images.workers.messages import BadMessageError, Message, read_message, write_message

ROOT = Path(__file__).parents[3]
INHERITED_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""The environment variables that an interpreter may need to start."""
OUT_OF_TIME = -getattr(signal, "SIGXCPU", signal.SIGTERM)
"""The exit code of a worker that used up its processor time."""


class WorkerDiedError(Exception):
    """The process ended, or had to be ended, while it worked on a picture. `out_of_time`: the picture takes too long."""

    def __init__(self, exit_code: int | None, *, out_of_time: bool = False) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code
        self.out_of_time = out_of_time or exit_code == OUT_OF_TIME


class WorkerNotStartedError(OSError):
    """The system cannot run another process at present; no picture is to blame."""


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of the child: only the variables that it needs to start."""
    return {name: ours[name] for name in INHERITED_VARIABLES if name in ours} | {"PYTHONPATH": str(ROOT)}


class WorkerProcess:
    """`exchange` and `dispose` block, so they run in threads; `kill` ends an exchange at once."""

    def __init__(self, *options: str) -> None:
        """Start the process without waiting for it.

        The system ends it with the thread that started it, so that has to be the thread of the event loop. Raises OSError.
        """
        command = [sys.executable, "-P", "-s", "-m", "bot.images.workers.child", str(os.getpid()), *options]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            env=child_environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C must not reach the child: its end would look like a damaged picture.
            process_group=0,
        )
        self._ready = False
        self._broken = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        return not self._broken and self._process.poll() is None

    def exchange(self, request: Message) -> Message:
        """The answer to a request. Raises WorkerDiedError, WorkerNotStartedError."""
        if not self._ready:
            if self._read() is None:
                raise WorkerNotStartedError(f"an image worker ended with {self._process.wait()} before it was ready")
            self._ready = True
        with suppress(OSError):
            write_message(cast("BinaryIO", self._process.stdin), request)
        answer = self._read()
        if answer is None:
            self.kill()
            raise WorkerDiedError(self._process.wait())
        return answer

    def kill(self) -> None:
        self._broken = True
        self._process.kill()

    def dispose(self) -> None:
        """End the process and close its pipes."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                cast("BinaryIO", pipe).close()

    def _read(self) -> Message | None:
        """None if the process has ended, or says what no worker of ours would: a hostile file may have taken it over."""
        try:
            return read_message(cast("BinaryIO", self._process.stdout))
        except (OSError, BadMessageError):
            return None
