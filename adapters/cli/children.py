"""The sandbox and the demo are programs of their own, so that the product never imports a stand-in."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn


def become(module: str, arguments: Sequence[str]) -> NoReturn:
    """Run `python -m module` in this process's place: its output, its signals, its exit code."""
    command = [sys.executable, "-m", module, *arguments]
    if os.name == "posix":
        os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, no shell
    raise SystemExit(subprocess.run(command, check=False).returncode)  # noqa: S603 - likewise
