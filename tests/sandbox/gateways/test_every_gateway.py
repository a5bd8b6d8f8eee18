"""What all gateways have in common: faults, results, and their configuration."""

import base64
import json
import tomllib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.gateways.catalog import GATEWAY_TYPES, config_tables, environment
from tests.sandbox.gateways.gateway_client import GatewayClient, open_gateway
from tests.sandbox.gateways.sample_calls import CALLS

JPEG = b"\xff\xd8\xff"


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


async def test_a_quoted_prompt(client: GatewayClient) -> None:
    """An error after everything was made and billed quotes the prompt, with any status."""
    for word, status in (("quoted", 500), ("quoted:418", 418)):
        client.inject("submit", word)
        answer = await call(client)
        assert (answer.status_code, "The prompt was: a fox" in answer.text) == (status, True)
    await client.wait_until(lambda: client.get("/"), lambda _: client.billed == [1, 1])


async def test_more_pictures_than_asked(client: GatewayClient) -> None:
    """Any number of them, all billed."""
    client.inject("submit", "more:5")
    await call(client)

    await client.wait_until(lambda: client.get("/"), lambda _: client.billed == [6])


@pytest.mark.parametrize(("word", "encoding", "least"), [("gzip", "gzip", 0), ("zstd", "zstd", 0), ("bomb", "zstd", 300_000_000)])
async def test_a_compressed_answer(client: GatewayClient, word: str, encoding: str, least: int) -> None:
    """Whatever the caller accepts."""
    path, body = CALLS[client.gateway.name]
    client.inject("answer", word)
    answer = await client.post(path, body)

    assert answer.headers["Content-Encoding"] == encoding
    assert len(answer.content) > least
    # Without the white space: to decode 300 MB as JSON takes a second.
    found = json.loads(answer.content.strip())
    assert "data" in found or "task_id" in found


@pytest.mark.parametrize("word", ["spaces", "data-url", "base64", "wrapped"])
async def test_what_stands_in_the_place_of_an_address(client: GatewayClient, word: str) -> None:
    """White space around it, or the picture itself."""
    client.inject("address", word)
    text = await result_url(client, await call(client))

    if word == "spaces":
        assert (await client.http.get(text.strip())).content.startswith(JPEG)
        assert text != text.strip()
    else:
        encoded = text.partition(",")[2] or text
        assert base64.b64decode(encoded + "==").startswith(JPEG)


@pytest.mark.parametrize(("word", "content_type", "encoding"), [("gzip", "image/jpeg", "gzip"), ("as-html", "text/html", None)])
async def test_what_a_result_is_declared_as(client: GatewayClient, word: str, content_type: str, encoding: str | None) -> None:
    """It is the picture all the same."""
    url = await result_url(client, await call(client))
    client.inject("result", word)
    result = await client.http.get(url)

    assert (result.headers["Content-Type"].partition(";")[0], result.headers.get("Content-Encoding")) == (content_type, encoding)
    assert result.content.startswith(JPEG)


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
