"""The installed program, run as an operator runs it."""

import os
import subprocess
import sys
from pathlib import Path

from sandbox.driver import Sandbox


def seedream_bot(*arguments: str, folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command line in a clean environment, in a folder of its own."""
    clean = {
        "PATH": os.environ["PATH"],
        "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        **(env or {}),
    }
    command = [sys.executable, "-m", "adapters", *arguments]
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=60, check=False)


def arrived(sandbox: Sandbox) -> int:
    """Pictures on the bot's disk."""
    blobs = Path(sandbox.env["DATA_DIR"]) / "blobs"
    return sum(path.is_file() for path in blobs.rglob("*"))
