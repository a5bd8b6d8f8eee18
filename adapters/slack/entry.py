"""Slack for the command line. Functions import the platform only when they are called."""

import ssl
from typing import TYPE_CHECKING

from adapters.shared.entry import Invitation, Open, PlatformEntry, Surroundings
from adapters.slack.settings import CONFIG, SlackSettings
from bot.clock import Clock

if TYPE_CHECKING:
    from adapters.checkup.finding import Checkup
    from adapters.shared.runnable_platform import RunnablePlatform

STEPS = """Slack
  1. On https://api.slack.com/apps choose Create New App, From a manifest, and paste the output of seedream-bot manifest
  2. Choose Install to Workspace, then set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (or SLACK_SIGNING_SECRET)
  3. In each channel, write /invite @{name}"""


def _load() -> Open[SlackSettings]:
    from adapters.slack.client import SlackPlatform  # noqa: PLC0415  # slack-bolt, imported only if it is configured

    def open_platform(settings: SlackSettings, surroundings: Surroundings) -> "RunnablePlatform":
        platform = SlackPlatform(settings, tls=surroundings.tls, clock=surroundings.clock)
        platform.mount(surroundings.routes)
        return platform

    return open_platform


def _open_checkup(settings: SlackSettings, tls: ssl.SSLContext, clock: Clock) -> "Checkup":
    from adapters.slack.checkup import SlackCheckup  # noqa: PLC0415  # as above

    return SlackCheckup(settings, tls=tls, clock=clock)


def _invite(_: SlackSettings | None, __: int | None) -> Invitation:
    from adapters.slack.manifest import NAME  # noqa: PLC0415  # as above

    return Invitation(text=STEPS.format(name=NAME))


SLACK = PlatformEntry(
    config=CONFIG,
    load=_load,
    open_checkup=_open_checkup,
    is_channel=lambda text: text.isascii() and text.isalnum(),
    invite=_invite,
)
