"""A platform's entry point: its settings, and how to open it, check it and add the bot to it."""

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bot.clock import Clock
from bot.config.platforms import PlatformConfig, PlatformSettings
from bot.values import dataclass
from bot.web.contract import Routes

if TYPE_CHECKING:
    # What a platform is, is imported with it.
    from adapters.checkup.finding import Checkup
    from adapters.shared.runnable_platform import RunnablePlatform

S = TypeVar("S", bound=PlatformSettings)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a platform gets from the program: clock, trusted certificates, a folder for its files and the web server."""

    clock: Clock
    tls: ssl.SSLContext
    data_dir: Path
    routes: Routes


Open = Callable[[S, Surroundings], "RunnablePlatform"]


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """`text` explains how to add the bot to the platform; `missing` says what the operator has to provide for a complete text."""

    text: str = ""
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class PlatformEntry(Generic[S]):
    """One platform for the command line. Its functions import the platform only when they are called.

    `load` imports the platform and returns the function that opens it. `invite` takes the platform's settings and an
    application id, or None for either.
    """

    config: PlatformConfig[S]
    load: Callable[[], Open[S]]
    open_checkup: Callable[[S, ssl.SSLContext, Clock], "Checkup"]
    is_channel: Callable[[str], bool]
    invite: Callable[[S | None, int | None], Invitation]


Entries = Sequence[PlatformEntry[Any]]
