"""Discord for the command line. Functions import the platform only when they are called."""

import ssl
from typing import TYPE_CHECKING

from adapters.discord.settings import CONFIG, DiscordSettings
from adapters.shared.entry import Invitation, Open, PlatformEntry, Surroundings
from bot.clock import Clock

if TYPE_CHECKING:
    from adapters.checkup.finding import Checkup
    from adapters.shared.runnable_platform import RunnablePlatform

NO_APPLICATION = (
    "For the Discord link, set DISCORD_TOKEN, or pass the Application ID from the General Information page with --application."
)
WITHOUT_APPLICATION = (
    "DISCORD_TOKEN: the token contains no application id; pass the Application ID from the General Information page "
    "with --application."
)


def _load() -> Open[DiscordSettings]:
    from adapters.discord.client import DiscordPlatform  # noqa: PLC0415  # discord.py, imported only if it is configured

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
    return Invitation(text=f"Discord\n  add to a server: {server_link(known)}\n  add to one account: {account_link(known)}")


DISCORD = PlatformEntry(
    config=CONFIG,
    load=_load,
    open_checkup=_open_checkup,
    is_channel=lambda text: text.isascii() and text.isdecimal(),
    invite=_invite,
)
