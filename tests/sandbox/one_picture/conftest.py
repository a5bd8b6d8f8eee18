"""Fixtures of the tests of one-picture models."""

from collections.abc import AsyncIterator

import pytest

from sandbox.gateways.dialects.ark import Ark, ArkCn
from tests.sandbox.gateways.ark_client import ArkClient
from tests.sandbox.gateways.gateway_client import open_gateway


@pytest.fixture
async def ark() -> AsyncIterator[ArkClient]:
    async with open_gateway(Ark, "ark_intl") as client:
        yield ArkClient(client.gateway, client.http)


@pytest.fixture
async def volcengine() -> AsyncIterator[ArkClient]:
    async with open_gateway(ArkCn, "ark_cn", prepared=1024) as client:
        yield ArkClient(client.gateway, client.http)
