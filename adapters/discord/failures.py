"""discord.py's exceptions → DeliveryError; no other module reads them."""

import discord

from adapters.shared.http_client import CONNECTION_FAILURES
from bot.errors import DeliveryCode, DeliveryError

RESPONDED_ALREADY = 40060
MESSAGE_GONE = 10008
UNKNOWN_INTERACTION = 10062
BY_CODE: dict[int, DeliveryCode] = {
    10003: DeliveryCode.GONE,  # unknown channel
    MESSAGE_GONE: DeliveryCode.GONE,
    10013: DeliveryCode.GONE,  # unknown user
    10015: DeliveryCode.EXPIRED,  # a token that was never answered, or its webhook
    UNKNOWN_INTERACTION: DeliveryCode.EXPIRED,  # an interaction answered too late
    20016: DeliveryCode.UNAVAILABLE,  # slow mode
    20028: DeliveryCode.UNAVAILABLE,  # the channel's write limit
    30046: DeliveryCode.UNAVAILABLE,  # too many edits of an old message
    40005: DeliveryCode.TOO_LARGE,
    40094: DeliveryCode.EXPIRED,  # a member-installed app has used its five follow-ups
    50001: DeliveryCode.FORBIDDEN,  # no access
    50007: DeliveryCode.FORBIDDEN,  # closed direct messages
    50013: DeliveryCode.FORBIDDEN,  # no permission
    50027: DeliveryCode.EXPIRED,  # the token's quarter of an hour is over
    50045: DeliveryCode.TOO_LARGE,
    50083: DeliveryCode.ARCHIVED,  # an archived thread takes no edits, a locked one nothing at all
    50278: DeliveryCode.FORBIDDEN,  # no server in common
    130000: DeliveryCode.UNAVAILABLE,  # overloaded
    160002: DeliveryCode.FORBIDDEN,  # replies need the history
    400001: DeliveryCode.FORBIDDEN,  # uploads are limited for this server
}
BY_STATUS: dict[int, DeliveryCode] = {
    401: DeliveryCode.EXPIRED,
    403: DeliveryCode.FORBIDDEN,
    404: DeliveryCode.GONE,
    413: DeliveryCode.TOO_LARGE,
    429: DeliveryCode.UNAVAILABLE,
}
FAILURES: tuple[type[Exception], ...] = (discord.DiscordException, *CONNECTION_FAILURES)
"""All errors of a call into discord.py that do not indicate a bug in the bot."""


def delivery_error(error: Exception) -> DeliveryError:
    """Translates a failed call. `certain`: Discord refused it, so it had no effect."""
    match error:
        case discord.DiscordServerError():
            return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False, detail=str(error))
        case discord.HTTPException():
            code = BY_CODE.get(error.code) or BY_STATUS.get(error.status) or DeliveryCode.REJECTED
            return DeliveryError(code, retryable=code is DeliveryCode.UNAVAILABLE, detail=str(error))
        case discord.RateLimited():
            return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail=str(error))
        case discord.DiscordException():
            return DeliveryError(DeliveryCode.REJECTED, retryable=False, detail=str(error))
        case _:
            return DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, certain=False, detail=type(error).__name__)


def has_code(error: BaseException | None, *codes: int) -> bool:
    return isinstance(error, discord.HTTPException) and error.code in codes
