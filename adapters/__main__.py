"""The entry point of `seedream-bot` and `python -m adapters`."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.shared.loading import without_collection

INTERRUPTED = 130
"""The exit code for Ctrl-C."""


def main() -> None:
    with without_collection():
        command = load(sys.argv[1:])
    try:
        command()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def load(arguments: Sequence[str]) -> Callable[[], object]:
    """Import the command for the arguments. A plain `run` skips the argument parser, which takes a third of the start-up time."""
    match arguments:
        case ["run"]:
            return _load_run(None)
        case ["run", "--config", path] if not path.startswith("-"):
            return _load_run(Path(path))
        case _:
            from adapters.cli.app import build_app  # noqa: PLC0415  # typer, see above

            return build_app(arguments)


def _load_run(config: Path | None) -> Callable[[], object]:
    from adapters.cli.serve import run_bot  # noqa: PLC0415  # needed only for `run`

    return lambda: run_bot(config)


if __name__ == "__main__":
    main()
