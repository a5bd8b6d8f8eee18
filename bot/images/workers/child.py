"""The program of an image worker: `python -m bot.images.workers.child PARENT CPU_S [decode]`.

It answers requests on stdin until its end. `decode`: import Pillow before the first request. PARENT: the process id of the bot.
"""

import contextlib
import ctypes
import os
import signal
import sys
import traceback
from typing import BinaryIO

from bot.errors import RefusalCode, RefusedError, UpstreamError
from bot.images.formats.table import MOST_DECODING_BYTES
from bot.images.workers.answers import Answers
from bot.images.workers.messages import Message, read_message, write_message

OVERHEAD_BYTES = 1024 * 1024 * 1024
"""Address space for the interpreter, its libraries and threads; most of it is never used."""
PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux."""


def main() -> int:
    parent, cpu_s = int(sys.argv[1]), int(sys.argv[2])
    # A service manager signals every process of a service at once; this one ends with the bot, whose last picture it may hold.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    _end_with(parent)
    _limit_memory()
    answers = Answers(preload="decode" in sys.argv[3:])
    write_message(sys.stdout.buffer, Message())
    return _serve(sys.stdin.buffer, sys.stdout.buffer, answers, cpu_s)


def _serve(source: BinaryIO, target: BinaryIO, answers: Answers, cpu_s: int) -> int:
    while (request := read_message(source)) is not None:
        _limit_time(cpu_s)
        try:
            answer = answers.to(request)
        except RefusedError as error:
            answer = Message(head={"refused": error.code, "parameters": error.parameters})
        except UpstreamError as error:
            answer = Message(head={"failed": error.detail, "retryable": error.retryable})
        except MemoryError:
            answer = Message(head={"refused": RefusalCode.REF_BOMB, "parameters": {}})
        except Exception:  # noqa: BLE001 - our own mistake, which the bot logs
            answer = Message(head={"unexpected": traceback.format_exc()[-8000:]})
        write_message(target, answer)
        if "unexpected" in answer.head:
            return 1
    return 0


def _end_with(parent: int) -> None:
    """Die with the bot even in the middle of a picture, where the system can do that; elsewhere stdin ends."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


def _limit_memory() -> None:
    """Limit memory and disable core dumps, where the system can."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - not on every system

        for kind, limit in ((resource.RLIMIT_AS, MOST_DECODING_BYTES + OVERHEAD_BYTES), (resource.RLIMIT_CORE, 0)):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))


def _limit_time(cpu_s: int) -> None:
    """From now on, end this process after so much processor time."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every system

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + cpu_s + 1, hard))


if __name__ == "__main__":
    sys.exit(main())
