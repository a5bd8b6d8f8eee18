"""Every failure of Discord is translated into an error of the bot."""

from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import discord
import pytest

from adapters.discord.failures import BY_CODE, FAILURES, delivery_error
from bot.errors import DeliveryCode


@dataclass
class Answer:
    """The attributes of an HTTP response that discord.py's exceptions read."""

    status: int
    reason: str = "because"


def refusal(kind: type[discord.HTTPException], status: int, code: int) -> Exception:
    return kind(cast("Any", Answer(status)), {"code": code, "message": "no"})


@pytest.mark.parametrize(
    ("error", "code", "retryable", "certain"),
    [
        (refusal(discord.NotFound, 404, 10062), DeliveryCode.EXPIRED, False, True),
        (refusal(discord.NotFound, 404, 10015), DeliveryCode.EXPIRED, False, True),
        (refusal(discord.NotFound, 404, 10008), DeliveryCode.GONE, False, True),
        (refusal(discord.NotFound, 404, 10003), DeliveryCode.GONE, False, True),
        (refusal(discord.NotFound, 404, 0), DeliveryCode.GONE, False, True),
        (refusal(discord.Forbidden, 403, 50001), DeliveryCode.FORBIDDEN, False, True),
        (refusal(discord.Forbidden, 403, 50013), DeliveryCode.FORBIDDEN, False, True),
        (refusal(discord.Forbidden, 403, 50007), DeliveryCode.FORBIDDEN, False, True),
        (refusal(discord.Forbidden, 403, 50278), DeliveryCode.FORBIDDEN, False, True),
        (refusal(discord.Forbidden, 403, 99999), DeliveryCode.FORBIDDEN, False, True),
        (refusal(discord.HTTPException, 401, 50027), DeliveryCode.EXPIRED, False, True),
        (refusal(discord.HTTPException, 413, 40005), DeliveryCode.TOO_LARGE, False, True),
        (refusal(discord.HTTPException, 413, 0), DeliveryCode.TOO_LARGE, False, True),
        (refusal(discord.HTTPException, 400, 50083), DeliveryCode.ARCHIVED, False, True),
        (refusal(discord.HTTPException, 400, 50035), DeliveryCode.REJECTED, False, True),
        (refusal(discord.HTTPException, 400, 200000), DeliveryCode.REJECTED, False, True),
        (refusal(discord.HTTPException, 429, 0), DeliveryCode.UNAVAILABLE, True, True),
        (refusal(discord.DiscordServerError, 503, 0), DeliveryCode.UNAVAILABLE, True, False),
        (discord.RateLimited(90.0), DeliveryCode.UNAVAILABLE, True, True),
        (discord.ClientException("no"), DeliveryCode.REJECTED, False, True),
        (aiohttp.ServerDisconnectedError(), DeliveryCode.UNAVAILABLE, True, False),
        (ConnectionResetError(104, "reset"), DeliveryCode.UNAVAILABLE, True, False),
        (TimeoutError(), DeliveryCode.UNAVAILABLE, True, False),
    ],
)
def test_translation(error: Exception, code: DeliveryCode, *, retryable: bool, certain: bool) -> None:
    """The delivery code, whether a retry may succeed, and whether the request certainly had no effect."""
    translated = delivery_error(error)
    assert (translated.delivery, translated.retryable, translated.certain) == (code, retryable, certain)


def test_every_exception_is_translated() -> None:
    """Every exception class of discord.py is caught and translated."""
    defined = {
        thing
        for thing in vars(discord).values()
        if isinstance(thing, type) and issubclass(thing, Exception) and thing.__module__.startswith("discord")
    }
    assert all(issubclass(kind, FAILURES) for kind in defined - {discord.opus.OpusError})
    assert set(BY_CODE.values()) >= {DeliveryCode.GONE, DeliveryCode.EXPIRED, DeliveryCode.FORBIDDEN, DeliveryCode.TOO_LARGE}
