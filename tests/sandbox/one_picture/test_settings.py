"""Settings of a gateway's world: withdrawn models, and how long a picture takes."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.contracts import ControlError
from sandbox.gateways.dialects.unode import Unode
from tests.sandbox.gateways.ark_client import ArkClient
from tests.sandbox.gateways.gateway_client import open_gateway
from tests.sandbox.one_picture.one_picture_client import PRO, V55, error_of, generate

NOT_FOUND = (404, "InvalidEndpointOrModel.NotFound", "")
V40, REBUILT, V45, LITE, OTHER_LITE, CN_PRO = (
    f"doubao-seedream-{name}"
    for name in ("4-0-250828", "4-0-20260415", "4-5-251128", "5-0-260128", "5-0-lite-260128", "5-0-pro-260628")
)


async def gone(client: ArkClient, *models: str) -> list[str]:
    """Return those of the models that are no longer known."""
    answers = {model: await generate(client, model=model, size="2K") for model in models}
    assert all(error_of(answer) == NOT_FOUND for answer in answers.values() if answer.status_code != 200)
    return [model for model, answer in answers.items() if answer.status_code == 404]


@pytest.mark.parametrize(
    ("withdrawn", "found"),
    [
        ([], []),
        (["4.5"], [V45]),
        (["4.0"], [V40, REBUILT]),
        ([V40, "5.0-lite"], [V40, LITE, OTHER_LITE]),
        ("reported", [V40, V45, LITE, OTHER_LITE]),
        ({"4.5": "2026-11-24T06:00:00Z", "5.0-pro": "2999-01-01T00:00:00+08:00"}, [V45]),
    ],
)
async def test_withdrawn_models(volcengine: ArkClient, withdrawn: Any, found: list[str]) -> None:
    """By our name or by id, at once or from an instant; nothing is withdrawn until a setting says so."""
    everything = (V40, REBUILT, V45, LITE, OTHER_LITE, CN_PRO)
    assert await gone(volcengine, *everything) == []
    volcengine.gateway.change({"withdrawn": withdrawn})

    assert await gone(volcengine, *everything) == found
    assert len(volcengine.gateway.calls) == 2 * len(everything) - len(found)
    volcengine.gateway.change({"withdrawn": []})
    assert await gone(volcengine, *everything) == []


async def test_both_sides_of_the_instant(volcengine: ArkClient) -> None:
    """A model is served until the sandbox's clock reaches its instant, and listed after it too."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    volcengine.gateway.change({"withdrawn": {"4.5": soon.isoformat()}})
    assert await gone(volcengine, V45) == []
    volcengine.runtime.clock.advance(3601)

    assert await gone(volcengine, V45) == [V45]
    assert V45 in {row["id"] for row in (await volcengine.get("/api/v3/models")).json()["data"]}


async def test_a_slow_model(ark: ArkClient) -> None:
    """Seconds are by model, and are those of the clock that tests move; the others stay quick."""
    ark.gateway.change({"seconds": {"5.0-pro": 1}})
    began = time.monotonic()
    await generate(ark, model=V55, prompt="forbidden-output")
    quick = time.monotonic() - began
    await generate(ark, model=PRO, prompt="forbidden-output")

    assert time.monotonic() - began - quick >= 1
    ark.gateway.change({"seconds": {}})
    assert ark.gateway.image_maker.seconds == {}


@pytest.mark.parametrize(
    "settings",
    [
        {"odd": 1},
        {"seconds": 5},
        {"seconds": {"5.0-pro": -1}},
        {"seconds": {"5.0-pro": True}},
        {"withdrawn": "everything"},
        {"withdrawn": ["9.0"]},
        {"withdrawn": [7]},
        {"withdrawn": {"4.5": "tomorrow"}},
        {"withdrawn": {"4.5": "2026-11-24T06:00:00"}},
        {"withdrawn": {"4.5": None}},
    ],
)
async def test_refused_settings(ark: ArkClient, settings: Any) -> None:
    """A setting that means nothing is refused with a sentence."""
    with pytest.raises(ControlError, match=r"\.$"):
        ark.gateway.change(settings)


async def test_resellers_have_no_withdrawn_models() -> None:
    """Only the official API knows that setting."""
    async with open_gateway(Unode, "unode") as client:
        with pytest.raises(ControlError):
            client.gateway.change({"withdrawn": ["4.5"]})
