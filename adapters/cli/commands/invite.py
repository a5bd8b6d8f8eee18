"""`seedream-bot invite`: prints how to add the bot to each platform. Sends nothing."""

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
        int | None, typer.Option(min=1, help="Discord Application ID. Default: the one in DISCORD_TOKEN.", show_default=False)
    ] = None,
    config: Config = None,
) -> None:
    """Print the link that adds the bot to a Discord server, and the steps to add it to a Slack workspace."""
    with configuration_errors():
        configured = keyless_settings(config).platforms
    if not print_invitations(configured, application):
        raise typer.Exit(USAGE)


def print_invitations(
    configured: Mapping[PlatformName, PlatformSettings], application: int | None, entries: Entries = PLATFORMS
) -> bool:
    """Print how to add the bot to each platform. False if a key is missing that the operator needs."""
    incomplete = set()
    for entry in entries:
        invitation = entry.invite(configured.get(entry.config.name), application)
        if invitation.text:
            typer.echo(invitation.text)
        if invitation.missing:
            typer.echo(invitation.missing, err=True)
            incomplete.add(entry.config.name)
    # It is no error if the operator has configured only other platforms.
    return not incomplete or (bool(configured) and not incomplete & configured.keys())
