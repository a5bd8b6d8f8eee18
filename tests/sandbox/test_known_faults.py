"""Every fault word that a server declares is implemented."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sandbox.faults import Fault
from sandbox.gateways.catalog import GATEWAY_TYPES
from sandbox.runtime import Runtime
from sandbox.slack.fake_slack import FakeSlack
from tests.sandbox.fake_discord.raw_client import RawClient, open_client
from tests.sandbox.gateways.gateway_client import GatewayClient, open_gateway
from tests.sandbox.gateways.sample_calls import CALLS

FILLED = {"SECONDS": "0.01", "STATUS": "418", "NUMBER": "1", "CODE": "odd"}
UNANSWERED = ("hang", "reset")
"""Words that produce no response to look at."""


def spelled_out(words: tuple[str, ...]) -> list[str]:
    """Fill in the placeholders of each declared word, once with its optional part and once without."""
    said = [form for word in words for form in {re.sub(r"\[.*\]", "", word), re.sub(r"[\[\]]", "", word)}]
    filled = [re.sub("[A-Z]+", lambda found: FILLED[found[0]], form) for form in said]
    return sorted(word for word in filled if not word.startswith(UNANSWERED))


@pytest.fixture(params=tuple(GATEWAY_TYPES))
async def client(request: pytest.FixtureRequest) -> AsyncIterator[GatewayClient]:
    async with open_gateway(GATEWAY_TYPES[request.param], request.param, prepared=2048) as client:
        yield client


async def test_gateways_implement_their_faults(client: GatewayClient) -> None:
    """No declared word of a submit is answered as unknown."""
    path, body = CALLS[client.gateway.name]
    unknown = []
    for word in spelled_out(client.gateway.faults["submit"]):
        client.runtime.faults.check(f"{client.gateway.name}.submit", word)
        client.inject("submit", word)
        try:
            answer = await client.post(path, body)
        except httpx.RemoteProtocolError:
            continue
        unknown += [word] if "unknown word" in answer.text else []

    assert unknown == []


async def test_discord_implements_its_faults(tmp_path: Path) -> None:
    """No declared word makes the fake REST API fail."""
    async with open_client(tmp_path) as client:
        assert await _failing_words(client, ["boom"]) == ["boom"]
        assert await _failing_words(client, spelled_out(client.runtime.faults.known("discord.rest"))) == []


async def _failing_words(client: RawClient, words: list[str]) -> list[str]:
    found = []
    for word in words:
        client.runtime.faults.add(Fault(where="discord.rest", what=word, times=1))
        answer = await client.call("GET", "/users/@me")
        found += [word] if "Server got itself in trouble" in answer.text else []
    return found


async def test_slack_implements_its_faults(tmp_path: Path) -> None:
    """No declared word of the Web API is answered as unknown."""
    runtime = Runtime()
    slack = await FakeSlack.start(runtime, tmp_path)
    url = slack.environment()["SLACK_API_URL"] + "auth.test"
    unknown = []
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        for word in spelled_out(runtime.faults.known("slack.api")):
            runtime.faults.add(Fault(where="slack.api", what=word, times=1))
            unknown += [word] if "unknown fault" in (await http.post(url)).text else []
    await slack.close()

    assert unknown == []
