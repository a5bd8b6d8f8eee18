"""A token in the place of another one is found at the start, and never shown."""

import pytest

from adapters.cli.settings import CONFIGS
from bot.config.load import load
from bot.errors import ConfigurationError

BOT, APP = "xoxb-123456789012-abcDEF", "xapp-1-A0123456789-123-abcdef"
SIGNING = "0123456789abcdef0123456789abcdef"
DISCORD = "MTE3NjU0MzIxMDk4NzY1NDMyMQ.GhYxQz.abcdefghijklmnopqrstuvwxyz_-0123456789"


def problems(environment: dict[str, str]) -> tuple[str, ...]:
    try:
        load(None, environment, platforms=CONFIGS, dialects=frozenset(), models=frozenset({"5.0-lite"}), terminal=False)
    except ConfigurationError as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    "environment",
    [
        {"DISCORD_TOKEN": DISCORD},
        {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP},
        {"SLACK_BOT_TOKEN": f"xoxe.{BOT}", "SLACK_SIGNING_SECRET": SIGNING},
    ],
)
def test_tokens_in_their_places(environment: dict[str, str]) -> None:
    """Every form that the platforms give out is accepted."""
    assert problems(environment) == ()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DISCORD_TOKEN", BOT, "the token of the Bot page: three parts with dots between them"),
        ("DISCORD_TOKEN", "1176543210987654321", "the token of the Bot page: three parts with dots between them"),
        ("DISCORD_TOKEN", SIGNING, "the token of the Bot page: three parts with dots between them"),
        ("SLACK_BOT_TOKEN", APP, "the Bot User OAuth Token, which begins with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxp-123-abc", "the Bot User OAuth Token, which begins with xoxb-"),
        ("SLACK_BOT_TOKEN", DISCORD, "the Bot User OAuth Token, which begins with xoxb-"),
        ("SLACK_APP_TOKEN", BOT, "the app-level token, which begins with xapp-"),
        ("SLACK_APP_TOKEN", SIGNING, "the app-level token, which begins with xapp-"),
        ("SLACK_SIGNING_SECRET", APP, "the Signing Secret of the Basic Information page: 32 characters, 0-9 and a-f"),
    ],
)
def test_a_token_in_the_wrong_place(name: str, value: str, expected: str) -> None:
    """One sentence says where the right one begins, without a word about what else is missing."""
    slack = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}
    if name == "SLACK_SIGNING_SECRET":
        del slack["SLACK_APP_TOKEN"]
    environment = slack | {name: value} if name.startswith("SLACK") else {name: value}
    assert problems(environment) == (f"{name}: found a hidden value; expected {expected}.",)


@pytest.mark.parametrize("value", [f"{BOT}\n{APP}", f" {BOT}", f"{BOT}\t", f'"{BOT}"', f"{BOT}\r"])
def test_a_token_with_something_around_it_is_told_once(value: str) -> None:
    """What stands around it is the mistake, not its shape."""
    (problem,) = problems({"SLACK_BOT_TOKEN": value, "SLACK_APP_TOKEN": APP})
    assert problem.startswith("SLACK_BOT_TOKEN: the secret (hidden) ")
    assert BOT not in problem
