"""Discord as the command line sees it; a function imports the platform when it is called."""

import ssl
from typing import TYPE_CHECKING

from adapters.discord.settings import CONFIG, DiscordSettings
from adapters.shared.entry import Invitation, Open, PlatformEntry, Surroundings
from bot.clock import Clock

if TYPE_CHECKING:
    from adapters.checkup.finding import Checkup
    from adapters.shared.runnable_platform import RunnablePlatform

NO_APPLICATION = (
    "For Discord's link set DISCORD_TOKEN, or give --application with the Application ID from the page General Information."
)
WITHOUT_APPLICATION = (
    "DISCORD_TOKEN: found one that does not begin with an application's id; give --application with the Application ID "
    "from the page General Information."
)


def _load() -> Open[DiscordSettings]:
    from adapters.discord.client import DiscordPlatform  # noqa: PLC0415  # discord.py, imported only where it is configured

    def open_platform(settings: DiscordSettings, surroundings: Surroundings) -> "RunnablePlatform":
        return DiscordPlatform(settings, tls=surroundings.tls, data_dir=surroundings.data_dir, clock=surroundings.clock)

    return open_platform


def _open_checkup(settings: DiscordSettings, tls: ssl.SSLContext, clock: Clock) -> "Checkup":
    from adapters.discord.checkup import DiscordCheckup  # noqa: PLC0415  # as above

    return DiscordCheckup(settings, tls=tls, clock=clock)


def _invite(settings: DiscordSettings | None, application: int | None) -> Invitation:
    from adapters.discord.invitation import account_link, application_in, server_link  # noqa: PLC0415  # as above

    known = application or (None if settings is None else application_in(settings.token.value))
    if known is None:
        return Invitation(missing=NO_APPLICATION if settings is None else WITHOUT_APPLICATION)
    return Invitation(text=f"Discord\n  a server: {server_link(known)}\n  one account alone: {account_link(known)}")


DISCORD = PlatformEntry(
    config=CONFIG,
    load=_load,
    open_checkup=_open_checkup,
    is_channel=lambda text: text.isascii() and text.isdecimal(),
    invite=_invite,
)
