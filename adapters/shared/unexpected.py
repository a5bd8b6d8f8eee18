"""Errors that no code expected: logged for the operator, told to the member."""

import logging
import secrets

from bot.errors import InternalError
from bot.ids import PlatformName

logger = logging.getLogger(__name__)


def internal_error(error: Exception, platform: PlatformName, event: str) -> InternalError:
    """Log an exception under a reference, and give the error that tells the member this reference."""
    reference = secrets.token_hex(4)
    logger.error("unexpected error", exc_info=error, extra={"platform": platform, "during": event, "reference": reference})
    return InternalError(reference)
