"""What the record of paid calls says that a call cost, to the millionth."""

import contextlib
from typing import Any

import httpx
import pytest

from sandbox.gateways.catalog import GATEWAY_TYPES
from sandbox.gateways.models.prices import BYTEPLUS, VOLCENGINE, flat, micros
from tests.sandbox.gateways.ark_client import V40, V45, ArkClient
from tests.sandbox.gateways.gateway_client import open_gateway, set_fields
from tests.sandbox.gateways.sample_calls import CALLS
from tests.sandbox.one_picture.one_picture_client import FLASH, PRO, V55, as_data_url, generate, photo

LOW, HIGH = (1536, 1536), (2048, 2048)


@pytest.mark.parametrize(
    ("model", "sizes", "references", "in_layers", "amount"),
    [
        ("5.5", [LOW], 0, False, "0.020"),
        ("5.5", [HIGH], 0, False, "0.035"),
        ("5.5", [HIGH], 3, False, "0.059"),
        ("5.5", [(2_601_123, 1)], 0, False, "0.020"),
        ("5.5", [(2_601_124, 1)], 0, False, "0.035"),
        ("5.5", [HIGH, LOW, LOW], 1, True, "0.083"),
        ("5.5", [], 3, False, "0"),
        ("5.0-pro", [LOW], 1, False, "0.045"),
        ("5.0-pro", [HIGH], 3, False, "0.096"),
        ("5.0-pro", [HIGH] * 17, 1, True, "0.765"),
        ("5.0-pro", [HIGH, LOW], 1, True, "0.0675"),
        ("5.0-flash", [HIGH], 10, False, "0.018"),
        ("5.0-flash", [LOW] * 17, 1, True, "0.306"),
        ("4.5", [HIGH] * 4, 14, False, "0.16"),
    ],
)
def test_schedules(model: str, sizes: list[tuple[int, int]], references: int, in_layers: bool, amount: str) -> None:
    """Pictures by their own pixels, references from the first that is not free, layers each by its own."""
    assert BYTEPLUS[model].of_call(sizes, references=references, in_layers=in_layers) == micros(amount)


def test_volcengine() -> None:
    """It charges in yuan, and nobody has published what 5.5 costs there."""
    assert VOLCENGINE["5.0-pro"].of_call([HIGH], references=3, in_layers=False) == micros("0.64")
    assert VOLCENGINE["5.0-flash"].of_call([HIGH], references=3, in_layers=False) == micros("0.12")
    assert {price.currency for price in VOLCENGINE.values()} == {"CNY"}
    assert "5.5" not in VOLCENGINE
    assert flat("0.22 CNY").of_call([LOW], references=9, in_layers=False) == 220_000


@pytest.mark.parametrize(
    ("model", "fields", "row"),
    [
        (V55, {"image": [as_data_url(photo(300, 300))] * 2}, (1, 2, 36_000)),
        (V55, {"size": "2K"}, (1, 0, 35_000)),
        (PRO, {"image": [as_data_url(photo(300, 300))] * 2}, (1, 2, 48_000)),
        (FLASH, {"image": [as_data_url(photo(300, 300))] * 2}, (1, 2, 18_000)),
        (V40, set_fields(3), (3, 0, 90_000)),
        (V45, {"size": "2K", "image": as_data_url(photo(300, 300))}, (1, 1, 40_000)),
        (V55, {"prompt": "forbidden-output", "image": as_data_url(photo(300, 300))}, (0, 0, 0)),
    ],
)
async def test_a_call(ark: ArkClient, model: str, fields: dict[str, Any], row: tuple[int, int, int]) -> None:
    """The record holds pictures, references and amount of what was made."""
    await generate(ark, model=model, **fields)
    (call,) = ark.gateway.calls

    assert (call["billed"], call["references"], call["billed_micros"]) == row
    assert call["currency"] == "USD"


@pytest.mark.parametrize(
    ("model", "amount"),
    [
        ("doubao-seedream-5-0-pro-260628", 300_000),
        ("doubao-seedream-5-0-flash-260915", 120_000),
        ("doubao-seedream-5-5-261028", None),
        ("doubao-seedream-4-5-251128", 250_000),
    ],
)
async def test_a_call_in_yuan(volcengine: ArkClient, model: str, amount: int | None) -> None:
    """Null where nobody knows the price."""
    await generate(volcengine, model=model, size="2K")
    (call,) = volcengine.gateway.calls

    assert (call["billed"], call["billed_micros"], call["currency"]) == (1, amount, "CNY")


@pytest.mark.parametrize("fault", ["reset-after", "504", "quoted", "slow:0.01"])
async def test_a_lost_answer_is_billed(ark: ArkClient, fault: str) -> None:
    """With its references, as if it had arrived."""
    ark.inject("submit", fault)
    lost = contextlib.suppress(httpx.TransportError) if fault == "reset-after" else contextlib.nullcontext()
    with lost:
        await generate(ark, image=as_data_url(photo(300, 300)))
    (call,) = ark.gateway.calls

    assert (call["billed"], call["references"], call["billed_micros"]) == (1, 1, 28_000)


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("acedata", 30_000),
        ("sinancode", 30_000),
        ("uniall", 30_000),
        ("unode", 35_000),
        ("opeai", 30_000),
        ("ark_cn", 200_000),
        ("ark_intl", 30_000),
    ],
)
async def test_every_gateway_has_a_price(name: str, amount: int) -> None:
    """Published, or as its configuration says."""
    async with open_gateway(GATEWAY_TYPES[name], name, prepared=1024) as client:
        path, body = CALLS[name]
        await client.post(path, body)
        await client.wait_until(lambda: client.get("/"), lambda _: client.billed == [1])
        (call,) = client.gateway.calls

    assert (call["billed_micros"], call["currency"]) == (amount, "CNY" if name == "ark_cn" else "USD")


async def test_unode_multiplies_the_price_too() -> None:
    """`n` multiplies the bill of its one picture."""
    async with open_gateway(GATEWAY_TYPES["unode"], "unode", prepared=1024) as client:
        path, body = CALLS["unode"]
        await client.post(path, body | {"n": 3})

    assert client.gateway.calls[0]["billed_micros"] == 105_000
