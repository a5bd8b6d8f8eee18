"""What the tests of the stand-ins share."""

from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.gateways.dialects.ark import Ark
from sandbox.stage import Stage
from tests.sandbox.region import Region


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    stage = Stage()
    gateway = await Ark.start(stage, dialect="ark_intl", name="ark_intl", pace=0)
    headers = {"Authorization": f"Bearer {gateway.key}"}
    async with httpx.AsyncClient(trust_env=False, verify=False, headers=headers, timeout=20) as client:
        yield Region(stage, gateway, client)
    await gateway.close()
