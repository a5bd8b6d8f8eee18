"""All platforms, one line each. A new platform is a folder with an `entry.py`, and a line here."""

from typing import Any

from adapters.discord.entry import DISCORD
from adapters.shared.entry import PlatformEntry
from adapters.slack.entry import SLACK

PLATFORMS: tuple[PlatformEntry[Any], ...] = (
    DISCORD,
    SLACK,
)
