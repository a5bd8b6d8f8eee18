"""The table of commands. A command's module is imported when the command is called."""

from collections.abc import Sequence
from importlib import import_module

import typer

from adapters.cli import commands

COMMANDS = ("run", "demo", "explain", "doctor", "manifest", "invite", "gateways", "backup", "sandbox")
"""Each is a function in the file of its name in commands/; the order is that of the help."""
FORWARDING = frozenset({"sandbox"})
"""They hand all their arguments, `--help` included, to a program of their own."""


def build_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """The program. If the arguments begin with a command's name, no other command is imported."""
    app = typer.Typer(
        name="seedream-bot",
        help="Turns chat into Seedream pictures.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # Typer lets the only command of a program go by no name, unless the program has options of its own.
    app.callback()(_no_options)
    named = [name for name in arguments[:1] if name in COMMANDS]
    for name in named or COMMANDS:
        command = getattr(import_module(f"{commands.__name__}.{name}"), name)
        if name in FORWARDING:
            context = {"allow_extra_args": True, "ignore_unknown_options": True}
            app.command(add_help_option=False, context_settings=context)(command)
        else:
            app.command()(command)
    return app


def _no_options() -> None: ...
