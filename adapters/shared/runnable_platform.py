"""The contract between the program and a platform that it runs."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from bot.chat.chat_platform import ChatPlatform, PlatformStatus

if TYPE_CHECKING:
    # Loaded later, see `bind`.
    from adapters.shared.core import Core

LoadCore = Callable[[], Awaitable["Core"]]


class RunnablePlatform(ChatPlatform, Protocol):
    """A chat platform that also receives events. Call `bind` with the core, then `run`; it delivers until `close`."""

    @property
    def status(self) -> PlatformStatus: ...

    def bind(self, load_core: LoadCore) -> None:
        """Receive events from now on. What handles them is imported by `load`, or by the first event before it."""
        ...

    async def load(self) -> None: ...

    async def run(self) -> None:
        """Receive until cancelled. Raises ConfigurationError if the token is rejected."""
        ...

    async def close(self) -> None: ...
