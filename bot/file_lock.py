"""Exclusive file locks; the kernel releases a lock when its process ends."""

import contextlib
import sys

if sys.platform == "win32":

    def try_lock(descriptor: int) -> bool:
        """Always False: Windows has no such lock."""
        return descriptor < 0

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Try to lock the file. False if another process holds the lock. Raises OSError if the file system has no locks."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
