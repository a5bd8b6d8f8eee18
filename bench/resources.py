"""The resources that a process uses."""

import os
import resource
import subprocess
import sys
from pathlib import Path

MEGABYTE = 1_000_000


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds now, in megabytes."""
    table = Path(f"/proc/{pid}/statm")
    if table.exists():
        return int(table.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    result = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return int(result.stdout) * 1024 / MEGABYTE


def peak_mb() -> float:
    """Return the peak memory of this process, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / MEGABYTE
