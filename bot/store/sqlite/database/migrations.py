"""The schema of the database, in numbered migrations; `PRAGMA user_version` is the number of the last one applied."""

import sqlite3
from collections.abc import Sequence

from bot.errors import StoreCode, StoreError
from bot.store.sqlite.database.connection import Database, Transaction
from bot.store.sqlite.database.statements import SQL
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Migration:
    number: int
    statements: tuple[str, ...]


def load_migrations() -> tuple[Migration, ...]:
    """`migrations/NNNN_purpose.sql`, numbered from 1 without a gap."""
    files = sorted(SQL.joinpath("migrations").glob("*.sql"))
    migrations = tuple(
        Migration(number=int(file.name.partition("_")[0]), statements=split_statements(file.read_text("utf-8"))) for file in files
    )
    if [migration.number for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise ValueError(f"migrations are not numbered 1 to {len(migrations)}: {[file.name for file in files]}")
    return migrations


def split_statements(script: str) -> tuple[str, ...]:
    """The statements of a script; each ends at the end of a line."""
    statements, lines = [], []
    for line in script.splitlines():
        lines.append(line)
        statement = "\n".join(lines).strip()
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            statements.append(statement)
            lines = []
    return tuple(statements)


async def migrate(database: Database, migrations: Sequence[Migration]) -> None:
    """Apply the missing migrations, each in its own transaction. Raises StoreError NEWER for a later program's database."""
    latest = len(migrations)
    version = await schema_version(database)
    if version > latest:
        raise StoreError(
            StoreCode.NEWER,
            detail=f"the database has version {version}, this program knows versions up to {latest}",
        )
    for migration in migrations[version:]:
        await _apply(database, migration)


async def schema_version(database: Database) -> int:
    """The number of the last migration that was applied; 0 for an empty database."""
    rows = await database.rows("PRAGMA user_version", {})
    return int(rows[0][0])


async def _apply(database: Database, migration: Migration) -> None:
    async def work(transaction: Transaction) -> None:
        # The version is read again under the lock: another process may be migrating the same database.
        rows = await transaction.rows("PRAGMA user_version", {})
        if rows[0][0] >= migration.number:
            return
        for statement in migration.statements:
            await transaction.rows(statement, {})
        await transaction.rows(f"PRAGMA user_version = {migration.number}", {})

    await database.transaction(work)
