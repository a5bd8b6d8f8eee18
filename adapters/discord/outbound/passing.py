"""Questions to one member in a channel: taken away once they are answered, or after two minutes at the latest."""

import asyncio
import logging

from adapters.discord.address import MessageLocation
from adapters.discord.outbound.sender import Sender
from adapters.discord.settings import NAME
from adapters.shared.delivery import ignore_gone
from bot.clock import Clock
from bot.errors import DeliveryError

logger = logging.getLogger(__name__)

STANDS_SECONDS = 120.0
"""How long a question stands that nobody answers. One that a restart leaves behind can still be answered."""


class PassingQuestions:
    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def note(self, location: MessageLocation) -> None:
        """A question was posted."""
        task = asyncio.create_task(self._expire(location))
        self._tasks[location.message] = task
        task.add_done_callback(lambda _: self._tasks.pop(location.message, None))

    async def take_away(self, location: MessageLocation) -> None:
        """Delete a question, if that is possible: it has been answered."""
        task = self._tasks.pop(location.message, None)
        if task is not None:
            task.cancel()
        await self._delete(location)

    async def _expire(self, location: MessageLocation) -> None:
        await self._clock.sleep(STANDS_SECONDS)
        await self._delete(location)

    async def _delete(self, location: MessageLocation) -> None:
        try:
            await ignore_gone(self._sender.delete(location.channel, location.message))
        except DeliveryError as error:
            logger.info("question not taken away", extra={"platform": NAME, "code": error.code, "detail": error.detail})
