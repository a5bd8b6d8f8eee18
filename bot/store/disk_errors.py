"""Errors of the disk, as StoreError."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import StoreCode, StoreError

logger = logging.getLogger(__name__)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LASTING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""Errors of a path that is wrong; whatever else a disk reports may pass."""


def disk_error(error: OSError) -> StoreError:
    if error.errno in _FULL:
        return StoreError(StoreCode.FULL, detail=detail_of(error))
    return StoreError(StoreCode.BROKEN if error.errno in _LASTING else StoreCode.UNAVAILABLE, detail=detail_of(error))


@contextmanager
def disk_errors() -> Iterator[None]:
    """Translate OSError to StoreError."""
    try:
        yield
    except OSError as error:
        raise disk_error(error) from error


@contextmanager
def read_errors() -> Iterator[None]:
    """A file that is not there is for the caller. Any other error does not pass with certainty: the job tries a few times."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(StoreCode.BROKEN, detail=detail_of(error)) from error


def log_skipped(error: OSError) -> None:
    """One bad file stops no other."""
    logger.warning("file skipped", extra={"detail": detail_of(error)})


def detail_of(error: OSError) -> str:
    return f"{error.filename or 'the disk'}: {error.strerror}"
