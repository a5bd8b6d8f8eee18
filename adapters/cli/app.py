"""The table of commands. A command's module is imported only when the command is called."""

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from adapters.cli import commands

COMMANDS = ("run", "demo", "explain", "doctor", "manifest", "invite", "gateways", "backup", "sandbox")
"""In the order of the help text. Each is a function in the module of the same name in commands/."""
FORWARDING = frozenset({"sandbox"})
"""Commands that pass all arguments, including `--help`, to another program."""


def _print_version(given: bool) -> None:  # called by typer
    if given:
        from bot.web.health import own_version  # noqa: PLC0415  # needed only here

        typer.echo(f"seedream-bot {own_version()}")
        raise typer.Exit


def build_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """Build the program. If the arguments begin with a command's name, only that command is imported."""
    app = typer.Typer(
        name="seedream-bot",
        help="Self-hosted Discord and Slack bot for Seedream images.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # It also keeps Typer from dropping the name of the only command of a program.
    app.callback()(_options)
    named = [name for name in arguments[:1] if name in COMMANDS]
    for name in named or COMMANDS:
        command = getattr(import_module(f"{commands.__name__}.{name}"), name)
        if name in FORWARDING:
            context = {"allow_extra_args": True, "ignore_unknown_options": True}
            app.command(add_help_option=False, context_settings=context)(command)
        else:
            app.command()(command)
    return app


def _options(
    *,
    version: Annotated[  # read by its callback
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None: ...
