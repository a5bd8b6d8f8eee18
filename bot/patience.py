"""Writes that must not be given up for a busy database or a full disk: something has been paid for."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clock import Clock
from bot.errors import StoreError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
PAUSE_S = 1.0


async def patiently(write: Callable[[], Awaitable[Result]], clock: Clock) -> Result:
    """Repeat a write until the store takes it; whatever waiting cannot mend is raised."""
    while True:
        try:
            return await write()
        except StoreError as error:
            if not error.retryable:
                raise
            logger.warning("waiting for the store", extra={"code": error.code, "detail": error.detail})
            await clock.sleep(PAUSE_S)
