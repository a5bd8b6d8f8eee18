"""`seedream-bot backup`: copies the database and the images to a folder, even while the bot runs. Leaves DATA_DIR unchanged."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.failures import FAILED, configuration_errors, fail, unusable
from adapters.cli.options import Config
from adapters.cli.settings import keyless_settings
from bot.clock import SystemClock
from bot.errors import ConfigurationError, StoreCode, StoreError
from bot.store import DATABASE
from bot.store.maintenance.backup import TargetProblem, back_up, target_problem
from bot.web.signing import KEY_NAME

BESIDE = (KEY_NAME,)
UNFIT = {
    TargetProblem.OVERLAPPING: 'DIRECTORY: found "{found}", which is DATA_DIR, inside it or contains it; expected a separate folder.',
    TargetProblem.FOREIGN: 'DIRECTORY: found "{found}", which contains other files; expected a new or empty folder, or an earlier backup.',
    TargetProblem.NO_FOLDER: 'DIRECTORY: found "{found}", which is a file; expected the path of a folder.',
}


def backup(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder, or an earlier backup.", show_default=False)],
    *,
    config: Config = None,
) -> None:
    """Copy the database and all its images to a folder. The bot may be running."""
    with configuration_errors():
        data_dir = keyless_settings(config).data_dir
        _check(data_dir, directory)
    try:
        made = asyncio.run(back_up(data_dir, directory, now=SystemClock().now, beside=BESIDE))
    except StoreError as error:
        if error.store is StoreCode.NEWER:
            fail(unusable(data_dir, error))
        fail(_failure(directory, error), code=FAILED)
    typer.echo(f"saved to {directory}: jobs {made.jobs}, images {made.pictures}, bytes copied {made.size_bytes}")
    if made.missing:
        fail(f"The backup lacks images that are missing or damaged in {data_dir}: {made.missing}.", code=FAILED)


def _check(data_dir: Path, directory: Path) -> None:
    """Raises ConfigurationError."""
    if not (data_dir / DATABASE).is_file():
        raise ConfigurationError(
            (f'DATA_DIR: found "{data_dir}", which contains no database; expected the data folder of a bot.',)
        )
    try:
        why = target_problem(data_dir, directory, beside=BESIDE)
    except OSError as error:
        raise ConfigurationError(
            (f'DIRECTORY: found "{directory}", which cannot be read ({error.strerror}); check its permissions.',)
        ) from error
    if why is not None:
        raise ConfigurationError((UNFIT[why].format(found=directory),))


def _failure(directory: Path, error: StoreError) -> str:
    if error.store is StoreCode.FULL:
        return f"Not enough disk space for the backup in {directory} ({error.detail}); an earlier backup there is unchanged."
    return f"The backup failed ({error.detail}); an earlier backup in {directory} is unchanged."
