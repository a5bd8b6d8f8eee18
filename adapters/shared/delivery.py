"""Handling of delivery errors that all platforms share."""

import logging
from collections.abc import Awaitable

from bot.errors import DeliveryError
from bot.ids import PlatformName

logger = logging.getLogger(__name__)


async def ignore_gone(deletion: Awaitable[object]) -> None:
    """Delete a message that may already be gone; only retryable errors are raised."""
    try:
        await deletion
    except DeliveryError as error:
        if error.retryable:
            raise


def log_unanswered(platform: PlatformName, error: DeliveryError) -> None:
    logger.warning("not answered", extra={"platform": platform, "code": error.code, "detail": error.detail})
