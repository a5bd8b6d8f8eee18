"""`[access]` and `[[budget]]`."""

from pathlib import Path

import pytest

from adapters.cli.settings import CONFIGS
from bot.config.load import load
from bot.config.settings import AccessSettings, BudgetSettings, Settings
from bot.errors import ConfigurationError

EXAMPLES = '"discord:197038439483310086" or "slack:T024BE7LD"'
ALLOWED = f"a list of servers or workspaces, each like {EXAMPLES}"


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "seedream-bot.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {}, platforms=CONFIGS, dialects=frozenset(), models=frozenset(), terminal=False)


def test_without_tables_everybody_may_use_the_bot_without_a_budget(tmp_path: Path) -> None:
    """Except where only a member has installed it."""
    settings = loaded(tmp_path, "")

    assert settings.access == AccessSettings(
        guilds=frozenset(), workspaces=frozenset(), direct_messages=True, user_installs=False
    )
    assert settings.budgets == ()


def test_every_key(tmp_path: Path) -> None:
    """Lists of ids with the platform's name, switches, and any number of budgets."""
    text = """
[access]
guilds = ["discord:1", "discord:2"]
workspaces = ["slack:T1"]
direct_messages = false
user_installs = true

[[budget]]
pictures = 100
per = "day"

[[budget]]
pictures = 2000
per = "month"
"""
    settings = loaded(tmp_path, text)

    assert settings.access == AccessSettings(
        guilds=frozenset({"discord:1", "discord:2"}),
        workspaces=frozenset({"slack:T1"}),
        direct_messages=False,
        user_installs=True,
    )
    assert settings.budgets == (BudgetSettings(pictures=100, per="day"), BudgetSettings(pictures=2000, per="month"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[access]\nguilds = []", f"access.guilds: found an empty list; expected {ALLOWED}."),
        ('[access]\nguilds = "discord:1"', f'access.guilds: found "discord:1"; expected {ALLOWED}.'),
        ("[access]\nguilds = [123]", f"access.guilds[1]: found 123; expected {ALLOWED}."),
        ('[access]\nguilds = ["123"]', f'access.guilds[1]: found "123"; expected {ALLOWED}.'),
        ('[access]\nguilds = ["discord:1", "dicsord:2"]', f'access.guilds[2]: found "dicsord:2"; expected {ALLOWED}.'),
        ('[access]\nworkspaces = ["slack:T1/U1"]', f'access.workspaces[1]: found "slack:T1/U1"; expected {ALLOWED}.'),
        (
            '[access]\nservers = ["discord:1"]',
            "access.servers: unknown key; expected one of guilds, workspaces, direct_messages, user_installs, contact.",
        ),
        (
            '[access]\ncontact = ""',
            'access.contact: found ""; expected whom members ask for access, like "#image-bot" or "Ada in room 12".',
        ),
        ("[access]\nuser_installs = 1", "access.user_installs: found 1; expected true or false, without quotes."),
        ("[budget]\npictures = 1", "budget: found a table; expected [[budget]] tables, with two brackets."),
        ('[[budget]]\nper = "day"', "budget[1].pictures: missing; expected a whole number from 1 to 1000000."),
        ("[[budget]]\npictures = 5", "budget[1].per: missing; expected day or month."),
        ('[[budget]]\npictures = 5\nper = "week"', 'budget[1].per: found "week"; expected day or month.'),
        ('[[budget]]\npictures = 0\nper = "day"', "budget[1].pictures: found 0; expected a whole number from 1 to 1000000."),
        (
            '[[budget]]\npictures = 5\nper = "day"\namount = "5 USD"',
            "budget[1].amount: unknown key; expected one of pictures, per.",
        ),
    ],
)
def test_problems(tmp_path: Path, text: str, expected: str) -> None:
    """A list that would close nothing, an unknown platform, and a budget that is not complete."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, text)

    assert caught.value.problems == (expected,)
