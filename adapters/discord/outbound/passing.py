"""Questions to one member in a channel: taken away once they are answered, or after two minutes at the latest."""

import asyncio
import logging

from adapters.discord.address import MessageLocation
from adapters.discord.outbound.sender import Sender
from adapters.discord.settings import NAME
from adapters.shared.delivery import ignore_gone
from bot.clock import Clock
from bot.errors import DeliveryError
from bot.ids import UserId

logger = logging.getLogger(__name__)

STANDS_SECONDS = 120.0
"""How long a question stands that nobody answers. One that a restart leaves behind can still be answered."""
MOST_NOTED = 1000
"""Questions of which it is known whom they were asked of, the newest."""


class PassingQuestions:
    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._latest: dict[tuple[int, UserId], int] = {}

    def note(self, location: MessageLocation, user: UserId, *, stays: bool) -> None:
        """A question was posted. `stays`: nobody else reads it, so it stands until it is answered."""
        if len(self._latest) >= MOST_NOTED:
            self._latest.pop(next(iter(self._latest)))
        self._latest[location.channel, user] = location.message
        if stays:
            return
        task = asyncio.create_task(self._expire(location))
        self._tasks[location.message] = task
        task.add_done_callback(lambda _: self._tasks.pop(location.message, None))

    async def take_away_latest(self, channel: int, user: UserId) -> None:
        """Delete the member's latest question there: it has been answered in words."""
        message = self._latest.pop((channel, user), None)
        if message is not None:
            await self.take_away(MessageLocation(channel=channel, message=message))

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
