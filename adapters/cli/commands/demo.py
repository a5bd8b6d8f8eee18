"""`seedream-bot demo`."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.children import become


def demo(
    *,
    script: Annotated[bool, typer.Option("--script", help="Play the conversation, write the output and exit.")] = False,
    gateway: Annotated[str | None, typer.Option(help="Use the stand-in of this gateway, by dialect.")] = None,
    platform: Annotated[str | None, typer.Option(help="Use only this platform.")] = None,
    record: Annotated[
        Path | None, typer.Option(help="Write everything that the bot sends to the platforms to this file, as JSON lines.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the transcript and the images.")] = Path("demo-output"),
) -> None:
    """Run the real bot against local stand-ins and play a conversation. Needs no account and spends nothing."""
    arguments = ["--output", str(output)]
    if script:
        arguments.append("--script")
    if gateway is not None:
        arguments += ["--gateway", gateway]
    if platform is not None:
        arguments += ["--platform", platform]
    if record is not None:
        arguments += ["--record", str(record)]
    become("sandbox.demo", arguments)
