"""docs/catalog.md: its lists of keys are those of the code, and its examples are valid."""

import re
from pathlib import Path

import pytest

from adapters.cli.settings import keyless_settings
from bot.catalog.profiles import profiles_of
from docs.keys import PAGE, described

EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
GATEWAY = '[[gateway]]\nname = "ark"\ndialect = "ark_intl"\napi_key_env = "ARK_API_KEY"\n'


def test_the_lists_of_keys_are_current() -> None:
    """`make docs` writes them anew."""
    page = PAGE.read_text(encoding="utf-8")

    assert described(page) == page


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_valid(example: str, tmp_path: Path) -> None:
    path = tmp_path / "seedream-bot.toml"
    path.write_text(example if "[[gateway]]" in example else GATEWAY + example, encoding="utf-8")

    assert profiles_of(keyless_settings(path))[0].default_model in {"5.5", "6.0"}
