"""What every test shares: how hypothesis looks for examples."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, configuration, settings

# The suite tries the same few examples each time. `--hypothesis-profile=search` looks further.
# How fast a busy machine draws examples says nothing about the bot.
UNTIMED = [HealthCheck.too_slow]
settings.register_profile("suite", max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=UNTIMED)
settings.register_profile("search", max_examples=1000, database=None, deadline=None, suppress_health_check=UNTIMED)
settings.load_profile("suite")
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "seedream-bot-hypothesis")
