"""`seedream-bot run`."""

from typing import Annotated

import typer

from adapters.cli.options import Config
from adapters.cli.serve import run_bot


def run(
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew where the database of DATA_DIR is lost.")] = False,
    config: Config = None,
) -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    run_bot(config, fresh=fresh)
