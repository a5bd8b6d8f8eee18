"""The manifest declares exactly the scopes and events that the code uses, within Slack's limits."""

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
from bot.presentation.menu import menu as menu_in_words
from bot.presentation.offers import catalog_offers
from bot.wording.words import Words

SHOWN = menu_in_words(Words(), catalog_offers())
SOURCES = sorted((Path(__file__).parents[3] / "adapters/slack").rglob("*.py"))
HANDLED = {"app_mention", "app_uninstalled", "message", "tokens_revoked"}
"""The events that `receiver.py` handles."""


def called_methods() -> set[str]:
    """Return every method of Slack's Web API that the source calls, as `chat.postMessage`."""
    found = set()
    known = {name.replace(".", "_"): name for name in METHODS}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name = node.func.attr
            on_client = ast.unparse(node.func.value).endswith("client")
            if name == "api_call" and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
            elif on_client:
                found.add(known.get(name, name))
    return found


def test_method_table_matches_the_source() -> None:
    """The table of methods is complete and has no unused entry."""
    assert called_methods() == set(METHODS)


def test_event_table_matches_the_receiver() -> None:
    """Every subscribed event is handled, and every handled event is subscribed to."""
    assert {name.partition(".")[0] for name in EVENTS} == HANDLED
    source = (Path(__file__).parents[3] / "adapters/slack/inbound/receiver.py").read_text(encoding="utf-8")
    assert all(f'"{name}"' in source for name in HANDLED)


def test_scopes_match_methods_events_and_commands() -> None:
    """The manifest requests exactly the scopes that the code uses."""
    requested = manifest(SHOWN, http=None)["oauth_config"]["scopes"]["bot"]
    used = {scope for scope in [*METHODS.values(), *EVENTS.values(), COMMANDS_SCOPE] if scope is not None}
    assert (set(requested), len(requested)) == (used, len(used))
    assert (
        set(requested)
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


def test_commands_and_shortcuts_are_handled() -> None:
    """Every declared command and shortcut is handled."""
    declared = manifest(SHOWN, http=None)["features"]
    assert [command["command"] for command in declared["slash_commands"]] == ["/imagine", "/edit", GROUP]
    assert {row.name for row in COMMANDS if not row.grouped} == {"imagine", "edit"}
    assert {shortcut["callback_id"] for shortcut in declared["shortcuts"]} == {row.name for row in MENU}


@pytest.mark.parametrize("http", [None, "https://bot.example.com", "https://bot.example.com/"])
def test_request_urls(http: str | None) -> None:
    """Request URLs are set in HTTP mode and absent in Socket Mode."""
    declared = manifest(SHOWN, http=http)
    address = None if http is None else "https://bot.example.com/slack/events"
    settings = declared["settings"]
    assert settings["socket_mode_enabled"] is (http is None)
    assert settings["event_subscriptions"].get("request_url") == address
    assert settings["interactivity"].get("request_url") == address
    assert {command.get("url") for command in declared["features"]["slash_commands"]} == {address}


def test_manifest_respects_slacks_limits() -> None:
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


def test_manifest_command() -> None:
    """The command prints JSON to stdout."""
    shown = CliRunner().invoke(build_app(), ["manifest"])
    assert (shown.exit_code, json.loads(shown.stdout)) == (0, manifest(SHOWN, http=None))
    shown = CliRunner().invoke(build_app(), ["manifest", "--http", "https://bot.example.com"])
    assert (shown.exit_code, json.loads(shown.stdout)) == (0, manifest(SHOWN, http="https://bot.example.com"))


@pytest.mark.parametrize(
    "address", ["http://bot.example.com", "bot.example.com", "https://", "https://x/?a=b", "https://x:99999"]
)
def test_invalid_request_urls_are_refused(address: str) -> None:
    """The command exits with an error and prints no manifest."""
    shown = CliRunner().invoke(build_app(), ["manifest", "--http", address])
    assert (shown.exit_code, shown.stdout) == (2, "")
