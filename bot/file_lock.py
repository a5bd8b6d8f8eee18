"""File locks for one process at a time; the kernel releases a lock when its process ends, for whatever reason."""

import contextlib
import sys

if sys.platform == "win32":

    def try_lock(descriptor: int) -> bool:
        """Always False: there is no such lock on Windows."""
        return descriptor < 0

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """False if another process holds it. Raises OSError if the file system does not support locks."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
