"""Contract of what gateways say of their models: one mark a model, told once, gone after its hour or when a call works."""

from dataclasses import replace
from pathlib import Path

from bot.catalog.health import UNUSABLE_S, UnusableModel, unusable
from bot.ids import GatewayName, ModelName
from bot.store import DATABASE, open_store
from bot.store.maintenance.inspection import unusable_models
from bot.store.sqlite.database.connection import open_database
from bot.store.sqlite.database.migrations import load_migrations, migrate
from tests.fakes.stores import AllStores

ARK, LITE = GatewayName("ark"), ModelName("5.0-lite")
MARK = unusable(ARK, LITE, answer="404 ModelNotOpen", now=1000.0)


def later(seconds: float, reason: str = MARK.reason) -> UnusableModel:
    return replace(MARK, since=MARK.since + seconds, until=MARK.until + seconds, reason=reason)


async def test_a_mark_is_new_once(store: AllStores) -> None:
    """While it holds, a second one changes nothing; afterwards, or for another reason, it is marked anew."""
    assert [await store.mark_unusable(one) for one in (MARK, MARK, later(UNUSABLE_S - 1))] == [True, False, False]
    assert await store.unusable_models(now=1000.0) == (MARK,)
    assert await store.mark_unusable(later(UNUSABLE_S))
    assert await store.mark_unusable(later(UNUSABLE_S + 1, reason="404"))
    assert await store.unusable_models(now=1000.0 + UNUSABLE_S) == (later(UNUSABLE_S + 1, reason="404"),)


async def test_a_mark_ends_with_its_hour(store: AllStores) -> None:
    await store.mark_unusable(MARK)

    assert await store.unusable_models(now=MARK.until - 0.5) == (MARK,)
    assert await store.unusable_models(now=MARK.until) == ()


async def test_a_mark_is_cleared(store: AllStores) -> None:
    """And only that one; the next is new."""
    other = replace(MARK, model=ModelName("4.5"))
    await store.mark_unusable(MARK)
    await store.mark_unusable(other)

    assert [await store.clear_unusable(ARK, LITE) for _ in range(2)] == [True, False]
    assert await store.unusable_models(now=1000.0) == (other,)
    assert await store.mark_unusable(MARK)


async def test_a_restart_and_another_process_see_it(tmp_path: Path) -> None:
    """So does whoever reads the database beside them."""
    async with open_store(tmp_path) as store, open_store(tmp_path) as beside:
        await store.gateway_health.mark_unusable(MARK)
        assert await beside.gateway_health.unusable_models(now=1000.0) == (MARK,)
        assert not await beside.gateway_health.mark_unusable(later(5.0))
    async with open_store(tmp_path) as store:
        assert await store.gateway_health.unusable_models(now=1000.0) == (MARK,)
    assert await unusable_models(tmp_path / DATABASE, 1000.0) == (MARK,)
    assert await unusable_models(tmp_path / "none.db", 1000.0) == ()


async def test_a_database_of_the_version_before(tmp_path: Path) -> None:
    """Nothing is marked in it, and it is not read before it is migrated."""
    migrations = load_migrations()
    adding = next(one.number for one in migrations if any("TABLE gateway_health" in statement for statement in one.statements))
    async with open_database(tmp_path / DATABASE) as database:
        await migrate(database, migrations[: adding - 1])
    assert await unusable_models(tmp_path / DATABASE, 1000.0) == ()

    async with open_store(tmp_path) as store:
        assert await store.gateway_health.unusable_models(now=1000.0) == ()
        assert await store.gateway_health.mark_unusable(MARK)
