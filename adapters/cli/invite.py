"""`seedream-bot invite`: how the bot comes into a Discord server and a Slack workspace. Asks nobody."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.explain import keyless_settings
from adapters.discord.invitation import account_link, application_in, server_link
from adapters.slack.manifest import NAME as SLACK_NAME
from bot.config.settings import Settings
from bot.errors import ConfigurationError

USAGE = 2
NO_APPLICATION = (
    "For Discord's link set DISCORD_TOKEN, or give --application with the Application ID from the page General Information."
)
WITHOUT_APPLICATION = (
    "DISCORD_TOKEN: found one that does not begin with an application's id; give --application with the Application ID "
    "from the page General Information."
)
FOR_SLACK = f"""Slack
  1. https://api.slack.com/apps: Create New App, From a manifest, and paste what seedream-bot manifest prints
  2. Install to Workspace, and put the tokens into SLACK_BOT_TOKEN and SLACK_APP_TOKEN (or SLACK_SIGNING_SECRET)
  3. in each channel: /invite @{SLACK_NAME}"""


def invite(
    *,
    application: Annotated[
        int | None, typer.Option(min=1, help="Discord's Application ID; else the one in DISCORD_TOKEN.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The TOML file; else SEEDREAM_BOT_CONFIG, else ./seedream-bot.toml.")
    ] = None,
) -> None:
    """Print the link that brings the bot into a Discord server, and the way into a Slack workspace."""
    try:
        settings = keyless_settings(config)
    except ConfigurationError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(USAGE) from error
    known = application or _application(settings)
    if known is not None:
        typer.echo(f"Discord\n  a server: {server_link(known)}\n  one account alone: {account_link(known)}")
    typer.echo(FOR_SLACK)
    if known is None:
        typer.echo(NO_APPLICATION if settings.discord is None else WITHOUT_APPLICATION, err=True)
        # Whoever runs it for Slack alone has what was asked for.
        if settings.discord is not None or settings.slack is None:
            raise typer.Exit(USAGE)


def _application(settings: Settings) -> int | None:
    return None if settings.discord is None else application_in(settings.discord.token.value)
