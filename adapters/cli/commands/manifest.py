"""`seedream-bot manifest`: prints the app manifest for "Create an app from a manifest" on Slack."""

import json
from typing import Annotated
from urllib.parse import urlsplit

import typer

from adapters.cli.failures import fail
from adapters.slack.manifest import manifest as app_manifest
from bot.presentation.menu import menu
from bot.presentation.offers import catalog_offers
from bot.wording.words import Words


def manifest(
    http: Annotated[
        str | None,
        typer.Option(
            help="Use HTTP mode with this public address of the bot, like https://bot.example.com. Default: Socket Mode."
        ),
    ] = None,
) -> None:
    """Print the Slack app manifest as JSON."""
    if http is not None and not _is_address(http):
        fail(f"--http: found {json.dumps(http)}; expected an https:// URL without a query.")
    typer.echo(json.dumps(app_manifest(menu(Words(), catalog_offers()), http=http), indent=2, ensure_ascii=False))


def _is_address(text: str) -> bool:
    """Whether Slack accepts it as a request URL: https only."""
    try:
        parts = urlsplit(text)
        port_fits = parts.port != 0
    except ValueError:
        return False
    return (
        parts.scheme == "https" and bool(parts.hostname) and port_fits and not (parts.query or parts.fragment or parts.username)
    )
