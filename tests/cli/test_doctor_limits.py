"""The checks of `doctor` on what limits the operator's bill."""

from pathlib import Path

import pytest

from adapters.checkup.diagnoses import described
from adapters.checkup.finding import FindingCode
from adapters.checkup.limits import check_limits
from bot.config.settings import AccessSettings, BudgetSettings, Settings
from bot.store import DATABASE, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.jobs import accepted_job
from tests.fakes.stores import all_stores

BUDGET = BudgetSettings(pictures=10, per="month")
LATER = 200.0


async def findings(folder: Path, *budgets: BudgetSettings, access: AccessSettings | None = None) -> list[str]:
    settings = Settings(data_dir=folder, budgets=budgets, access=access or AccessSettings())
    return [f"{found.verdict} {described(found).found}" for found in await check_limits(settings, FakeClock(LATER))]


async def test_without_any_limit(tmp_path: Path) -> None:
    """A warning, unless there is a list of workspaces."""
    (found,) = await check_limits(Settings(data_dir=tmp_path), FakeClock())
    assert (found.verdict, found.code) == ("warning", FindingCode.LIMITS_NONE)
    assert await findings(tmp_path, access=AccessSettings(workspaces=frozenset({"slack:T1"}))) == []


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (0, "ok 0 of 10 images are used or reserved"),
        (7, "ok 7 of 10 images are used or reserved"),
        (8, "warning 8 of 10 images are used or reserved"),
        (10, "warning 10 of 10 images are used or reserved, and requests are refused until it renews"),
    ],
)
async def test_what_is_used_of_a_budget(tmp_path: Path, images: int, expected: str) -> None:
    """With what is reserved, beside a running bot too; before the first start, nothing is used."""
    if images:
        async with open_store(tmp_path) as store:
            await accepted_job(all_stores(store), images=images)
            assert await findings(tmp_path, BUDGET) == [expected]
    assert await findings(tmp_path, BUDGET) == [expected]


async def test_a_database_that_cannot_be_read(tmp_path: Path) -> None:
    """Another check reports it."""
    (tmp_path / DATABASE).write_bytes(b"no database at all " * 100)
    assert await findings(tmp_path, BUDGET) == []
