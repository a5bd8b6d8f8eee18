"""The stores that every contract case runs on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.store import JobStore
from bot.store import open_store
from tests.fakes.memory_store import MemoryJobStore


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[JobStore]:
    if request.param == "memory":
        yield MemoryJobStore()
        return
    async with open_store(tmp_path / "data") as opened:
        yield opened.jobs
