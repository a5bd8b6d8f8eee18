"""What all gateways have in common: faults, results, and their configuration."""

import tomllib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.gateways.catalog import GATEWAY_TYPES, config_tables, environment
from tests.sandbox.gateways.gateway_client import GatewayClient, open_gateway
from tests.sandbox.gateways.sample_calls import CALLS


@pytest.fixture(params=tuple(GATEWAY_TYPES))
async def client(request: pytest.FixtureRequest) -> AsyncIterator[GatewayClient]:
    async with open_gateway(GATEWAY_TYPES[request.param], request.param, prepared=2048) as client:
        yield client


async def call(client: GatewayClient) -> httpx.Response:
    path, body = CALLS[client.gateway.name]
    return await client.post(path, body)


async def result_url(client: GatewayClient, answer: httpx.Response) -> str:
    """Return the URL of the first picture, waiting for the task if there is one."""
    body: Any = answer.json()
    if set(body) == {"task_id"}:
        found = await client.wait_until(lambda: client.get(f"/v1/tasks/{body['task_id']}"), lambda task: "result" in task.json())
        return str(found.json()["result"][0]["url"])
    item = body["data"][0]
    return str(item.get("url") or item["image_url"])


async def test_failing_faults(client: GatewayClient) -> None:
    """Each failing fault gives its answer once; nothing is made, and the next call is accepted."""
    spoiled = {"html": 502, "not-json": 200, "error:418:odd": 418, "error-string": 400, "error-null:500": 500, "unheard-of": 500}
    statuses = {}
    for word in spoiled:
        client.inject("submit", word)
        statuses[word] = (await call(client)).status_code

    assert statuses == spoiled
    assert client.gateway.calls == []
    assert (await call(client)).status_code == 200


async def test_dropped_connections(client: GatewayClient) -> None:
    """A connection can be dropped before the body is read, before anything is made, and after everything is made."""
    for part, word in (("connect", "reset"), ("submit", "reset-before"), ("submit", "reset-after")):
        client.inject(part, word)
        with pytest.raises(httpx.TransportError):
            await call(client)
    await client.wait_until(lambda: client.get("/"), lambda _: client.billed == [1])

    assert client.billed == [1]


async def test_hang(client: GatewayClient) -> None:
    """A call can remain unanswered until the caller gives up; nothing is made."""
    client.inject("submit", "hang")
    client.http.timeout = httpx.Timeout(5, read=0.05)
    with pytest.raises(httpx.ReadTimeout):
        await call(client)

    assert client.gateway.calls == []


async def test_results(client: GatewayClient) -> None:
    """A result is served by the gateway's own host for a day; a fault replaces it once."""
    url = await result_url(client, await call(client))
    client.inject("result", "html")
    page = await client.http.get(url)
    picture = await client.http.get(url)
    client.runtime.clock.advance(86_401)

    assert url.startswith(f"{client.gateway.origin}/result/")
    assert page.headers["Content-Type"].startswith("text/html")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert (await client.http.get(url)).status_code == 403


async def test_calls_are_recorded(client: GatewayClient) -> None:
    """Every gateway records a call in the same form."""
    await call(client)
    await client.wait_until(lambda: client.get("/"), lambda _: client.billed == [1])
    (entry,) = client.gateway.calls

    assert (entry["gateway"], entry["body"], entry["images"]) == (client.gateway.name, CALLS[client.gateway.name][1], [])
    assert entry["at"] <= client.runtime.clock.now()


async def test_configuration(client: GatewayClient) -> None:
    """A gateway's configuration table contains what an operator would configure."""
    gateway = client.gateway
    (row,) = tomllib.loads(config_tables([gateway]))["gateway"]
    given = environment([gateway], "127.0.0.1:8080")
    below = {"ark_intl": "/api/v3", "ark_cn": "/api/v3", "sinancode": "/v1"}

    assert (row["name"], row["dialect"], row["allow_private_results"]) == (gateway.name, gateway.name, True)
    assert row["base_url"] == gateway.origin + below.get(gateway.name, "")
    assert given[row["api_key_env"]] == gateway.key
    assert given.get("PUBLIC_URL") == ("http://127.0.0.1:8080" if gateway.name == "uniall" else None)
    assert ("upload_url" in row) == (gateway.name == "sinancode")
    assert ("limits" in row) == (gateway.name in {"acedata", "sinancode"})
    assert ("prices" in row) == (gateway.name not in {"ark_intl", "acedata"})
