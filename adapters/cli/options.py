"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option(help="TOML file. Default: SEEDREAM_BOT_CONFIG, else ./seedream-bot.toml.")]
