"""`seedream-bot gateways`: what each can do, what it costs, and whether it answers."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.cli.app import build_app
from tests.fakes.wire import Wire, opened, says

CONFIG = """
[[gateway]]
name = "here"
dialect = "uniall"
api_key_env = "NO_SUCH_KEY"
base_url = "http://127.0.0.1:{here}"
images_per_minute = 40
prices = {{ "4.5" = "0.2 CNY" }}
[[gateway]]
name = "gone"
dialect = "ark_intl"
api_key_env = "NO_SUCH_KEY"
base_url = "http://127.0.0.1:{gone}/api/v3"
"""


def shown(folder: Path, *arguments: str, config: str) -> Result:
    path = folder / "seedream-bot.toml"
    path.write_text(config, encoding="utf-8")
    return CliRunner().invoke(build_app(), ["gateways", "--config", str(path), *arguments])


def with_one_gone(look: Callable[[str], Result]) -> tuple[Result, Wire]:
    """One gateway that answers and one that is not there, while the command runs in a thread of its own."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = unused.getsockname()[1]

        async def play() -> tuple[Result, Wire]:
            async with opened(says(b"", status=404)) as wire:
                return await asyncio.to_thread(look, CONFIG.format(here=wire.port, gone=gone)), wire

        return asyncio.run(play())


def test_what_each_can_do(tmp_path: Path) -> None:
    """Any answer counts; a gateway without an answer makes the exit code 1. No key is needed or sent."""
    done, wire = with_one_gone(lambda config: shown(tmp_path, "--json", config=config))

    here, gone = json.loads(done.stdout)
    assert (done.exit_code, here["reachable"], here["trouble"], gone["reachable"]) == (1, True, None, False)
    assert "ConnectError" in gone["trouble"]
    assert (here["gateway"], here["dialect"], here["references"], here["images_per_minute"]) == ("here", "uniall", None, 40)
    assert {
        model["model"]: model["price"] and (model["price"]["amount"], model["price"]["currency"]) for model in here["models"]
    } == {
        "5.0-lite": None,
        "4.5": ("0.20", "CNY"),
        "4.0": None,
    }
    assert next((model["model"], model["id"], model["tiers"]) for model in gone["models"]) == (
        "5.0-lite",
        "seedream-5-0-260128",
        ["2K", "3K", "4K"],
    )
    newest = next(model for model in gone["models"] if model["model"] == "5.5")
    assert (newest["default"], newest["one_picture"], newest["transparent"], newest["layers"]) == (True, True, "drawn", 0)
    assert newest["price"] == {
        "amount": "0.035",
        "currency": "USD",
        "steps": [{"up_to_px": 2_601_123, "price": "0.02"}, {"up_to_px": None, "price": "0.035"}],
        "reference": "0.008",
        "free_references": 0,
        "layers": [{"up_to_px": 2_601_123, "price": "0.02"}, {"up_to_px": None, "price": "0.035"}],
        "layer_input": "0.008",
    }
    assert wire.requests[0].startswith(b"HEAD / HTTP/1.1")
    assert b"authorization" not in wire.requests[0].lower()


def test_for_people(tmp_path: Path) -> None:
    """The same as text."""
    done, _ = with_one_gone(lambda config: shown(tmp_path, config=config))

    assert "here (uniall) at http://127.0.0.1:" in done.stdout
    assert "references: none, until PUBLIC_URL is set" in done.stdout
    assert "0.20 CNY" in done.stdout
    assert "cannot be reached: ConnectError" in done.stdout
    assert "one a call: --count makes independent images" in done.stdout


def test_withdrawn_models_are_told(tmp_path: Path) -> None:
    """Under the table, and in JSON with who says so."""
    config = '[[gateway]]\nname = "cn"\ndialect = "ark_cn"\napi_key_env = "K"\nbase_url = "http://127.0.0.1:9"\n'
    text, data = shown(tmp_path, config=config).stdout, json.loads(shown(tmp_path, "--json", config=config).stdout)

    assert "cn is reported to have withdrawn 4.5 on 2026-11-24; 5.5 can take its place." in text
    assert {model["model"]: model["retired"] and model["retired"]["state"] for model in data[0]["models"]} == {
        **dict.fromkeys(("5.0-lite", "4.5", "4.0"), "reported"),
        **dict.fromkeys(("5.5", "5.0-pro", "5.0-flash"), None),
    }


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "No gateway is configured"),
        (
            '[[gateway]]\nname = "u"\ndialect = "unode"\napi_key_env = "K"\nmode = "stream"\n',
            'gateway u: mode "stream" is not supported; the dialect unode supports auto, sync.',
        ),
        ('[[gateway]]\nname = "u"\ndialect = "uniall"\napi_key_env = "K"\n', "base_url is missing"),
    ],
)
def test_nothing_to_look_at(tmp_path: Path, config: str, said: str) -> None:
    """An invalid configuration: exit code 2 and a message on stderr."""
    done = shown(tmp_path, config=config)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
