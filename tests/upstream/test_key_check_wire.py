"""A free call shows whether a gateway accepts its key, and says so where it cannot show it."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.catalog.profiles import profile
from bot.config.settings import GatewaySettings, Secret
from bot.errors import UpstreamError
from bot.upstream.key_check import KeyCheck, check_key
from sandbox.gateways.catalog import GATEWAY_TYPES
from tests.fakes.clock import FakeClock
from tests.fakes.wire import opened, says
from tests.sandbox.gateways.gateway_client import GatewayClient, open_gateway

TLS = ssl.create_default_context()
UNDOCUMENTED = {"opeai"}
"""Gateways that name no free call: the stand-in has none either."""


@pytest.fixture(params=tuple(GATEWAY_TYPES))
async def client(request: pytest.FixtureRequest) -> AsyncIterator[GatewayClient]:
    async with open_gateway(GATEWAY_TYPES[request.param], request.param) as client:
        yield client


def settings_of(client: GatewayClient, key: str) -> GatewaySettings:
    gateway = client.gateway
    return GatewaySettings(name=gateway.name, dialect=gateway.dialect, base_url=gateway.url, api_key=Secret(key))


async def check(settings: GatewaySettings) -> KeyCheck:
    return await check_key(settings, profile(settings), tls=TLS, clock=FakeClock())


async def test_the_right_and_a_wrong_key(client: GatewayClient) -> None:
    """The right one is accepted, a wrong one is refused; nothing is made or billed, and the key is not told."""
    proven = client.gateway.name not in UNDOCUMENTED
    assert (await check(settings_of(client, client.gateway.key))).state == ("accepted" if proven else "unproven")

    found = await check(settings_of(client, "sk-another-key"))
    assert found.state == ("refused" if proven else "unproven")
    assert "another-key" not in found.detail
    assert client.gateway.calls == []


ARK = GatewaySettings(name="ark", dialect="ark_intl", api_key=Secret("sk-mine"))


@pytest.mark.parametrize("status", [200, 404, 429, 500, 503])
async def test_an_answer_that_does_not_depend_on_the_key_proves_nothing(status: int) -> None:
    """A proxy that answers everybody alike, an unknown path, or a gateway in trouble."""
    async with opened(says(b"{}", status=status)) as wire:
        assert (await check(replace(ARK, base_url=wire.url()))).state == "unproven"


async def test_a_gateway_that_does_not_answer() -> None:
    """It raises, so that it is told as unreachable and not as a wrong key."""
    with pytest.raises(UpstreamError):
        await check(replace(ARK, base_url="http://127.0.0.1:1"))
