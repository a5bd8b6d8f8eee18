"""All platforms, one line each. A new platform is a folder with an `entry.py`, and a line here."""

from adapters.discord.entry import DISCORD
from adapters.shared.entry import Entries
from adapters.slack.entry import SLACK

PLATFORMS: Entries = (
    DISCORD,
    SLACK,
)
