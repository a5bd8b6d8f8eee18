"""What a dialect speaks over."""

from dataclasses import dataclass

from bot.catalog.dialects import Polls
from bot.clock import Clock
from bot.upstream.callbacks import Callbacks
from bot.upstream.http_client import GatewayClient


@dataclass(frozen=True, kw_only=True)
class GatewayConnection:
    """One configured gateway's HTTP. `uploads`: its upload service. `callbacks`: how it may call us; where there is either."""

    gateway: GatewayClient
    clock: Clock
    polls: Polls
    uploads: GatewayClient | None = None
    callbacks: Callbacks | None = None

    async def close(self) -> None:
        await self.gateway.close()
        if self.uploads is not None:
            await self.uploads.close()
