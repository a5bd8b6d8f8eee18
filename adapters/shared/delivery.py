"""What both platforms' deliveries do about a DeliveryError."""

import logging
from collections.abc import Awaitable

from bot.errors import DeliveryError
from bot.ids import PlatformName

logger = logging.getLogger(__name__)


async def ignore_gone(deletion: Awaitable[object]) -> None:
    """Delete a message that may be gone already, as a repeated refusal finds it."""
    try:
        await deletion
    except DeliveryError as error:
        if error.retryable:
            raise


def log_unanswered(platform: PlatformName, error: DeliveryError) -> None:
    logger.warning("not answered", extra={"platform": platform, "code": error.code, "detail": error.detail})
