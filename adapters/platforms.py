"""Every platform the program knows, one line each. A further one is a folder with an `entry.py`, and its line here."""

from typing import Any

from adapters.discord.entry import DISCORD
from adapters.shared.entry import PlatformEntry
from adapters.slack.entry import SLACK

PLATFORMS: tuple[PlatformEntry[Any], ...] = (
    DISCORD,
    SLACK,
)
