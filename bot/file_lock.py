"""Files that one process at a time may lock; the kernel drops a lock with its process, however that ends."""

import contextlib
import sys

if sys.platform == "win32":

    def try_lock(descriptor: int) -> bool:
        """False always: there is no such lock here."""
        return descriptor < 0

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """False if somebody else has it. Raises OSError where the file system has no locks."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
