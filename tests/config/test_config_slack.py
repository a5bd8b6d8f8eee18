"""Slack's settings: Socket Mode or HTTP mode, the API URL, and the listening address."""

import pytest

from adapters.cli.settings import CONFIGS
from adapters.slack.settings import NAME as SLACK
from adapters.slack.settings import SlackSettings
from bot.config.load import load, problems_for_run
from bot.config.settings import Listen, Secret, Settings
from bot.errors import ConfigurationError

SIGNING = "8f" * 16
BOT = {"SLACK_BOT_TOKEN": "xoxb-1"}
SOCKET = {**BOT, "SLACK_APP_TOKEN": "xapp-1"}


def loaded(environment: dict[str, str]) -> Settings:
    return load(None, environment, platforms=CONFIGS, dialects=frozenset(), models=frozenset({"5.0-lite"}), terminal=False)


def problems(environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as raised:
        loaded(environment)
    return raised.value.problems


@pytest.mark.parametrize(
    ("environment", "settings"),
    [
        ({}, None),
        (SOCKET, SlackSettings(bot_token=Secret("xoxb-1"), app_token=Secret("xapp-1"))),
        (
            {**BOT, "SLACK_SIGNING_SECRET": SIGNING},
            SlackSettings(bot_token=Secret("xoxb-1"), signing_secret=Secret(SIGNING)),
        ),
        (
            {**SOCKET, "SLACK_API_URL": "http://127.0.0.1:9/api/"},
            SlackSettings(bot_token=Secret("xoxb-1"), app_token=Secret("xapp-1"), api_url="http://127.0.0.1:9/api/"),
        ),
    ],
)
def test_both_modes(environment: dict[str, str], settings: SlackSettings | None) -> None:
    """The app token is for Socket Mode, the signing secret for HTTP mode."""
    assert loaded(environment).platforms.get(SLACK) == settings


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        (
            BOT,
            ("SLACK_BOT_TOKEN: also set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode)."),
        ),
        (
            {**SOCKET, "SLACK_SIGNING_SECRET": SIGNING},
            (
                "SLACK_APP_TOKEN: SLACK_SIGNING_SECRET is also set; "
                "set only the app token (Socket Mode) or only the signing secret (HTTP mode)."
            ),
        ),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_APP_TOKEN: also set SLACK_BOT_TOKEN."),
        ({"SLACK_SIGNING_SECRET": SIGNING}, "SLACK_SIGNING_SECRET: also set SLACK_BOT_TOKEN."),
        *(
            (
                {**SOCKET, "SLACK_API_URL": address},
                (
                    f'SLACK_API_URL: found "{address}"; expected an https:// URL '
                    "(http:// only for this machine) that ends in /api/."
                ),
            )
            for address in ("https://slack.example/api", "http://slack.example/api/", "slack.com/api/", "https://slack.com/")
        ),
        *(
            ({"LISTEN": text}, f'LISTEN: found "{text}"; expected host:port, like 127.0.0.1:8080.')
            for text in ("8080", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "::1:80", "http://x:80")
        ),
    ],
)
def test_one_problem(environment: dict[str, str], problem: str) -> None:
    """Each names the key, what was found and what is expected."""
    assert problems(environment) == (problem,)


@pytest.mark.parametrize(
    ("environment", "listen"),
    [
        ({}, Listen(host="127.0.0.1", port=8080)),
        ({"LISTEN": "0.0.0.0:80"}, Listen(host="0.0.0.0", port=80)),
        ({"LISTEN": "[::1]:8443"}, Listen(host="::1", port=8443)),
        ({"LISTEN": "localhost:9"}, Listen(host="localhost", port=9)),
    ],
)
def test_the_listening_address(environment: dict[str, str], listen: Listen) -> None:
    """By default, only this machine can connect."""
    assert loaded(environment).listen == listen


def test_slack_alone_is_a_platform() -> None:
    """Only a gateway is missing, and the log hides every secret."""
    settings = loaded(SOCKET)
    assert [problem.partition(":")[0] for problem in problems_for_run(settings, CONFIGS)][:1] == ["No gateway is configured"]
    assert settings.secrets() == {"xoxb-1", "xapp-1"}
