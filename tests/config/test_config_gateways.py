"""What the operator may say of a gateway, and how a mistake is named."""

from pathlib import Path

import pytest

from adapters.cli.settings import CONFIGS
from bot.catalog.load import shipped
from bot.config.load import load
from bot.config.settings import GatewayLimits, GatewaySettings, Secret, Settings
from bot.errors import ConfigurationError

HEAD = '[[gateway]]\nname = "sinan"\ndialect = "sinancode"\napi_key_env = "KEY"\n'


def loaded(folder: Path, text: str, environment: dict[str, str] | None = None) -> Settings:
    path = folder / "seedream-bot.toml"
    path.write_text(text, encoding="utf-8")
    variables = {"KEY": "k-123", **(environment or {})}
    return load(
        path,
        variables,
        platforms=CONFIGS,
        dialects=frozenset(shipped().dialects),
        models=frozenset(shipped().models),
        terminal=False,
    )


def test_every_key_of_a_gateway(tmp_path: Path) -> None:
    """Addresses, rate, and everything the documents leave open."""
    text = (
        HEAD
        + """
mode = "async"
base_url = "https://api.example/v1/"
upload_url = "https://files.example"
images_per_minute = 40
concurrency = 3
[gateway.limits]
tiers = { "5.0-lite" = ["2K", "3K", "4K"] }
most_pixels = { "5.0-lite" = 16777216 }
most_side = 4096
most_images = 10
most_references = 4
reference_bytes = 30000000
reference_forms = ["url"]
formats = []
search = true
prompt_modes = ["standard"]
first_poll_s = 2
poll_s = 1.5
deadline_s = 240
answer_s = 60.5
"""
    )

    assert loaded(tmp_path, text).gateways == (
        GatewaySettings(
            name="sinan",
            dialect="sinancode",
            api_key=Secret("k-123"),
            mode="async",
            base_url="https://api.example/v1",
            upload_url="https://files.example",
            images_per_minute=40,
            concurrency=3,
            limits=GatewayLimits(
                tiers={"5.0-lite": ("2K", "3K", "4K")},
                most_pixels={"5.0-lite": 16_777_216},
                most_side=4096,
                most_images=10,
                most_references=4,
                reference_bytes=30_000_000,
                reference_forms=frozenset({"url"}),
                formats=frozenset(),
                search=True,
                prompt_modes=frozenset({"standard"}),
                first_poll_s=2.0,
                poll_s=1.5,
                deadline_s=240.0,
                answer_s=60.5,
            ),
        ),
    )


def test_a_public_address(tmp_path: Path) -> None:
    """From the file or the environment, over https, or http on this machine."""
    from_file = loaded(tmp_path, 'public_url = "https://bot.example/"\n' + HEAD).public_url
    from_environment = loaded(tmp_path, HEAD, {"PUBLIC_URL": "http://127.0.0.1:8080"}).public_url

    assert (from_file, from_environment, loaded(tmp_path, HEAD).public_url) == (
        "https://bot.example",
        "http://127.0.0.1:8080",
        None,
    )


@pytest.mark.parametrize(
    ("text", "environment", "key", "allowed"),
    [
        (HEAD, {"PUBLIC_URL": "http://bot.example"}, "PUBLIC_URL", "an https:// URL"),
        (HEAD, {"PUBLIC_URL": "bot.example"}, "PUBLIC_URL", "an https:// URL"),
        (HEAD + 'upload_url = "ftp://x"', {}, 'gateway[1].upload_url ("sinan")', "an https:// URL"),
        (HEAD + "images_per_minute = 0", {}, 'gateway[1].images_per_minute ("sinan")', "from 1 to 100000"),
        (HEAD + 'mode = "fast"', {}, 'gateway[1].mode ("sinan")', "auto, sync, async or stream"),
        (HEAD + '[gateway.limits]\ntiers = { "9" = ["2K"] }', {}, "gateway[1].limits.tiers", '[model."9"]'),
        (HEAD + '[gateway.limits]\ntiers = { "4.5" = ["8K"] }', {}, "gateway[1].limits.tiers", '"1K", "1.5K", "2K", "3K", "4K"'),
        (HEAD + "[gateway.limits]\npoll_s = 1", {}, "gateway[1].limits.poll_s", "above 1"),
        (HEAD + "[gateway.limits]\npool_s = 3", {}, "gateway[1].limits.pool_s", "did you mean poll_s?"),
        (HEAD + "limits = 3", {}, "gateway[1].limits", "a [gateway.limits] table"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, environment: dict[str, str], key: str, allowed: str) -> None:
    """The key, and what is expected."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, text, environment)

    assert str(caught.value).startswith(key)
    assert allowed in str(caught.value)
