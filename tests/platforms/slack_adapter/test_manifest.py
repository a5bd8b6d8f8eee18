"""The manifest declares what the code uses: no scope more, none less, and within Slack's limits."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.cli.app import build_app
from adapters.slack.commands import GROUP, shortcuts, slash_commands
from adapters.slack.manifest import manifest
from adapters.slack.scopes import COMMANDS_SCOPE, EVENTS, METHODS, SCOPES
from bot.commands.table import COMMANDS, MENU
from bot.presentation.menu import menu as in_words
from bot.wording.words import Words

SHOWN = in_words(Words())
SOURCES = sorted((Path(__file__).parents[3] / "adapters/slack").rglob("*.py"))
HANDLED = {"app_mention", "app_uninstalled", "message", "tokens_revoked"}
"""What `receiver.py` does something about."""


def calls() -> set[str]:
    """Every method of Slack's Web API that the source calls, as `chat.postMessage`."""
    found = set()
    known = {name.replace(".", "_"): name for name in METHODS}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name = node.func.attr
            of_client = ast.unparse(node.func.value).endswith("client")
            if name == "api_call" and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
            elif of_client:
                found.add(known.get(name, name))
    return found


def test_the_methods_are_those_the_source_calls() -> None:
    """The table of methods is complete and holds nothing that nobody calls."""
    assert calls() == set(METHODS)


def test_the_events_are_those_we_handle() -> None:
    """Nothing is subscribed to for later, and nothing is waited for in vain."""
    assert {name.partition(".")[0] for name in EVENTS} == HANDLED
    source = (Path(__file__).parents[3] / "adapters/slack/inbound/receiver.py").read_text(encoding="utf-8")
    assert all(f'"{name}"' in source for name in HANDLED)


def test_the_scopes_are_those_of_methods_events_and_commands() -> None:
    """What the manifest asks for is what the code uses."""
    asked = manifest(SHOWN, http=None)["oauth_config"]["scopes"]["bot"]
    used = {scope for scope in [*METHODS.values(), *EVENTS.values(), COMMANDS_SCOPE] if scope is not None}
    assert (set(asked), len(asked)) == (used, len(used))
    assert (
        set(asked)
        == SCOPES
        == {
            "app_mentions:read",
            "channels:history",
            "chat:write",
            "commands",
            "files:read",
            "files:write",
            "groups:history",
            "im:history",
            "im:write",
            "mpim:history",
        }
    )


def test_commands_and_shortcuts_are_those_we_read() -> None:
    """Whatever a member can call is answered."""
    declared = manifest(SHOWN, http=None)["features"]
    assert [command["command"] for command in declared["slash_commands"]] == ["/imagine", "/edit", GROUP]
    assert {row.name for row in COMMANDS if not row.grouped} == {"imagine", "edit"}
    assert {shortcut["callback_id"] for shortcut in declared["shortcuts"]} == {row.name for row in MENU}


@pytest.mark.parametrize("http", [None, "https://bot.example.com", "https://bot.example.com/"])
def test_addresses_stand_where_slack_sends_to_us(http: str | None) -> None:
    """In HTTP mode everywhere, in Socket Mode nowhere."""
    declared = manifest(SHOWN, http=http)
    address = None if http is None else "https://bot.example.com/slack/events"
    settings = declared["settings"]
    assert settings["socket_mode_enabled"] is (http is None)
    assert settings["event_subscriptions"].get("request_url") == address
    assert settings["interactivity"].get("request_url") == address
    assert {command.get("url") for command in declared["features"]["slash_commands"]} == {address}


def test_slacks_limits() -> None:
    """Lengths and patterns of the manifest schema, version 2."""
    declared = manifest(SHOWN, http="https://bot.example.com")
    shown: dict[str, Any] = declared["display_information"]
    assert 1 <= len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 175 <= len(shown["long_description"]) <= 4000
    assert re.fullmatch("#[0-9a-f]{6}", shown["background_color"])
    assert all(len(shortcut.name) <= 24 and len(shortcut.description) <= 150 for shortcut in shortcuts(SHOWN))
    assert all(
        re.fullmatch("/[a-z]{1,31}", command.name) and len(command.description) <= 2000 for command in slash_commands(SHOWN)
    )
    assert all(len(command.hint) <= 1000 for command in slash_commands(SHOWN))


def test_the_command_line_prints_it() -> None:
    """JSON on stdout, ready to be pasted."""
    shown = CliRunner().invoke(build_app(), ["manifest"])
    assert (shown.exit_code, json.loads(shown.stdout)) == (0, manifest(SHOWN, http=None))
    shown = CliRunner().invoke(build_app(), ["manifest", "--http", "https://bot.example.com"])
    assert (shown.exit_code, json.loads(shown.stdout)) == (0, manifest(SHOWN, http="https://bot.example.com"))


@pytest.mark.parametrize(
    "address", ["http://bot.example.com", "bot.example.com", "https://", "https://x/?a=b", "https://x:99999"]
)
def test_an_address_slack_cannot_use(address: str) -> None:
    """It is refused before anybody pastes it."""
    shown = CliRunner().invoke(build_app(), ["manifest", "--http", address])
    assert (shown.exit_code, shown.stdout) == (2, "")
