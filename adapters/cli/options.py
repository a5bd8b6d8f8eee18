"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option(help="The TOML file; else SEEDREAM_BOT_CONFIG, else ./seedream-bot.toml.")]
