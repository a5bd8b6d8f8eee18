"""`seedream-bot explain` from the command line: its output and exit code."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.cli.app import build_app
from adapters.cli.commands.explain import described_calls
from tests.requests.test_one_picture import build, gateway

ROOT = Path(__file__).parents[2]
# A picture of 16 by 32 pixels: large enough for every gateway.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000001000000020080200000094eb6f9b0000001c4944415478"
    "da63d8622342126218d530aa6154c3a886510d234103002386081f9905fd8d0000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no settings except the test's."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name != "PATH":
            monkeypatch.delenv(name)


def in_process(*arguments: str) -> tuple[int, str, str]:
    """Run the program in a process of its own."""
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "adapters", "explain", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def explain(*arguments: str, config: str | None = None) -> tuple[int, str, str]:
    """Run the command in this process, which is faster."""
    if config is not None:
        Path("seedream-bot.toml").write_text(config, encoding="utf-8")
    done = CliRunner().invoke(build_app(), ["explain", *arguments])
    return done.exit_code, done.stdout, done.stderr


def run_explain(*arguments: str, config: str | None = None) -> tuple[int, Any]:
    code, out, _ = explain("--json", *arguments, config=config)
    return code, json.loads(out)


def test_a_request() -> None:
    """The exact request except for the key, and its price; without a file, a key or the network."""
    code, out, _ = in_process("--json", "a red fox --model 4.5 --ratio 16:9 --count 4")
    said = json.loads(out)

    assert (code, said["gateway"], said["dialect"], said["method"]) == (0, "ark_intl", "ark_intl", "POST")
    assert said["url"] == "https://ark.ap-southeast.bytepluses.com/api/v3/images/generations"
    assert said["headers"]["Authorization"] == "Bearer ***"
    assert said["price"] == {"amount": "0.16", "currency": "USD", "images": 4}
    assert said["body"] == {
        "model": "seedream-4-5-251128",
        "prompt": "a red fox",
        "size": "2848x1600",
        "response_format": "url",
        "watermark": False,
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": 4},
        "stream": True,
    }


def test_a_refusal() -> None:
    """The code, the message and the nearest request that works; exit code 1."""
    code, said = run_explain("--", "--size 3K --model 4.5 a fox")

    assert (code, said["refused"]["code"], said["refused"]["nearest"]) == (1, "TIER_NOT_ON_MODEL", "--size 3K --ratio 1:1")
    assert "3K" in said["refused"]["message"]


def test_text_for_people() -> None:
    """Without `--json`: the answer goes to stdout, and nothing to stderr."""
    done = in_process("a 🦊 --count 2")
    refused = in_process("a fox --cuont 2")

    assert (done[0], done[2], refused[0], refused[2]) == (0, "", 1, "")
    assert "Price: 0.07 USD for up to 2 images" in done[1]
    assert "a 🦊" in done[1]
    assert refused[1].startswith("UNKNOWN_FLAG: ")


CONFIG = """
[defaults]
model = "4.0"
[[gateway]]
name = "mainland"
dialect = "ark_cn"
api_key_env = "NO_SUCH_KEY"
prices = { "5.5" = "0.18 CNY" }
[[gateway]]
name = "abroad"
dialect = "ark_intl"
api_key_env = "NO_SUCH_KEY_EITHER"
mode = "sync"
base_url = "https://ark.example/api/v3"
priority = 1
prices = { "4.0" = "0.5 EUR" }
"""


@pytest.mark.parametrize(
    ("arguments", "gateway", "price"),
    [
        (["a fox"], "abroad", {"amount": "0.50", "currency": "EUR", "images": 1}),
        (["--gateway", "mainland", "a fox"], "mainland", {"amount": "0.18", "currency": "CNY", "images": 1}),
        (["a fox --gateway mainland"], "mainland", {"amount": "0.18", "currency": "CNY", "images": 1}),
        (["a fox --gateway mainland --model 4.0"], "mainland", {"amount": "0.20", "currency": "CNY", "images": 1}),
    ],
)
def test_the_operators_gateways(arguments: list[str], gateway: str, price: Any) -> None:
    """The first choice of routing, or the named gateway; unset keys are not needed.

    The default is said to be withdrawn on the mainland: there it is made where it is named, and 5.5 where it is not.
    """
    code, said = run_explain(*arguments, config=CONFIG)

    assert (code, said["gateway"], said["price"]) == (0, gateway, price)


def test_references() -> None:
    """URLs are not fetched, data URLs not decoded; files are processed, and stored images appear as their names."""
    Path("a.png").write_bytes(PNG)
    given = ["https://e.com/1.png", "data:image/png;base64,AAAA", "a.png"]

    code, said = run_explain(
        *(part for one in given for part in ("--reference", one)), "/edit make it night --ref abcdefghjkmn#2"
    )

    images = said["body"]["image"]
    assert (code, said["body"]["prompt"], said["body"]["size"]) == (0, "make it night", "2K")
    assert images[:3] == ["<stored:abcdefghjkmn#2>", *given[:2]]
    assert base64.b64decode(images[3].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")


def test_a_file_gives_the_shape() -> None:
    """An image half as wide as high, at about 4.19 megapixels."""
    Path("a.png").write_bytes(PNG)

    code, said = run_explain("--reference", "a.png", "a fox")

    assert (code, said["body"]["size"]) == (0, "1456x2912")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [(b"no picture at all", "REF_BAD_FORMAT"), (PNG[:60], "REF_UNREADABLE")],
    ids=["text", "cut"],
)
def test_a_file_that_is_no_picture(content: bytes, refusal: str) -> None:
    """`explain` refuses what the intake refuses."""
    Path("a.png").write_bytes(content)

    code, said = run_explain("--reference", "a.png", "a fox")

    assert (code, said["refused"]["code"], said["refused"]["nearest"]) == (1, refusal, None)


@pytest.mark.parametrize(
    ("arguments", "config"),
    [
        ([], None),
        (["--no-such-option", "a fox"], None),
        (["--reference", "nothing.png", "a fox"], None),
        (["a fox"], "[defaults]\nmodel = 'nine'\n"),
        (["a fox"], "what is this"),
        (["--config", "nothing.toml", "a fox"], None),
    ],
)
def test_usage(arguments: list[str], config: str | None) -> None:
    """A wrong option, file or configuration: exit code 2 and a message on stderr."""
    code, out, error = explain(*arguments, config=config)

    assert (code, out) == (2, "")
    assert error


@pytest.mark.parametrize(
    ("text", "prompt", "size"),
    [
        ("a fox --ar 16:9.", "a fox", "2816x1584"),
        ("a fox (--ratio portrait)", "a fox", "1584x2816"),
        ("a fox --\u200bar 1.5", "a fox", "2496x1664"),
        ("a fox —size 1K", "a fox", "1K"),
        ("a list:\n-search lights\n-size matters", "a list:\n-search lights\n-size matters", "2K"),
        ('{"subject": "a fox", "style": "photo"}', '{"subject": "a fox", "style": "photo"}', "2K"),
    ],
)
def test_the_text_is_read_as_in_a_chat(text: str, prompt: str, size: str) -> None:
    """One grammar, whoever reads it."""
    code, said = run_explain("--", text)

    assert (code, said["body"]["prompt"], said["body"]["size"]) == (0, prompt, size)


@pytest.mark.parametrize(
    ("text", "refused", "nearest"),
    [
        ("a fox --hd", "UNKNOWN_FLAG", None),
        ("a fox --cuont 4", "UNKNOWN_FLAG", "--count"),
        ("a fox --repeat 2", "OPTION_NOT_SUPPORTED", None),
        ("a {red, blue} fox", "OPTION_NOT_SUPPORTED", None),
        ("a -private beach", "UNKNOWN_FLAG", "--private"),
        ("a fox --gateway foo", "NO_GATEWAY", None),
        ("a fox --gateway unod", "NO_GATEWAY", "--gateway unode"),
        ("a fox --model flux", "MODEL_NOT_ON_DIALECT", None),
        ("a fox --model 4.4", "MODEL_NOT_ON_DIALECT", "--model 4.5"),
        ("a fox --format jpge", "FORMAT_NOT_SUPPORTED", "--format jpeg"),
        ("like https://e.com/a.png", "REF_ADDRESS", None),
    ],
)
def test_the_text_is_refused_as_in_a_chat(text: str, refused: str, nearest: str | None) -> None:
    """With the same code and the same suggestion, or none."""
    code, said = run_explain("--", text)

    assert (code, said["refused"]["code"], said["refused"]["nearest"]) == (1, refused, nearest)


def test_several_calls() -> None:
    """Equal calls are one body with their number; the price is that of all together."""
    code, said = run_explain("four seasons --count 4 --gateway ark_intl")

    assert (code, said["calls"], said["price"]) == (0, 4, {"amount": "0.14", "currency": "USD", "images": 4})
    assert "sequential_image_generation" not in said["body"]
    assert "requests" not in said
    assert "instead_of" not in said


def test_a_set_is_one_call() -> None:
    code, said = run_explain("four seasons --count 4 --model 4.5 --gateway ark_intl")

    assert (code, said["calls"], said["body"]["sequential_image_generation_options"]) == (0, 1, {"max_images": 4})


def test_calls_that_differ() -> None:
    """Each has its own number; what stands at the top is the first of them."""
    calls = described_calls(replace(build("ark_intl", "a fox --model 4.5 --count 8"), per_call=6), [], gateway("ark_intl"))

    assert [(call["calls"], call["body"]["sequential_image_generation_options"]) for call in calls] == [
        (1, {"max_images": 6}),
        (1, {"max_images": 2}),
    ]


def test_layers_in_words() -> None:
    """Their number is not known, so the most that they can cost is said; and that it is not the default model."""
    code, out, _ = explain("--reference", "https://e.com/1.png", "--", "--layers --gateway ark_intl")

    assert code == 0
    assert "Not with the default model: Seedream 5.5 cannot do this." in out
    assert "Price: 0.306 USD for up to 17 images" in out


def test_a_withdrawn_model_in_words() -> None:
    """It was named, and could do this: the operator wants another one in its place."""
    remap = '[model."4.5"]\nretired = 2026-01-02T00:00:00Z\ninstead = "5.5"\nremap = true\n'
    Path("seedream-bot.toml").write_text(f'[[gateway]]\nname = "ark"\ndialect = "ark_intl"\napi_key_env = "K"\n{remap}')

    code, out, _ = explain("a fox --model 4.5")

    assert (code, "Instead of Seedream 4.5, which has been withdrawn." in out, "cannot do this" in out) == (0, True, False)


def test_calls_in_words() -> None:
    code, out, _ = explain("four seasons --count 4 --gateway ark_intl")

    assert (code, "4 times:" in out, "Price: 0.14 USD for up to 4 images" in out) == (0, True, True)


@pytest.mark.parametrize(
    ("media_type", "refused"),
    [("image/jpeg", True), ("IMAGE/JPG", True), ("image/png", False), ("image/webp", False)],
)
def test_a_data_url_without_transparent_parts(media_type: str, refused: bool) -> None:
    """It is not opened; of a JPEG, its media type says enough."""
    text = "make it red --background transparent --model pro --gateway ark_intl"

    code, said = run_explain("--reference", f"data:{media_type};base64,AAAA", text)

    assert (code, said.get("refused", {}).get("code")) == ((1, "REF_NEEDS_ALPHA") if refused else (0, None))


def test_a_file_without_transparent_parts() -> None:
    """A file is measured; an address is not opened and counts as having some."""
    Path("a.png").write_bytes(PNG)
    text = "make it red --background transparent --model pro --gateway ark_intl"

    assert run_explain("--reference", "https://e.com/1.png", text)[1]["body"]["background"] == "transparent"
    assert run_explain("--reference", "a.png", text)[1]["refused"]["code"] == "REF_NEEDS_ALPHA"
