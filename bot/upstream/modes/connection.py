"""The HTTP of one configured gateway."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from bot.catalog.dialects import Polls
from bot.clock import Clock
from bot.requests.request import Request
from bot.upstream.callbacks import Callbacks
from bot.upstream.decoding.failures import DecodeContext, FaultTable
from bot.upstream.transport.http_client import GatewayClient
from bot.values import dataclass

PARSED_AT_ONCE_BYTES = 100_000
"""JSON up to here is parsed on the event loop, in less than a millisecond."""
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class GatewayConnection:
    """What the modes work with. `uploads`: the client of the upload service; `callbacks`: None where we have no public address."""

    gateway: GatewayClient
    clock: Clock
    polls: Polls
    uploads: GatewayClient | None = None
    callbacks: Callbacks | None = None

    def context(self, faults: FaultTable, request: Request) -> DecodeContext:
        """For an answer to the request that arrived just now."""
        return DecodeContext(
            faults=faults,
            secrets=self.gateway.secrets,
            prompt=request.prompt,
            references=len(request.references),
            most_pictures=request.most_pictures,
            now=self.clock.now(),
        )

    async def close(self) -> None:
        await self.gateway.close()
        if self.uploads is not None:
            await self.uploads.close()


async def decode_aside(content: bytes, decode: Callable[[], Result]) -> Result:
    """What a pure function makes of the content; in a thread if the content is large."""
    return decode() if len(content) <= PARSED_AT_ONCE_BYTES else await asyncio.to_thread(decode)
