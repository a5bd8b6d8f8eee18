"""Error messages and exit codes of commands."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from bot.errors import ConfigurationError, StoreCode, StoreError

FAILED = 1
USAGE = 2
"""The exit code for errors in the arguments, the configuration or the data folder."""


def fail(*problems: str, code: int = USAGE) -> NoReturn:
    """Write the problems to stderr, one per line, and exit."""
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    raise SystemExit(code)


@contextmanager
def configuration_errors() -> Iterator[None]:
    """Turn a ConfigurationError into error messages and the exit code `USAGE`."""
    try:
        yield
    except ConfigurationError as error:
        fail(*error.problems)


def unusable(data_dir: Path, error: StoreError) -> str:
    """The error message for a data folder that cannot be used."""
    if error.store is StoreCode.NEWER:
        return f'DATA_DIR: found "{data_dir}", whose database comes from a newer version of seedream-bot ({error.detail}); install that version.'
    if error.store is StoreCode.LOST:
        return (
            f'DATA_DIR: found "{data_dir}", which has been used but has lost its database ({error.detail}); '
            "put it back with its -wal file, restore a backup, or begin anew with seedream-bot run --fresh."
        )
    return f'DATA_DIR: found "{data_dir}", which cannot be used ({error.detail}); run seedream-bot doctor.'
