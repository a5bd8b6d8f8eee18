"""The contract between the program and a platform that it runs."""

from typing import Protocol

from adapters.shared.core import Core
from bot.chat.chat_platform import ChatPlatform, PlatformStatus


class RunnablePlatform(ChatPlatform, Protocol):
    """A chat platform that also receives events. Call `bind` with the core, then `run`; it delivers until `close`."""

    @property
    def status(self) -> PlatformStatus: ...

    def bind(self, core: Core) -> None: ...

    async def run(self) -> None:
        """Receive until cancelled. Raises ConfigurationError if the token is rejected."""
        ...

    async def close(self) -> None: ...
