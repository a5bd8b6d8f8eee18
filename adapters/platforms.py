"""Every platform the program knows, one line each. A further one is a folder with an `entry.py`, and its line here."""

from adapters.discord.entry import DISCORD
from adapters.shared.entry import Entries
from adapters.slack.entry import SLACK

PLATFORMS: Entries = (
    DISCORD,
    SLACK,
)
