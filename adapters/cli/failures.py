"""How a command ends when the configuration, the arguments or the data folder cannot be used."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from bot.errors import ConfigurationError, StoreCode, StoreError

FAILED = 1
USAGE = 2
"""The exit code for what the operator has to change before the command can run."""


def fail(*problems: str, code: int = USAGE) -> NoReturn:
    """Write the problems to stderr, one a line, and exit."""
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    raise SystemExit(code)


@contextmanager
def configuration_errors() -> Iterator[None]:
    """A ConfigurationError ends the command with its problems and the exit code for usage."""
    try:
        yield
    except ConfigurationError as error:
        fail(*error.problems)


def unusable(data_dir: Path, error: StoreError) -> str:
    """What is wrong with the data folder."""
    if error.store is StoreCode.NEWER:
        return f'DATA_DIR: found "{data_dir}", whose database a newer version of seedream-bot has written ({error.detail}).'
    return f'DATA_DIR: found "{data_dir}", which cannot be used ({error.detail}).'
