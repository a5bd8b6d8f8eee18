"""Fixtures of the gateway tests."""

from collections.abc import AsyncIterator

import pytest

from sandbox.gateways.dialects.ark import Ark
from tests.sandbox.gateways.ark_client import ArkClient
from tests.sandbox.gateways.gateway_client import ReferenceHost, open_gateway, open_reference_host


@pytest.fixture
async def ark() -> AsyncIterator[ArkClient]:
    async with open_gateway(Ark, "ark_intl") as client:
        yield ArkClient(client.gateway, client.http)


@pytest.fixture
async def host() -> AsyncIterator[ReferenceHost]:
    async with open_reference_host() as opened:
        yield opened
