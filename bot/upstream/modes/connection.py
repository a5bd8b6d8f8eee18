"""The HTTP of one configured gateway."""

from dataclasses import dataclass

from bot.catalog.dialects import Polls
from bot.clock import Clock
from bot.upstream.callbacks import Callbacks
from bot.upstream.decoding.failures import DecodeContext, FaultTable
from bot.upstream.http_client import GatewayClient


@dataclass(frozen=True, kw_only=True)
class GatewayConnection:
    """What the modes work with. `uploads`: the client of the upload service; `callbacks`: None where we have no public address."""

    gateway: GatewayClient
    clock: Clock
    polls: Polls
    uploads: GatewayClient | None = None
    callbacks: Callbacks | None = None

    def context(self, faults: FaultTable) -> DecodeContext:
        """For an answer that arrived just now."""
        return DecodeContext(faults=faults, secrets=self.gateway.secrets, now=self.clock.now())

    async def close(self) -> None:
        await self.gateway.close()
        if self.uploads is not None:
            await self.uploads.close()
