"""`seedream-bot sandbox`."""

import typer

from adapters.cli.children import become


def sandbox(context: typer.Context) -> None:
    """Start local stand-ins for the chat platforms and gateways, and print how to connect to them as one JSON line."""
    become("sandbox", context.args)
