"""What all gateways of the sandbox share: faults, results, and the rows an operator would write."""

import tomllib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.gateways.offered import OFFERED, environment, tables
from tests.sandbox.calls import CALLS
from tests.sandbox.customer import Customer, visiting


@pytest.fixture(params=tuple(OFFERED))
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Customer]:
    async with visiting(OFFERED[request.param], request.param, prepared=2048) as customer:
        yield customer


async def call(shop: Customer) -> httpx.Response:
    path, body = CALLS[shop.gateway.name]
    return await shop.post(path, body)


async def result_of(shop: Customer, answer: httpx.Response) -> str:
    """The address of the first picture, behind a task or not."""
    body: Any = answer.json()
    if set(body) == {"task_id"}:
        found = await shop.until(lambda: shop.get(f"/v1/tasks/{body['task_id']}"), lambda task: "result" in task.json())
        return str(found.json()["result"][0]["url"])
    item = body["data"][0]
    return str(item.get("url") or item["image_url"])


async def test_faults_before_anything_is_made(shop: Customer) -> None:
    """Each word that spoils a call gives its answer once; nothing is made, and the next call is taken."""
    spoiled = {"html": 502, "not-json": 200, "error:418:odd": 418, "error-string": 400, "error-null:500": 500, "unheard-of": 500}
    statuses = {}
    for word in spoiled:
        shop.strike("submit", word)
        statuses[word] = (await call(shop)).status_code

    assert statuses == spoiled
    assert shop.gateway.calls == []
    assert (await call(shop)).status_code == 200


async def test_connections_that_are_dropped(shop: Customer) -> None:
    """A connection can be dropped before the body is read, before anything is made, and after all is made."""
    for part, word in (("connect", "reset"), ("submit", "reset-before"), ("submit", "reset-after")):
        shop.strike(part, word)
        with pytest.raises(httpx.TransportError):
            await call(shop)
    await shop.until(lambda: shop.get("/"), lambda _: shop.billed == [1])

    assert shop.billed == [1]


async def test_hang(shop: Customer) -> None:
    """A call can stay without an answer until the caller gives up; nothing is made."""
    shop.strike("submit", "hang")
    shop.client.timeout = httpx.Timeout(5, read=0.05)
    with pytest.raises(httpx.ReadTimeout):
        await call(shop)

    assert shop.gateway.calls == []


async def test_results(shop: Customer) -> None:
    """A result is a picture on the gateway's own host, or what a fault makes of it, and lives for a day."""
    url = await result_of(shop, await call(shop))
    shop.strike("result", "html")
    page = await shop.client.get(url)
    picture = await shop.client.get(url)
    shop.stage.clock.advance(86_401)

    assert url.startswith(f"{shop.gateway.origin}/result/")
    assert page.headers["Content-Type"].startswith("text/html")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert (await shop.client.get(url)).status_code == 403


async def test_calls_are_recorded(shop: Customer) -> None:
    """Every gateway's calls are told of in the same words."""
    await call(shop)
    await shop.until(lambda: shop.get("/"), lambda _: shop.billed == [1])
    (entry,) = shop.gateway.calls

    assert (entry["gateway"], entry["body"], entry["images"]) == (shop.gateway.name, CALLS[shop.gateway.name][1], [])
    assert entry["at"] <= shop.stage.clock.now()


async def test_rows_of_the_configuration(shop: Customer) -> None:
    """The row of a gateway says what an operator would write."""
    gateway = shop.gateway
    (row,) = tomllib.loads(tables([gateway]))["gateway"]
    given = environment([gateway], "127.0.0.1:8080")
    below = {"ark_intl": "/api/v3", "ark_cn": "/api/v3", "sinancode": "/v1"}

    assert (row["name"], row["dialect"], row["allow_private_results"]) == (gateway.name, gateway.name, True)
    assert row["base_url"] == gateway.origin + below.get(gateway.name, "")
    assert given[row["api_key_env"]] == gateway.key
    assert given.get("PUBLIC_URL") == ("http://127.0.0.1:8080" if gateway.name == "uniall" else None)
    assert ("upload_url" in row) == (gateway.name == "sinancode")
    assert ("limits" in row) == (gateway.name in {"acedata", "sinancode"})
    assert ("prices" in row) == (gateway.name not in {"ark_intl", "acedata"})
