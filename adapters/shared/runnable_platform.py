"""What the program runs of a platform."""

from typing import Protocol

from adapters.shared.core import Core
from bot.chat.chat_platform import ChatPlatform, PlatformStatus


class RunnablePlatform(ChatPlatform, Protocol):
    """A chat platform that receives as well. `bind` the core, `run` until cancelled, deliver until `close`."""

    @property
    def status(self) -> PlatformStatus: ...

    def bind(self, core: Core) -> None: ...

    async def run(self) -> None:
        """Receive until cancelled. Raises ConfigurationError for a token that is refused."""
        ...

    async def close(self) -> None: ...
