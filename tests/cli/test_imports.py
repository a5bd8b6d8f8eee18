"""A command imports only what it needs. Each case runs in a separate process."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARSING = {"typer", "rich"}
PLATFORMS = {"discord", "slack_bolt", "slack_sdk", "aiohttp"}
CORE = {"aiosqlite", "httpx", "PIL", "pi_heif", "fluent", "babel", "pydantic"}


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        pytest.param("from adapters.__main__ import load; load(['run'])", PARSING | PLATFORMS | CORE, id="run"),
        pytest.param("import adapters.cli.settings", {"bot.catalog.load", "bot.catalog.profiles"}, id="settings"),
        pytest.param("from adapters.__main__ import load; load(['run', '--config', 'x'])", PARSING | CORE, id="run with a file"),
        pytest.param(
            "from adapters.cli.app import build_app; build_app(['manifest'])", {"rich"} | PLATFORMS | CORE, id="manifest"
        ),
        pytest.param("from adapters.cli.app import build_app; build_app(['invite'])", {"rich"} | PLATFORMS | CORE, id="invite"),
        pytest.param("from adapters.cli.app import build_app; build_app(['backup'])", PLATFORMS | {"httpx", "PIL"}, id="backup"),
        pytest.param(
            "from adapters.cli.app import build_app; build_app(['gateways'])", PLATFORMS | {"PIL", "fluent"}, id="gateways"
        ),
        pytest.param(
            "from adapters.cli.app import build_app; build_app(['explain'])", PLATFORMS | {"aiosqlite", "PIL"}, id="explain"
        ),
        pytest.param("from adapters.cli.app import build_app; build_app(['demo'])", {"rich"} | PLATFORMS | CORE, id="demo"),
        pytest.param("from adapters.platforms import PLATFORMS", PARSING | PLATFORMS | CORE, id="platforms"),
        pytest.param("from adapters.discord.entry import DISCORD; DISCORD.load()", {"slack_bolt", "slack_sdk"}, id="discord"),
        pytest.param("from adapters.slack.entry import SLACK; SLACK.load()", {"discord"}, id="slack"),
        pytest.param("import bot.app", PARSING | PLATFORMS | CORE - {"aiosqlite"}, id="core"),
        pytest.param("import bot.job_runner", {"PIL", "pi_heif", "fluent", "pydantic"}, id="jobs"),
    ],
)
def test_a_command_imports_only_what_it_needs(code: str, unwanted: set[str]) -> None:
    """No other library and no other platform."""
    program = f"import sys\n{code}\nprint(*sorted({unwanted} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.split() == []
