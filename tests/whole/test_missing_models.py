"""What members and the operator are told of models that a gateway has withdrawn, or does not have at the moment."""

import json
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.driver import Bot, Sandbox
from tests.whole.program import seedream_bot
from tests.whole.running import PLENTY, PREPARED, started, stop, wait_until
from tests.whole.scene import PLATFORMS, Scene, said

REPORTED = '[dialect.ark_cn.models."{}"]\nretired = 2026-01-01T06:00:00Z\nretired_source = "reported"\ninstead = "5.5"\n'
WITHDRAWALS = f"""{PLENTY}
{"".join(map(REPORTED.format, ("5.0-lite", "4.5", "4.0")))}
[dialect.ark_intl.models."4.0"]
retired = 2026-01-01T06:00:00Z
instead = "5.0-flash"
[dialect.ark_intl.models."4.5"]
retired = 2026-01-01T06:00:00Z
retired_source = "reported"
instead = "5.0-pro"
remap = true
"""
"""All that an operator can say of a withdrawal."""
STARTED = ("--pace", "0.05", "--gateways", "ark_intl,ark_cn", *PREPARED)
MISSING = "ark_cn does not have Seedream {} at the moment"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start(*STARTED) as opened:
        yield opened


@pytest.fixture(scope="module")
def bot(sandbox: Sandbox) -> Iterator[Bot]:
    running = started(sandbox, WITHDRAWALS)
    yield running
    stop(running)


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, sandbox: Sandbox, bot: Bot) -> Iterator[Scene]:
    yield Scene(sandbox, request.param)
    sandbox.clear_faults()
    sandbox.change_gateway("ark_cn", withdrawn=[])
    end_the_hour(sandbox)
    make(Scene(sandbox, request.param), "--model 5.5 --gateway ark_cn")


def end_the_hour(sandbox: Sandbox) -> None:
    """As if it had passed."""
    with closing(sqlite3.connect(Path(sandbox.env["DATA_DIR"]) / "seedream-bot.db")) as database, database:
        database.execute("UPDATE gateway_health SET since = since - 3600, until = until - 3600")


def make(scene: Scene, options: str) -> str:
    """A picture; the bot looks at its marks while it accepts it."""
    start = scene.mark()
    scene.command("imagine", f"a red fox {options}")
    return said(scene.pictures(start))


def health(sandbox: Sandbox) -> Any:
    with urllib.request.urlopen(f"http://{sandbox.env['LISTEN']}/healthz", timeout=10) as answer:
        return json.load(answer)


def reached(sandbox: Sandbox) -> bool:
    """Whether a call has come to the gateway since `sandbox.fault(…)`, accepted or not."""
    return not sandbox.pending_faults()


@pytest.mark.parametrize(("model", "nearest"), [("4.5", "--model 5.5")])
def test_the_first_meets_it_and_the_second_is_refused(scene: Scene, bot: Bot, model: str, nearest: str) -> None:
    """Reported to be withdrawn, so it is tried where it is named; the gateway's answer holds for an hour."""
    sandbox, start, before = scene.sandbox, scene.mark(), len(scene.sandbox.calls())
    sandbox.change_gateway("ark_cn", withdrawn=[model])

    scene.command("imagine", f"a red fox --model {model} --gateway ark_cn")
    met = scene.words(start, MISSING.format(model))
    assert nearest in said(met)
    assert "it cost" in said(met) or "this cost you nothing" in said(met)
    wait_until(lambda: bool(health(sandbox)["unusable_models"]))

    sandbox.fault("ark_cn.submit", "500")
    refused = scene.told(scene.command("imagine", f"a blue fox --model {model} --gateway ark_cn", user="bob"), scene.mark())
    assert MISSING.format(model) in refused
    assert nearest in refused
    assert not reached(sandbox)
    assert scene.calls_since(before) == []
    sandbox.clear_faults()

    (shown,) = health(sandbox)["unusable_models"]
    assert (shown["gateway"], shown["model"]) == ("ark_cn", model)
    assert shown["reason"].startswith("404 ")
    assert health(sandbox)["status"] == "ok"
    assert "not available at the moment" in scene.told(scene.question("models"), scene.mark())
    # The log says a repeated line once in a while only, so it is not counted here.
    assert '"event": "model unusable", "gateway": "ark_cn", "model": "4.5"' in bot.text

    sandbox.change_gateway("ark_cn", withdrawn=[])
    end_the_hour(sandbox)
    make(scene, "--model 5.5 --gateway ark_cn")
    assert f"with Seedream {model}" in make(scene, f"--model {model} --gateway ark_cn")
    assert health(sandbox)["unusable_models"] == []


def test_nothing_there_replaces_it(scene: Scene) -> None:
    """A gateway of the operator's that still can is named."""
    start = scene.mark()
    scene.sandbox.change_gateway("ark_cn", withdrawn=["5.0-lite"])

    scene.command("imagine", "a red fox --size 3K --model 5.0-lite --gateway ark_cn")
    met = said(scene.words(start, MISSING.format("5.0-lite")))

    assert "no other model there can do this" in met
    assert "--gateway ark_intl" in met


def test_a_default_that_is_missing(scene: Scene) -> None:
    """Who names no model gets another one, and reads why and what it costs."""
    start = scene.mark()
    scene.sandbox.change_gateway("ark_cn", withdrawn=["5.0-flash"])
    scene.command("imagine", "a red fox --gateway ark_cn")
    scene.words(start, MISSING.format("5.0-flash"))

    told = make(scene, "--gateway ark_cn")

    assert "instead of 5.0-flash, which ark_cn does not have at the moment" in told


def test_an_announced_withdrawal(scene: Scene) -> None:
    """Refused before a call, with the day and what follows it."""
    scene.sandbox.fault("ark_intl.submit", "500")

    refused = scene.told(scene.command("imagine", "a red fox --model 4.0 --gateway ark_intl"), scene.mark())

    assert "Seedream 4.0 is no longer sold on ark_intl: it ended on 2026-01-01." in refused
    assert "--model 5.0-flash" in refused
    assert not reached(scene.sandbox)


def test_the_operator_has_it_replaced(scene: Scene) -> None:
    """At the other model's price, which the answer says."""
    told = make(scene, "--model 4.5 --gateway ark_intl")

    assert "Seedream 5.0-pro instead of 4.5, which is no longer sold; up to 0.0" in told


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """The bot that starts within the hour asks the gateway no second time; the command line says what it knows."""
    with Sandbox.start(*STARTED) as sandbox:
        scene, first = Scene(sandbox, PLATFORMS[0]), started(sandbox, WITHDRAWALS)
        sandbox.change_gateway("ark_cn", withdrawn=["4.5"])
        start = scene.mark()
        scene.command("imagine", "a red fox --model 4.5 --gateway ark_cn")
        scene.words(start, MISSING.format("4.5"))
        wait_until(lambda: bool(health(sandbox)["unusable_models"]))
        stop(first)

        second = started(sandbox, WITHDRAWALS)
        sandbox.fault("ark_cn.submit", "500")
        make(scene, "--gateway ark_intl")
        refused = scene.told(scene.command("imagine", "a red fox --model 4.5 --gateway ark_cn"), scene.mark())
        assert MISSING.format("4.5") in refused
        assert not reached(sandbox)
        sandbox.clear_faults()
        said_by_command_line(sandbox, tmp_path)
        stop(second)


def said_by_command_line(sandbox: Sandbox, folder: Path) -> None:
    config, env = ("--config", str(sandbox.config)), dict(sandbox.env)
    shown = seedream_bot("gateways", *config, folder=folder, env=env)
    assert "ark_cn says it does not have 4.5 (404 " in shown.stdout
    rows = json.loads(seedream_bot("gateways", "--json", *config, folder=folder, env=env).stdout)
    marked = {(row["gateway"], model["model"]) for row in rows for model in row["models"] if model["unusable"]}
    assert marked == {("ark_cn", "4.5")}
    found = json.loads(seedream_bot("doctor", "--json", *config, folder=folder, env=env).stdout)
    (warned,) = [row for row in found if row["code"] == "model_unusable"]
    assert (warned["check"], warned["verdict"]) == ("model 4.5", "warning")
