"""Whether a person is a member of a server, asked of Discord and remembered for a while."""

import asyncio
import logging
from collections.abc import Callable, Iterable

import discord

from adapters.discord.failures import FAILURES, delivery_error
from adapters.discord.settings import NAME
from bot.clock import Clock

logger = logging.getLogger(__name__)

MEMBER_SECONDS = 600.0
STRANGER_SECONDS = 60.0
"""Shorter, because whoever has just joined does not want to wait."""
CALL_SECONDS = 2.0
"""For all servers together: some commands are answered only after this, and Discord waits three seconds."""
MOST_REMEMBERED = 10_000


class Memberships:
    """`client` gives the connected client, or raises DeliveryError."""

    def __init__(self, client: Callable[[], discord.Client], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[tuple[int, int], tuple[bool, float]] = {}
        """Server and user → whether the user is a member, and until when that is remembered."""
        self._not_joined: set[int] = set()

    async def is_member(self, user: int, servers: Iterable[int]) -> bool:
        """Whether the user is a member of one of the servers. Raises DeliveryError."""
        asked = sorted(servers)
        remembered = {server: self._remembered(server, user) for server in asked}
        if any(remembered.values()):
            return True
        try:
            async with asyncio.timeout(CALL_SECONDS):
                for server in asked:
                    if remembered[server] is None and await self._ask(server, user):
                        return True
        except FAILURES as error:
            raise delivery_error(error) from error
        return False

    def _remembered(self, server: int, user: int) -> bool | None:
        member, until = self._known.get((server, user), (False, 0.0))
        return member if self._clock.monotonic() < until else None

    async def _ask(self, server: int, user: int) -> bool:
        """Needs no privileged intent (Discord, "Get Guild Member")."""
        try:
            await self._client().http.get_member(server, user)
        except discord.NotFound:
            member = False
        except discord.Forbidden as error:
            # The bot is not in that server, so nobody comes from there.
            if server not in self._not_joined:
                logger.warning("listed server not joined", extra={"platform": NAME, "guild": str(server), "detail": str(error)})
            self._not_joined.add(server)
            member = False
        else:
            member = True
        while len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[server, user] = (member, self._clock.monotonic() + (MEMBER_SECONDS if member else STRANGER_SECONDS))
        return member
