"""`seedream-bot demo`."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.children import become


def demo(
    *,
    script: Annotated[bool, typer.Option("--script", help="Play the conversation, write demo-output, and end.")] = False,
    gateway: Annotated[str | None, typer.Option(help="The gateway to play against, named after its dialect.")] = None,
    platform: Annotated[str | None, typer.Option(help="Play on this platform alone.")] = None,
    record: Annotated[Path | None, typer.Option(help="Write what the bot sent to the platforms, as JSON lines.")] = None,
    output: Annotated[Path, typer.Option(help="Where the transcript and the pictures go.")] = Path("demo-output"),
) -> None:
    """Play a conversation against local stand-ins: real bot, real protocols, no account, nothing spent."""
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
