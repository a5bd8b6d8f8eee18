"""The threads in which members write: read once for each message, since Slack delivers a mention twice."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.slack.inbound.messages import edition
from adapters.slack.outbound.sender import Sender
from adapters.slack.settings import NAME
from bot.clock import Clock
from bot.errors import DeliveryError
from bot.values import dataclass

logger = logging.getLogger(__name__)

Json = Mapping[str, Any]

REMEMBERED_SECONDS = 10.0
"""The second delivery comes within moments; an event that Slack delivers again later is read anew."""


@dataclass(frozen=True, kw_only=True)
class ThreadRead:
    """The messages of a thread, the first one first; perhaps not all of them, or none."""

    messages: Sequence[Json] = ()
    complete: bool = True


class History:
    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._reading: dict[str, tuple[asyncio.Task[ThreadRead], float]] = {}

    async def read(self, event: Json, channel: str, thread: str) -> ThreadRead:
        """What a message in a thread points at."""
        now = self._clock.monotonic()
        self._reading = {key: one for key, one in self._reading.items() if now - one[1] < REMEMBERED_SECONDS}
        key = f"{channel}:{event.get('ts')} {edition(event)}"
        if key not in self._reading:
            self._reading[key] = (asyncio.create_task(self._read(channel, thread)), now)
        return await asyncio.shield(self._reading[key][0])

    async def _read(self, channel: str, thread: str) -> ThreadRead:
        try:
            messages, complete = await self._sender.thread(channel, thread)
        except DeliveryError as error:
            logger.info("thread not read", extra={"platform": NAME, "code": error.code, "detail": error.detail})
            return ThreadRead(complete=False)
        return ThreadRead(messages=messages, complete=complete)
