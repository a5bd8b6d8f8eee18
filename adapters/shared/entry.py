"""What a platform brings to the program: its settings, and how it is opened, checked and invited."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bot.clock import Clock
from bot.config.platforms import PlatformConfig, PlatformSettings
from bot.web.contract import Routes

if TYPE_CHECKING:
    # What a platform is, is imported with it.
    from adapters.checkup.finding import Checkup
    from adapters.shared.runnable_platform import RunnablePlatform

S = TypeVar("S", bound=PlatformSettings)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the program lends a platform: the time, the certificates it trusts, a folder for its own files, a web server."""

    clock: Clock
    tls: ssl.SSLContext
    data_dir: Path
    routes: Routes


Open = Callable[[S, Surroundings], "RunnablePlatform"]


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """`text` is how the bot is brought to the platform; `missing` says what has to be given before all of it is known."""

    text: str = ""
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class PlatformEntry(Generic[S]):
    """One platform as the command line sees it. The module that holds it is light: functions import the platform when called.

    `load` imports the platform and returns what opens it. `invite` takes the platform's settings, if it is configured, and an application's id, if the operator gave one.
    """

    config: PlatformConfig[S]
    load: Callable[[], Open[S]]
    open_checkup: Callable[[S, ssl.SSLContext, Clock], "Checkup"]
    is_channel: Callable[[str], bool]
    invite: Callable[[S | None, int | None], Invitation]


Entries = Sequence[PlatformEntry[Any]]
