"""`seedream-bot invite`: the links, from the token alone or from an id."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from adapters.cli.app import build_app
from adapters.discord.invitation import account_link, application_in, server_link

APPLICATION = 1540618795163320321
TOKEN = "MTU0MDYxODc5NTE2MzMyMDMyMQ.AAAAAA.BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
UNSET: Mapping[str, str | None] = dict.fromkeys(("DISCORD_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"))
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


def invite(folder: Path, *arguments: str, env: Mapping[str, str]) -> Result:
    path = folder / "seedream-bot.toml"
    path.write_text('[[gateway]]\nname = "a"\ndialect = "ark_intl"\napi_key_env = "NO_SUCH_KEY"\n', encoding="utf-8")
    return CliRunner().invoke(build_app(), ["invite", "--config", str(path), *arguments], env={**UNSET, **env})


def test_the_link_into_a_server() -> None:
    """Both scopes, and the six permissions the bot uses as one number."""
    parts = urlsplit(server_link(APPLICATION))

    assert (parts.scheme, parts.netloc, parts.path) == ("https", "discord.com", "/oauth2/authorize")
    assert parse_qs(parts.query) == {
        "client_id": [str(APPLICATION)],
        "scope": ["bot applications.commands"],
        "permissions": ["274878024704"],
    }


def test_the_link_for_one_account() -> None:
    """Installs only the commands; requests no permissions."""
    assert parse_qs(urlsplit(account_link(APPLICATION)).query) == {
        "client_id": [str(APPLICATION)],
        "scope": ["applications.commands"],
        "integration_type": ["1"],
    }


@pytest.mark.parametrize(
    ("token", "application"),
    [(TOKEN, APPLICATION), ("", None), ("abc", None), ("Ym90.x.y", None), ("MTIz", 123), ("not base64.x.y", None)],
)
def test_the_application_in_a_token(token: str, application: int | None) -> None:
    """A token begins with its application's id; other texts have none."""
    assert application_in(token) == application


def test_from_the_token(tmp_path: Path) -> None:
    """Prints the links but not the token; needs no API key."""
    done = invite(tmp_path, env={"DISCORD_TOKEN": TOKEN})

    assert (done.exit_code, done.stderr) == (0, "")
    assert server_link(APPLICATION) in done.stdout
    assert account_link(APPLICATION) in done.stdout
    assert "seedream-bot manifest" in done.stdout
    assert TOKEN not in done.output


def test_from_an_id(tmp_path: Path) -> None:
    """The option takes precedence over the token."""
    done = invite(tmp_path, "--application", "42", env={"DISCORD_TOKEN": TOKEN})

    assert done.exit_code == 0
    assert server_link(42) in done.stdout


def test_for_slack_alone(tmp_path: Path) -> None:
    """Without Discord, it prints the steps for Slack and how to get the Discord link."""
    done = invite(tmp_path, env=SLACK)

    assert done.exit_code == 0
    assert "/invite @Seedream" in done.stdout
    assert "--application" in done.stderr


@pytest.mark.parametrize("env", [{}, {"DISCORD_TOKEN": "no.id.inside"}, {"DISCORD_TOKEN": "no.id.inside", **SLACK}])
def test_without_an_id_to_be_found(tmp_path: Path, env: dict[str, str]) -> None:
    """Exit code 2, and where to find the id."""
    done = invite(tmp_path, env=env)

    assert done.exit_code == 2
    assert "General Information" in done.stderr
    assert "no.id.inside" not in done.output
