"""Starts the sandbox and the demo as separate programs, so that the bot never imports a stand-in."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn


def become(module: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process with `python -m module`."""
    command = [sys.executable, "-m", module, *arguments]
    if os.name == "posix":
        os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, no shell
    raise SystemExit(subprocess.run(command, check=False).returncode)  # noqa: S603 - likewise
