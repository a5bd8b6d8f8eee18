"""The command line: one file a subcommand. Answers go to stdout, everything else to stderr."""

import typer

from adapters.cli.backup import backup
from adapters.cli.demo import demo
from adapters.cli.doctor import doctor
from adapters.cli.explain import explain
from adapters.cli.gateways import gateways
from adapters.cli.invite import invite
from adapters.cli.manifest import manifest
from adapters.cli.run import run
from adapters.cli.sandbox import sandbox

app = typer.Typer(
    name="seedream-bot",
    help="Turns chat into Seedream pictures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(demo)
app.command()(explain)
app.command()(doctor)
app.command()(manifest)
app.command()(invite)
app.command()(gateways)
app.command()(backup)
# What follows is the stand-ins' own command line, passed on as it is.
app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(sandbox)
