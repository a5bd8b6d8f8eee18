"""Every fault word that a stand-in declares is one that it knows."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sandbox.gateways.offered import OFFERED
from sandbox.slack.stand_in import Slack
from sandbox.stage import Fault, Stage
from tests.sandbox.calls import CALLS
from tests.sandbox.customer import Customer, visiting
from tests.sandbox.wire import Wire, wired

FILLED = {"SECONDS": "0.01", "STATUS": "418", "NUMBER": "1", "CODE": "odd"}
UNANSWERED = ("hang", "reset")
"""Words that bring no answer to look at."""


def sayings(words: tuple[str, ...]) -> list[str]:
    """Each declared word with its capitals filled in, once with what its brackets hold and once without."""
    said = [form for word in words for form in {re.sub(r"\[.*\]", "", word), re.sub(r"[\[\]]", "", word)}]
    filled = [re.sub("[A-Z]+", lambda found: FILLED[found[0]], form) for form in said]
    return sorted(word for word in filled if not word.startswith(UNANSWERED))


@pytest.fixture(params=tuple(OFFERED))
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Customer]:
    async with visiting(OFFERED[request.param], request.param, prepared=2048) as customer:
        yield customer


async def test_gateways_know_what_they_declare(shop: Customer) -> None:
    """No declared word of a submit is answered as unknown, and each may be written into the book."""
    path, body = CALLS[shop.gateway.name]
    unknown = []
    for word in sayings(shop.gateway.faults["submit"]):
        shop.stage.faults.check(f"{shop.gateway.name}.submit", word)
        shop.strike("submit", word)
        try:
            answer = await shop.post(path, body)
        except httpx.RemoteProtocolError:
            continue
        unknown += [word] if "unknown word" in answer.text else []

    assert unknown == []


async def test_discord_knows_what_it_declares(tmp_path: Path) -> None:
    """No declared word of the REST stand-in makes it fail."""
    async with wired(tmp_path) as wire:
        assert await _troubled(wire, ["boom"]) == ["boom"]
        assert await _troubled(wire, sayings(wire.stage.faults.known("discord.rest"))) == []


async def _troubled(wire: Wire, words: list[str]) -> list[str]:
    found = []
    for word in words:
        wire.stage.faults.add(Fault(where="discord.rest", what=word, times=1))
        answer = await wire.call("GET", "/users/@me")
        found += [word] if "Server got itself in trouble" in answer.text else []
    return found


async def test_slack_knows_what_it_declares(tmp_path: Path) -> None:
    """No declared word of the Web API is answered as unknown."""
    stage = Stage()
    slack = await Slack.start(stage, tmp_path)
    url = slack.environment()["SLACK_API_URL"] + "auth.test"
    unknown = []
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        for word in sayings(stage.faults.known("slack.api")):
            stage.faults.add(Fault(where="slack.api", what=word, times=1))
            unknown += [word] if "unknown fault" in (await client.post(url)).text else []
    await slack.close()

    assert unknown == []
