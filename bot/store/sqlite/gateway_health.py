"""Models that gateways say they do not have, on SQLite: every method is one statement."""

import sqlite3

from bot.catalog.health import UnusableModel
from bot.ids import GatewayName, ModelName
from bot.jobs.stores import GatewayHealthStore
from bot.store.sqlite.database.connection import Parameters
from bot.store.sqlite.database.rows import SqliteRows


class SqliteGatewayHealth(SqliteRows, GatewayHealthStore):
    """The rows of gateways and their models."""

    async def mark_unusable(self, mark: UnusableModel) -> bool:
        """Record a mark; False if an earlier one holds for the same reason, which is kept as it is."""
        row: Parameters = {
            "gateway": mark.gateway,
            "model": mark.model,
            "reason": mark.reason,
            "since": mark.since,
            "until": mark.until,
        }
        return bool(await self._write(self._statements.mark_unusable, row))

    async def clear_unusable(self, gateway: GatewayName, model: ModelName) -> bool:
        """Delete a mark; False if there is none."""
        return bool(await self._write(self._statements.clear_unusable, {"gateway": gateway, "model": model}))

    async def unusable_models(self, *, now: float) -> tuple[UnusableModel, ...]:
        rows = await self._database.rows(self._statements.unusable_models, {"now": now})
        return tuple(map(read_mark, rows))


def read_mark(row: sqlite3.Row) -> UnusableModel:
    return UnusableModel(
        gateway=GatewayName(row["gateway"]),
        model=ModelName(row["model"]),
        reason=row["reason"],
        since=row["since"],
        until=row["until"],
    )
