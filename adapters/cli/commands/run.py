"""`seedream-bot run`."""

from adapters.cli.options import Config
from adapters.cli.serve import run_bot


def run(config: Config = None) -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    run_bot(config)
