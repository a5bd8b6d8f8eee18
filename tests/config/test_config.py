"""The operator's settings: their sources and their problems."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.cli.settings import CONFIGS
from adapters.discord.settings import NAME as DISCORD
from adapters.discord.settings import DiscordSettings
from bot.config.load import find_config, load, problems_for_run
from bot.config.settings import (
    Defaults,
    GatewaySettings,
    LogSettings,
    QuotaSettings,
    QuotaTier,
    RetentionSettings,
    Secret,
    Settings,
)
from bot.errors import ConfigurationError
from bot.money import parse_money

DIALECTS = frozenset({"acedata", "ark_cn", "ark_intl"})
MODELS = frozenset({"4.0", "4.5", "5.0-lite"})
GATEWAY = '[[gateway]]\nname = "ark"\ndialect = "ark_intl"\napi_key_env = "ARK_API_KEY"\n'
KEY = {"ARK_API_KEY": "k-123"}
SECRET = "hush-hush-1234"


def loaded(path: Path | None, environment: dict[str, str], *, terminal: bool = False) -> Settings:
    return load(path, environment, platforms=CONFIGS, dialects=DIALECTS, models=MODELS, terminal=terminal)


def written(folder: Path, text: str) -> Path:
    path = folder / "seedream-bot.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_configured_is_the_defaults() -> None:
    """No file and no variable is not an error."""
    assert loaded(None, {}) == Settings(
        data_dir=Path("seedream-bot-data"),
        log=LogSettings(level="info", format="json"),
        time_zone=ZoneInfo("UTC"),
        defaults=Defaults(model=None, watermark=False),
        gateways=(),
    )


def test_a_whole_file(tmp_path: Path) -> None:
    """Every key, with the type of its value."""
    (tmp_path / "ca.pem").write_text("certificates")
    text = f"""
discord_token = "abc.def.ghi"
discord_proxy = "http://proxy.example:3128"
tls_ca_file = "{tmp_path.as_posix()}/ca.pem"
data_dir = "{tmp_path.as_posix()}/data"
log_level = "Warning"
log_format = "text"
time_zone = "Europe/Berlin"
[defaults]
model = "4.5"
watermark = true
[[gateway]]
name = "ark"
dialect = "ark_intl"
api_key_env = "ARK_API_KEY"
mode = "stream"
base_url = "https://ark.example/api/v3/"
priority = -1
concurrency = 2
allow_private_results = true
proxy = "https://proxy.example"
[gateway.models]
"4.5" = "ep-2026"
[gateway.prices]
"4.0" = "0.03 usd"
"4.5" = {{ amount = 0.04, currency = "USD" }}
"5.0-lite" = {{ amount = "1", currency = "CNY" }}
[[quota.tier]]
name = "Club members"
images_per_day = 100
uncertain_images_per_day = 8
jobs_at_once = 2
jobs_waiting = 0
roles = ["discord:1", "discord:2"]
members = ["discord:3"]
[[quota.tier]]
name = "member"
images_per_day = 0
[retention]
days = 90
gigabytes = 0.5
"""
    assert loaded(written(tmp_path, text), KEY) == Settings(
        platforms={DISCORD: DiscordSettings(token=Secret("abc.def.ghi"), proxy="http://proxy.example:3128")},
        tls_ca_file=tmp_path / "ca.pem",
        data_dir=tmp_path / "data",
        log=LogSettings(level="warning", format="text"),
        time_zone=ZoneInfo("Europe/Berlin"),
        defaults=Defaults(model="4.5", watermark=True),
        gateways=(
            GatewaySettings(
                name="ark",
                dialect="ark_intl",
                api_key=Secret("k-123"),
                mode="stream",
                base_url="https://ark.example/api/v3",
                models={"4.5": "ep-2026"},
                prices={
                    "4.0": parse_money("0.03 USD"),
                    "4.5": parse_money("0.04 USD"),
                    "5.0-lite": parse_money("1 CNY"),
                },
                priority=-1,
                concurrency=2,
                allow_private_results=True,
                proxy="https://proxy.example",
            ),
        ),
        quota=QuotaSettings(
            tiers=(
                QuotaTier(
                    name="Club members",
                    images_per_day=100,
                    uncertain_images_per_day=8,
                    jobs_at_once=2,
                    jobs_waiting=0,
                    roles=frozenset({"discord:1", "discord:2"}),
                    members=frozenset({"discord:3"}),
                ),
                QuotaTier(name="member", images_per_day=0),
            ),
        ),
        retention=RetentionSettings(days=90, gigabytes=0.5),
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """Even if the file's value is invalid; an empty variable counts as unset."""
    path = written(tmp_path, 'log_level = "loud"\ntime_zone = "Asia/Tokyo"\ndiscord_token = "of.the.file"\n')
    settings = loaded(path, {"LOG_LEVEL": "ERROR", "TIME_ZONE": "", "DISCORD_TOKEN": "of.the.environment"})
    assert settings.log.level == "error"
    assert settings.time_zone == ZoneInfo("Asia/Tokyo")
    assert settings.platforms.get(DISCORD) == DiscordSettings(token=Secret("of.the.environment"))


def test_other_variables_are_ignored() -> None:
    """The environment contains many variables of other programs."""
    assert loaded(None, {"PATH": "/bin", "PUBLIC_URL": "https://x.example", "HTTPS_PROXY": "http://x"}).gateways == ()


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_secrets_from_files(tmp_path: Path, ending: str) -> None:
    """The final line break of a secret file is ignored."""
    (tmp_path / "token").write_bytes(f"abc.def.ghi{ending}".encode())
    (tmp_path / "key").write_bytes(f"k-456{ending}".encode())
    environment = {"DISCORD_TOKEN_FILE": str(tmp_path / "token"), "ARK_API_KEY_FILE": str(tmp_path / "key")}
    settings = loaded(written(tmp_path, GATEWAY), environment)
    assert settings.platforms.get(DISCORD) == DiscordSettings(token=Secret("abc.def.ghi"))
    assert settings.gateways[0].api_key == Secret("k-456")


def test_the_file_can_name_a_secrets_file(tmp_path: Path) -> None:
    """`discord_token_file` is the lower-case name of the environment's."""
    (tmp_path / "token").write_text("abc.def.ghi\n")
    path = written(tmp_path, f'discord_token_file = "{(tmp_path / "token").as_posix()}"\n')
    assert loaded(path, {}).platforms.get(DISCORD) == DiscordSettings(token=Secret("abc.def.ghi"))
    assert loaded(path, {"DISCORD_TOKEN": "an.other.one"}).platforms.get(DISCORD) == DiscordSettings(token=Secret("an.other.one"))


@pytest.mark.parametrize(("terminal", "expected"), [(True, "text"), (False, "json")])
def test_the_log_is_text_on_a_terminal(terminal: bool, expected: str) -> None:
    """JSON elsewhere, unless a setting says otherwise."""
    assert loaded(None, {}, terminal=terminal).log.format == expected
    assert loaded(None, {"LOG_FORMAT": "json"}, terminal=terminal).log.format == "json"


def test_a_file_from_a_windows_editor(tmp_path: Path) -> None:
    """A byte order mark is not part of the first key."""
    path = tmp_path / "c.toml"
    path.write_bytes(b'\xef\xbb\xbflog_level = "debug"\r\n')
    assert loaded(path, {}).log.level == "debug"


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    """Not even in the repr of all settings."""
    settings = loaded(written(tmp_path, GATEWAY), {"ARK_API_KEY": SECRET, "DISCORD_TOKEN": f"t.t.{SECRET}"})
    assert SECRET not in repr(settings)
    assert settings.secrets() == {SECRET, f"t.t.{SECRET}"}


def test_what_run_needs(tmp_path: Path) -> None:
    """Names the missing settings, and what works without any."""
    neither = problems_for_run(loaded(None, {}), CONFIGS)
    assert [problem.partition(":")[0] for problem in neither] == [
        "No platform is configured",
        "No gateway is configured",
        "To try the bot on this machine without any account",
    ]
    assert "DISCORD_TOKEN" in neither[0]
    assert "api_key_env" in neither[1]
    assert "seedream-bot demo" in neither[2]
    assert problems_for_run(loaded(None, {"DISCORD_TOKEN": "a.b.c"}), CONFIGS) == neither[1:]
    assert problems_for_run(loaded(written(tmp_path, GATEWAY), KEY), CONFIGS) == (neither[0], neither[2])
    assert problems_for_run(loaded(written(tmp_path, GATEWAY), {**KEY, "DISCORD_TOKEN": "a.b.c"}), CONFIGS) == ()


def test_the_path_of_the_file(tmp_path: Path) -> None:
    """From the command line, else from the variable, else the default name if the file exists."""
    assert find_config(None, {}, tmp_path) is None
    usual = written(tmp_path, "")
    other, third = tmp_path / "other.toml", tmp_path / "third.toml"
    other.touch()
    third.touch()
    assert find_config(None, {"SEEDREAM_BOT_CONFIG": ""}, tmp_path) == usual
    assert find_config(None, {"SEEDREAM_BOT_CONFIG": "other.toml"}, tmp_path) == other
    assert find_config(third, {"SEEDREAM_BOT_CONFIG": "absent.toml"}, tmp_path) == third


@pytest.mark.parametrize(
    ("argument", "environment", "expected"),
    [
        (Path("a.toml"), {"SEEDREAM_BOT_CONFIG": "b.toml"}, '--config: found "a.toml"; expected the path of an existing file.'),
        (
            None,
            {"SEEDREAM_BOT_CONFIG": "b.toml"},
            'SEEDREAM_BOT_CONFIG: found "b.toml"; expected the path of an existing file.',
        ),
    ],
)
def test_a_named_file_has_to_exist(
    tmp_path: Path,
    argument: Path | None,
    environment: dict[str, str],
    expected: str,
) -> None:
    """Without the file, the bot would run with unintended settings."""
    with pytest.raises(ConfigurationError) as caught:
        find_config(argument, environment, tmp_path)
    assert caught.value.problems == (expected,)
