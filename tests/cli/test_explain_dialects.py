"""`seedream-bot explain` for every dialect, without and with a configuration file."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.cli.app import build_app
from bot.catalog.load import shipped

# A picture of 16 by 32 pixels: large enough for every gateway.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000001000000020080200000094eb6f9b0000001c4944415478"
    "da63d8622342126218d530aa6154c3a886510d234103002386081f9905fd8d0000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration except the test's."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.upper() in {"PUBLIC_URL", "SEEDREAM_BOT_CONFIG"}:
            monkeypatch.delenv(name)
    (tmp_path / "a.png").write_bytes(PNG)


def run_explain(*arguments: str, config: str | None = None, **environment: str) -> tuple[int, Any]:
    if config is not None:
        Path("seedream-bot.toml").write_text(config, encoding="utf-8")
    done = CliRunner().invoke(build_app(), ["explain", "--json", *arguments], env=environment)
    return done.exit_code, json.loads(done.stdout)


# A dialect, the URL of its request, the price of an image.
PLACES = [
    ("ark_cn", "https://ark.cn-beijing.volces.com/api/v3/images/generations", "0.25 CNY"),
    ("ark_intl", "https://ark.ap-southeast.bytepluses.com/api/v3/images/generations", "0.04 USD"),
    ("acedata", "https://api.acedata.cloud/seedream/images", "0.037 USD"),
    ("sinancode", "https://api.sinancode.com/v1/generate/vol/seedream", None),
    ("uniall", "https://base-url.invalid/v1/images/generations", None),
    ("unode", "https://www.unodetech.xyz/v1/images/generations", None),
    ("opeai", "https://api-platform.ope.ai/v1/images/generations", None),
]


@pytest.mark.parametrize(("dialect", "url", "price"), PLACES)
@pytest.mark.parametrize("by_flag", [False, True])
def test_every_dialect_under_its_own_name(dialect: str, url: str, price: str | None, by_flag: bool) -> None:
    """Without a file or a key; named by the option or in the text."""
    named = ["a fox --model 4.5 --gateway " + dialect] if by_flag else ["--gateway", dialect, "a fox --model 4.5"]

    code, said = run_explain(*named)

    assert (code, said["gateway"], said["dialect"], said["method"], said["url"]) == (0, dialect, dialect, "POST", url)
    amount, _, currency = (price or "").partition(" ")
    assert said["price"] == (None if price is None else {"amount": amount, "currency": currency, "images": 1})
    assert said["headers"]["Authorization"] == "Bearer ***"


def test_every_row_is_shown() -> None:
    """The table above has every dialect of the catalog."""
    assert [dialect for dialect, *_ in PLACES] == list(shipped().dialects)


@pytest.mark.parametrize(
    ("dialect", "field", "value"),
    [
        ("sinancode", "images", ["<upload:1>", "<upload:2>"]),
        ("ark_intl", "image", ["<stored:abcdefghjkmn#2>", None]),
        ("acedata", "image", ["<stored:abcdefghjkmn#2>", None]),
    ],
)
def test_bytes_in_the_form_a_dialect_takes(dialect: str, field: str, value: list[str | None]) -> None:
    """A placeholder for what a step before the call would produce; otherwise the value in the request."""
    code, said = run_explain("--gateway", dialect, "--reference", "a.png", "/edit make it night --ref abcdefghjkmn#2")

    shown = [None if image.startswith("data:image/png;base64,") else image for image in said["body"][field]]
    assert (code, shown) == (0, value)


def test_signed_addresses() -> None:
    """A gateway that only downloads references needs PUBLIC_URL; without it, the message says so."""
    asked = ("--gateway", "uniall", "--reference", "a.png", "a fox")

    without, refused = run_explain(*asked)
    with_it, said = run_explain(*asked, PUBLIC_URL="https://bot.example")

    assert (without, refused["refused"]["code"], "PUBLIC_URL" in refused["refused"]["message"]) == (
        1,
        "REF_FORM_NOT_ACCEPTED",
        True,
    )
    assert (with_it, said["url"], said["body"]["image"]) == (0, "https://base-url.invalid/v1/images/edits", "<signed:1>")
    assert said["body"]["custom_size"] == {"width": 1456, "height": 2912}


@pytest.mark.parametrize(
    ("mode", "accept", "field"),
    [("auto", "application/json", "async"), ("sync", "application/json", None), ("stream", "application/x-ndjson", "stream")],
)
def test_how_an_answer_is_asked_for(mode: str, accept: str, field: str | None) -> None:
    """Tasks, one answer, or lines of JSON."""
    config = f'[[gateway]]\nname = "ace"\ndialect = "acedata"\napi_key_env = "K"\nmode = "{mode}"\n'

    _, said = run_explain("a fox --count 2", config=config)

    assert (said["headers"]["Accept"], [name for name in ("async", "stream") if name in said["body"]]) == (
        accept,
        [] if field is None else [field],
    )


def test_a_mode_the_dialect_has_not_is_a_refusal_here() -> None:
    """`run` would not start with it; `explain` prints the refusal that a member would get."""
    config = '[[gateway]]\nname = "u"\ndialect = "unode"\napi_key_env = "K"\nmode = "stream"\n'

    code, said = run_explain("a fox", config=config)

    assert (code, said["refused"]["code"]) == (1, "STREAM_NOT_SUPPORTED")


def test_an_unknown_gateway_names_those_there_are() -> None:
    """The refusal suggests the nearest one."""
    code, said = run_explain("--gateway", "sinan", "a fox")

    assert (code, said["refused"]["code"], said["refused"]["nearest"]) == (1, "NO_GATEWAY", "--gateway sinancode")
