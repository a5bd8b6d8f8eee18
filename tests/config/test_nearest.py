"""Which name a misspelled one stands for, and when none is near enough to be named."""

import pytest

from bot.commands.syntax.flags import FLAGS, SYNONYMS
from bot.config.nearest import nearest

FLAG_NAMES = [*FLAGS, *SYNONYMS]
GATEWAYS = ["ark", "unode", "acedata", "my-gateway", "ark_cn"]
SETTINGS = ["discord_token", "slack_bot_token", "api_key_env", "images_per_day", "tier", "days", "poll_s", "concurrency"]
ZONES = ["Europe/Berlin", "Europe/Dublin", "America/New_York", "UTC"]

NEAR: list[tuple[str, list[str], str | None]] = [
    # Slips of typing.
    ("cuont", FLAG_NAMES, "count"),
    ("coutn", FLAG_NAMES, "count"),
    ("ocunt", FLAG_NAMES, "count"),
    ("conut", FLAG_NAMES, "count"),
    ("ount", FLAG_NAMES, "count"),
    ("COUNTT", FLAG_NAMES, "count"),
    ("seeed", FLAG_NAMES, "seed"),
    ("rato", FLAG_NAMES, "ratio"),
    ("ratoi", FLAG_NAMES, "ratio"),
    ("sise", FLAG_NAMES, "size"),
    ("modell", FLAG_NAMES, "model"),
    ("fromat", FLAG_NAMES, "format"),
    ("refs", FLAG_NAMES, "ref"),
    ("privat", FLAG_NAMES, "private"),
    ("pirvate", FLAG_NAMES, "private"),
    ("promptmode", FLAG_NAMES, "prompt-mode"),
    ("no-watermrk", FLAG_NAMES, "no-watermark"),
    ("watremark", FLAG_NAMES, "watermark"),
    ("guidence", FLAG_NAMES, "guidance"),
    ("gatway", FLAG_NAMES, "gateway"),
    ("aspct", FLAG_NAMES, "aspect"),
    # A beginning.
    ("priv", FLAG_NAMES, "private"),
    ("spoil", FLAG_NAMES, "spoiler"),
    ("res", FLAG_NAMES, "res"),
    ("wat", FLAG_NAMES, None),
    # Other words.
    ("hd", FLAG_NAMES, None),
    ("repeat", FLAG_NAMES, None),
    ("raw", FLAG_NAMES, None),
    ("tile", FLAG_NAMES, None),
    ("chaos", FLAG_NAMES, None),
    ("stylize", FLAG_NAMES, None),
    ("niji", FLAG_NAMES, None),
    ("upscale", FLAG_NAMES, None),
    ("lora", FLAG_NAMES, None),
    ("steps", FLAG_NAMES, None),
    ("turbo", FLAG_NAMES, None),
    ("v", FLAG_NAMES, None),
    ("x", FLAG_NAMES, None),
    ("qqqqqqqq", FLAG_NAMES, None),
    ("", FLAG_NAMES, None),
    ("c" * 500, FLAG_NAMES, None),
    # Gateways.
    ("foo", GATEWAYS, None),
    ("arc", GATEWAYS, "ark"),
    ("ARK", GATEWAYS, "ark"),
    ("ark2", GATEWAYS, None),
    ("unod", GATEWAYS, "unode"),
    ("node", GATEWAYS, "unode"),
    ("ace", GATEWAYS, None),
    ("acedat", GATEWAYS, "acedata"),
    ("openai", GATEWAYS, None),
    ("mygateway", GATEWAYS, "my-gateway"),
    ("ark-cn", GATEWAYS, "ark_cn"),
    # Settings.
    ("discord_tokn", SETTINGS, "discord_token"),
    ("DISCORD_TOKEN", SETTINGS, "discord_token"),
    ("api_key", SETTINGS, "api_key_env"),
    ("teir", SETTINGS, "tier"),
    ("day", SETTINGS, "days"),
    ("pool_s", SETTINGS, "poll_s"),
    ("colour", SETTINGS, None),
    ("password", SETTINGS, None),
    # Time zones.
    ("Europe/Berlim", ZONES, "Europe/Berlin"),
    ("Berlin", ZONES, "Europe/Berlin"),
    ("new_york", ZONES, "America/New_York"),
    ("Moon/Base", ZONES, None),
]


@pytest.mark.parametrize(("word", "known", "expected"), NEAR, ids=[row[0][:20] for row in NEAR])
def test_the_nearest_name(word: str, known: list[str], expected: str | None) -> None:
    """A slip of typing or a beginning is recognised; another word is not."""
    assert nearest(word, known) == expected
