"""The operator's settings for Slack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.config import keys
from bot.config.platforms import Given, PlatformConfig
from bot.config.settings import Secret, secret
from bot.ids import PlatformName

NAME = PlatformName("slack")
EVENTS_PATH = "/slack/events"
"""Where Slack sends requests in HTTP mode."""


def _api_url(value: str) -> str:
    if not value.endswith("/api/"):
        raise ValueError
    return keys.base_address(value) + "/"


@dataclass(frozen=True, kw_only=True)
class SlackSettings:
    """Exactly one of `app_token` (Socket Mode) and `signing_secret` (HTTP mode) is given."""

    bot_token: Annotated[Secret, secret("the bot token alone, in quotes")]
    app_token: Annotated[Secret | None, secret("the app-level token alone, in quotes")] = None
    signing_secret: Annotated[Secret | None, secret("the signing secret alone, in quotes")] = None
    api_url: Annotated[
        str,
        keys.checked(_api_url, "an address that begins with https:// (http:// only on this machine itself) and ends in /api/"),
    ] = "https://slack.com/api/"
    """Ends in `/api/`."""


def _problems(given: Given) -> Sequence[str]:
    """Slack sends events in one of two ways: Socket Mode, which needs the app token, or HTTP, which the signing secret proves."""
    bot, app, signing = (given.get(field) for field in ("bot_token", "app_token", "signing_secret"))
    if app and signing:
        both = f"{app}: found it and {signing} too"
        return [f"{both}; allowed: the app token for Socket Mode, or the signing secret for HTTP mode."]
    if bot and not (app or signing):
        alone = f"{bot}: found it alone"
        return [f"{alone}; allowed: with SLACK_APP_TOKEN for Socket Mode, or with SLACK_SIGNING_SECRET for HTTP mode."]
    if (app or signing) and not bot:
        return [f"{app or signing}: found it without SLACK_BOT_TOKEN; allowed: both together."]
    return []


CONFIG = PlatformConfig(
    name=NAME,
    settings=SlackSettings,
    needs=(
        "SLACK_BOT_TOKEN and SLACK_APP_TOKEN for Slack "
        "(SLACK_SIGNING_SECRET instead of the app token where Slack sends requests to this machine)"
    ),
    member="T024BE7LD/U023BECGF",
    problems=_problems,
)
