"""`seedream-bot invite`: how the bot is added to each platform. Sends nothing."""

from collections.abc import Mapping
from typing import Annotated

import typer

from adapters.cli.failures import USAGE, configuration_errors
from adapters.cli.options import Config
from adapters.cli.settings import keyless_settings
from adapters.platforms import PLATFORMS
from adapters.shared.entry import Entries
from bot.config.platforms import PlatformSettings
from bot.ids import PlatformName


def invite(
    *,
    application: Annotated[
        int | None, typer.Option(min=1, help="Discord's Application ID; else the one in DISCORD_TOKEN.", show_default=False)
    ] = None,
    config: Config = None,
) -> None:
    """Print the link that brings the bot into a Discord server, and the way into a Slack workspace."""
    with configuration_errors():
        configured = keyless_settings(config).platforms
    if not print_invitations(configured, application):
        raise typer.Exit(USAGE)


def print_invitations(
    configured: Mapping[PlatformName, PlatformSettings], application: int | None, entries: Entries = PLATFORMS
) -> bool:
    """Whether everything that was asked for could be said."""
    incomplete = set()
    for entry in entries:
        invitation = entry.invite(configured.get(entry.config.name), application)
        if invitation.text:
            typer.echo(invitation.text)
        if invitation.missing:
            typer.echo(invitation.missing, err=True)
            incomplete.add(entry.config.name)
    # An operator who has configured other platforms only is not asking about this one.
    return not incomplete or (bool(configured) and not incomplete & configured.keys())
