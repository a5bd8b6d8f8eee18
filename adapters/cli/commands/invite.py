"""`seedream-bot invite`: prints how to add the bot to each platform. Sends nothing."""

from typing import Annotated

import typer

from adapters.cli.failures import USAGE, configuration_errors
from adapters.cli.options import Config
from adapters.cli.settings import keyless_settings
from adapters.platforms import PLATFORMS


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
    incomplete = set()
    for entry in PLATFORMS:
        invitation = entry.invite(configured.get(entry.config.name), application)
        if invitation.text:
            typer.echo(invitation.text)
        if invitation.missing:
            typer.echo(invitation.missing, err=True)
            incomplete.add(entry.config.name)
    # It is no error if the operator has configured only other platforms.
    if incomplete and (incomplete & configured.keys() or not configured):
        raise typer.Exit(USAGE)
