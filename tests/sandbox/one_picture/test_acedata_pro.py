"""5.0-pro at Ace Data Cloud: two tiers, lists of references, a price of its own, and nothing newer."""

from collections.abc import AsyncIterator

import pytest

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.acedata import AceData
from tests.sandbox.gateways.acedata_client import finished, images, task_of
from tests.sandbox.gateways.gateway_client import GatewayClient, data_url, open_gateway, set_fields

PRO = "doubao-seedream-5-0-pro-260628"


@pytest.fixture
async def acedata() -> AsyncIterator[GatewayClient]:
    async with open_gateway(AceData, "acedata", prepared=2048) as client:
        yield client


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": False},
        {"stream": True},
        set_fields(2),
        {"sequential_image_generation": "disabled"},
        {"tools": [{"type": "web_search"}]},
        {"size": "1.5K"},
        {"size": "4K"},
        {"size": "2304x2008"},
        {"image": [data_url()] * 11},
        {"image": data_url()},
        {"background": "transparent"},
        {"layer_decomposition": True},
        {"seed": 5},
        {"model": "doubao-seedream-5-0-flash-260915"},
        {"model": "doubao-seedream-5-5-261028"},
        {"model": "doubao-seedream-5.0-pro"},
        {"model": "doubao-seedream-5-0-pro"},
    ],
)
async def test_refusals(acedata: GatewayClient, fields: JsonObject) -> None:
    """It has neither sets nor streams of Pro, neither backgrounds nor layers, and no other new model."""
    answer = await images(acedata, **{"model": PRO, "size": "2K"} | fields)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert acedata.gateway.calls == []


async def test_a_task(acedata: GatewayClient) -> None:
    """One picture, billed by its pixels in dollars; references are free."""
    number = await task_of(acedata, model=PRO, size="2K", output_format="png", image=[data_url()] * 10)
    held = await finished(acedata, number)
    (call,) = acedata.gateway.calls

    assert len(held["response"]["data"]) == 1
    assert (call["billed"], call["references"], call["billed_micros"], call["currency"]) == (1, 10, 88_000, "USD")
