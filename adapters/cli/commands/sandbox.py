"""`seedream-bot sandbox`."""

import typer

from adapters.cli.children import become


def sandbox(context: typer.Context) -> None:
    """Start local stand-ins for the chat platforms and gateways, print one JSON line, and stay."""
    become("sandbox", context.args)
