"""Fixtures of the platform tests."""

import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # discord.py imports audioop, whose deprecation warning would be an error here.
    warnings.simplefilter("ignore", DeprecationWarning)
    from tests.platforms.discord_adapter.discord_scene import Scene, open_scene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened
