"""The operator's settings for Slack."""

import re
from collections.abc import Sequence
from typing import Annotated

from bot.config import keys
from bot.config.platforms import Given, PlatformConfig
from bot.config.settings import Secret, secret
from bot.ids import PlatformName
from bot.values import dataclass

NAME = PlatformName("slack")
BOT_TOKEN = re.compile(r"(?:xoxe\.)?xoxb-[\w-]+", re.ASCII)
"""With `xoxe.` where Slack rotates the tokens of the app."""
APP_TOKEN = re.compile(r"xapp-[\w-]+", re.ASCII)
SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")
EVENTS_PATH = "/slack/events"
"""Where Slack sends requests in HTTP mode."""


def _api_url(value: str) -> str:
    if not value.endswith("/api/"):
        raise ValueError
    return keys.base_address(value) + "/"


@dataclass(frozen=True, kw_only=True)
class SlackSettings:
    """Exactly one of `app_token` (Socket Mode) and `signing_secret` (HTTP mode) is set."""

    bot_token: Annotated[Secret, secret("the Bot User OAuth Token, which begins with xoxb-", shape=BOT_TOKEN)]
    app_token: Annotated[Secret | None, secret("the app-level token, which begins with xapp-", shape=APP_TOKEN)] = None
    signing_secret: Annotated[
        Secret | None,
        secret("the Signing Secret of the Basic Information page: 32 characters, 0-9 and a-f", shape=SIGNING_SECRET),
    ] = None
    api_url: Annotated[
        str,
        keys.checked(_api_url, "an https:// URL (http:// only for this machine) that ends in /api/"),
    ] = "https://slack.com/api/"
    """Ends in `/api/`."""


def _problems(given: Given) -> Sequence[str]:
    """Slack sends events either in Socket Mode, which needs the app token, or over HTTP, which needs the signing secret."""
    bot, app, signing = (given.get(field) for field in ("bot_token", "app_token", "signing_secret"))
    if app and signing:
        return [f"{app}: {signing} is also set; set only the app token (Socket Mode) or only the signing secret (HTTP mode)."]
    if bot and not (app or signing):
        return [f"{bot}: also set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode)."]
    if (app or signing) and not bot:
        return [f"{app or signing}: also set SLACK_BOT_TOKEN."]
    return []


CONFIG = PlatformConfig(
    name=NAME,
    settings=SlackSettings,
    needs=("SLACK_BOT_TOKEN and SLACK_APP_TOKEN for Slack (for HTTP mode, SLACK_SIGNING_SECRET instead of SLACK_APP_TOKEN)"),
    member="T024BE7LD/U023BECGF",
    workspace="T024BE7LD",
    problems=_problems,
)
