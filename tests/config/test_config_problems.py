"""Problems in the settings: each names the key, what was found and what is expected, and none contains a secret."""

from pathlib import Path

import pytest

from adapters.cli.settings import CONFIGS
from bot.config.load import load
from bot.config.settings import Settings
from bot.errors import ConfigurationError

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


def problems(path: Path | None, environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(path, environment)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('discord_tokn = "x"', "discord_tokn: unknown key; did you mean discord_token?"),
        ('DISCORD_TOKEN = "x"', "DISCORD_TOKEN: unknown key; did you mean discord_token?"),
        ('discord_tokem = "x"', "discord_tokem: unknown key; did you mean discord_token?"),
        ('log_level = "loud"', 'log_level: found "loud"; expected debug, info, warning or error.'),
        ("log_level = 3", "log_level: found 3; expected debug, info, warning or error."),
        ('log_format = "xml"', 'log_format: found "xml"; expected text or json.'),
        (
            'time_zone = "Europe/Berlim"',
            'time_zone: found "Europe/Berlim"; expected an IANA time zone name, like Europe/Berlin (did you mean Europe/Berlin?).',
        ),
        (
            'time_zone = "../passwd"',
            'time_zone: found "../passwd"; expected an IANA time zone name, like Europe/Berlin.',
        ),
        (
            'discord_proxy = "socks5://me:hush@proxy.example"',
            'discord_proxy: found "***@proxy.example"; expected an http:// or https:// URL.',
        ),
        (
            'discord_proxy = "http://proxy.example:port"',
            'discord_proxy: found "http://proxy.example:port"; expected an http:// or https:// URL.',
        ),
        ("data_dir = 7", "data_dir: found 7; expected the path of a folder."),
        (
            "discord_token = 7",
            "discord_token: found a hidden value; expected the token of the Bot page: three parts with dots between them.",
        ),
        ("discord_token_file = 7", "discord_token_file: found 7; expected the path of a file, in quotes."),
        (
            'tls_ca_file = "not/there.pem"',
            'tls_ca_file: found "not/there.pem", which is not a file; expected a file with CA certificates.',
        ),
        ("defaults = 1", "defaults: found 1; expected a [defaults] table."),
        ('[defaults]\nmodel = "5.1"', 'defaults.model: found "5.1"; expected one of 4.0, 4.5, 5.0-lite.'),
        ('[defaults]\nwatermark = "no"', 'defaults.watermark: found "no"; expected true or false, without quotes.'),
        ("[defaults]\nwatermark = 0", "defaults.watermark: found 0; expected true or false, without quotes."),
        (
            "[defaults]\ncount = 2",
            "defaults.count: unknown key; expected one of model, watermark, memory_minutes, show_costs, show_gateways.",
        ),
        ('[defaults]\nshow_costs = "some"', 'defaults.show_costs: found "some"; expected public, private or off.'),
        ('[defaults]\nshow_gateways = "no"', 'defaults.show_gateways: found "no"; expected true or false, without quotes.'),
        ("retention = 30", "retention: found 30; expected a [retention] table."),
        ("[retention]\ndays = 0", "retention.days: found 0; expected a whole number from 1 to 36500."),
        ("[retention]\ndays = 1.5", "retention.days: found 1.5; expected a whole number from 1 to 36500."),
        ("[retention]\ngigabytes = 0", "retention.gigabytes: found 0; expected a number above 0, up to 1000000."),
        ("[retention]\ngigabytes = inf", "retention.gigabytes: found Infinity; expected a number above 0, up to 1000000."),
        ('[retention]\ngigabytes = "20"', 'retention.gigabytes: found "20"; expected a number above 0, up to 1000000.'),
        ("[retention]\nday = 3", "retention.day: unknown key; did you mean days?"),
        ('[gateway]\nname = "ark"', "gateway: found a table; expected [[gateway]] tables, with two brackets."),
        ("[quota]\nteir = 1", "quota.teir: unknown key; did you mean tier?"),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = -1',
            'quota.tier[1].images_per_day ("x"): found -1; expected a whole number from 0 to 1000000.',
        ),
        (
            '[[quota.tier]]\nname = "x"',
            'quota.tier[1].images_per_day ("x"): missing; expected a whole number from 0 to 1000000.',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\nuncertain_images_per_day = -1',
            'quota.tier[1].uncertain_images_per_day ("x"): found -1; expected a whole number from 0 to 1000000.',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\njobs_at_once = 0',
            'quota.tier[1].jobs_at_once ("x"): found 0; expected a whole number from 1 to 100000.',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\njobs_waiting = -1',
            'quota.tier[1].jobs_waiting ("x"): found -1; expected a whole number from 0 to 100000.',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\nroles = ["admins"]',
            'quota.tier[1].roles[1] ("x"): found "admins"; expected a list of roles, each like "discord:81384788765712384".',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\n[[quota.tier]]\nname = "X"\nimages_per_day = 2',
            'quota.tier[2].name: found "X", which quota.tier[1] already uses; expected a unique name.',
        ),
    ],
)
def test_one_problem_of_a_file(tmp_path: Path, text: str, expected: str) -> None:
    """Each names the key, what was found and what is expected."""
    assert problems(written(tmp_path, text), {}) == (expected,)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('mode = "fast"', 'gateway[1].mode ("ark"): found "fast"; expected auto, sync, async or stream.'),
        ("concurrency = 0", 'gateway[1].concurrency ("ark"): found 0; expected a whole number from 1 to 1000.'),
        ("concurrency = true", 'gateway[1].concurrency ("ark"): found true; expected a whole number from 1 to 1000.'),
        ("concurrency = 2.0", 'gateway[1].concurrency ("ark"): found 2.0; expected a whole number from 1 to 1000.'),
        ("concurency = 3", 'gateway[1].concurency ("ark"): unknown key; did you mean concurrency?'),
        (
            'priority = "high"',
            'gateway[1].priority ("ark"): found "high"; expected a whole number; the bot prefers the gateway with the highest.',
        ),
        (
            'allow_private_results = "yes"',
            'gateway[1].allow_private_results ("ark"): found "yes"; expected true or false, without quotes.',
        ),
        ('api_key = "hush"', 'gateway[1].api_key ("ark"): unknown key; did you mean api_key_env?'),
        (
            'proxy = "proxy.example:3128"',
            'gateway[1].proxy ("ark"): found "proxy.example:3128"; expected an http:// or https:// URL.',
        ),
        (
            '[gateway.models]\n"5.1" = "x"',
            (
                'gateway[1].models."5.1" ("ark"): found "5.1"; expected one of 4.0, 4.5, 5.0-lite, '
                'or a name with a table of its own, which may be empty: [model."5.1"].'
            ),
        ),
        (
            "[gateway.models]\n4.5 = 1",
            (
                'gateway[1].models.4 ("ark"): found "4"; expected one of 4.0, 4.5, 5.0-lite, '
                'or a name with a table of its own, which may be empty: [model."4"].'
            ),
        ),
        (
            '[gateway.prices]\n"5.1" = "1 USD"',
            (
                'gateway[1].prices."5.1" ("ark"): found "5.1"; expected one of 4.0, 4.5, 5.0-lite, '
                'or a name with a table of its own, which may be empty: [model."5.1"].'
            ),
        ),
    ],
)
def test_one_problem_of_a_gateway(tmp_path: Path, line: str, expected: str) -> None:
    """The gateway is identified by its position and its name."""
    assert expected in problems(written(tmp_path, GATEWAY + line), KEY)


@pytest.mark.parametrize(
    "price",
    [
        '"cheap"',
        '"0.04"',
        '"-0.04 USD"',
        '"0.04 dollars"',
        "0.04",
        '{ amount = -1, currency = "USD" }',
        '{ amount = nan, currency = "USD" }',
        '{ amount = true, currency = "USD" }',
        "{ amount = 1 }",
        "[0.04]",
        '{ amount = 1, currency = "USD", per = "set" }',
    ],
)
def test_what_is_no_price(tmp_path: Path, price: str) -> None:
    """A price is a non-negative amount and three letters."""
    (problem,) = problems(written(tmp_path, f'{GATEWAY}[gateway.prices]\n"4.5" = {price}'), KEY)
    assert problem.startswith('gateway[1].prices."4.5" ("ark"): found ')
    assert problem.endswith('like "0.04 USD", or a schedule.')


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://ark.example", True),
        ("https://ark.example:8443/api/v3", True),
        ("http://127.0.0.1:8080", True),
        ("http://127.4.5.6", True),
        ("http://localhost:1", True),
        ("http://[::1]:9", True),
        ("http://ark.example", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("ftp://ark.example", False),
        ("ark.example", False),
        ("https://", False),
        ("https://me:hush@ark.example", False),
        ("https://ark.example/?key=hush", False),
        ("https://ark.example:0", False),
        ("https://ark.example:99999", False),
        ("https://[", False),
    ],
)
def test_a_base_url(tmp_path: Path, address: str, allowed: bool) -> None:
    """The key is sent there: the connection is encrypted, or stays on this machine."""
    path = written(tmp_path, f'{GATEWAY}base_url = "{address}"\n')
    if allowed:
        assert loaded(path, KEY).gateways[0].base_url == address
    else:
        (problem,) = problems(path, KEY)
        assert problem.startswith('gateway[1].base_url ("ark"): found ')
        assert "hush" not in problem


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('dialect = "ark_intl"\napi_key_env = "ARK_API_KEY"', ["gateway[1].name: missing"]),
        (
            'name = "ark"\ndialect = "ark"\napi_key_env = "ARK_API_KEY"',
            ["expected one of acedata, ark_cn, ark_intl (did you mean ark_cn?)."],
        ),
        ('name = "ark"\napi_key_env = "ARK_API_KEY"', ['gateway[1].dialect ("ark"): missing']),
        ('name = "a b"\ndialect = "ark_cn"\napi_key_env = "ARK_API_KEY"', ['gateway[1].name: found "a b"; expected 1 to 32']),
        ('name = "ark"\ndialect = "ark_cn"', ['gateway[1].api_key_env ("ark"): missing']),
    ],
)
def test_what_a_gateway_needs(tmp_path: Path, table: str, expected: list[str]) -> None:
    """A valid name, a known dialect, and a variable with the key."""
    found = problems(written(tmp_path, f"[[gateway]]\n{table}"), KEY)
    assert len(found) == len(expected)
    assert all(part in problem for part, problem in zip(expected, found, strict=True))


def test_a_gateway_whose_key_is_not_set(tmp_path: Path) -> None:
    """The message names the variable and its `_FILE` variant."""
    (problem,) = problems(written(tmp_path, GATEWAY), {})
    found, _, advice = problem.partition("; ")
    assert found == 'gateway[1].api_key_env: found "ARK_API_KEY", but that variable is not set'
    assert advice == "set it to the key, or set ARK_API_KEY_FILE to the path of a file with the key."


@pytest.mark.parametrize("pasted", ["sk-hush", "hush", "0b9f-hush", "HUSH HUSH"])
def test_a_key_in_the_place_of_its_variable(tmp_path: Path, pasted: str) -> None:
    """A common mistake; the pasted secret is not shown."""
    text = GATEWAY.replace("ARK_API_KEY", pasted)
    (problem,) = problems(written(tmp_path, text), {})
    assert problem.startswith(
        'gateway[1].api_key_env ("ark"): found a hidden value; expected the name of the environment variable that holds the key, in capitals'
    )
    assert pasted not in problem


def test_two_gateways_of_one_name(tmp_path: Path) -> None:
    """Members type the name, so case is ignored."""
    text = GATEWAY + GATEWAY.replace('"ark"', '"Ark"')
    assert problems(written(tmp_path, text), KEY) == (
        'gateway[2].name: found "Ark", which gateway[1] already uses; expected a unique name.',
    )


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (f"{SECRET}\n", "contains a line break"),
        (f"{SECRET}\n{SECRET}", "contains a line break"),
        (f" {SECRET}", "begins or ends with a space"),
        (f"{SECRET}\t", "begins or ends with a space"),
        (f"Bot {SECRET}", "contains a space"),
        (f'"{SECRET}"', "has quotes around it"),
        (f"'{SECRET}", "has quotes around it"),
        (f"“{SECRET}”", "has quotes around it"),
        (f"{SECRET}é", "contains a character that is not printable ASCII"),
        (f"{SECRET}\x07", "contains a character that is not printable ASCII"),
        ("   ", "is empty"),
    ],
)
def test_what_is_wrong_with_a_secret(tmp_path: Path, value: str, fault: str) -> None:
    """The message reveals nothing of the secret, for a token and for a gateway's key."""
    expected = "expected only the secret, on one line."
    assert problems(None, {"DISCORD_TOKEN": value}) == (f"DISCORD_TOKEN: the secret (hidden) {fault}; {expected}",)
    assert problems(written(tmp_path, GATEWAY), {"ARK_API_KEY": value}) == (
        f"ARK_API_KEY: the secret (hidden) {fault}; {expected}",
    )


def test_what_is_wrong_with_a_secrets_file(tmp_path: Path) -> None:
    """A missing file, a file of two lines, an empty file, and a file beside the variable itself."""
    (tmp_path / "two").write_text(f"{SECRET}\n{SECRET}\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    found = [problems(None, {"DISCORD_TOKEN_FILE": str(tmp_path / name)}) for name in ("absent", "two", "empty", "bytes")]
    assert [len(each) for each in found] == [1, 1, 1, 1]
    assert "cannot be read (No such file or directory); expected a readable text file." in found[0][0]
    assert "DISCORD_TOKEN_FILE: the secret (hidden) contains a line break" in found[1][0]
    assert "DISCORD_TOKEN_FILE: the secret (hidden) is empty" in found[2][0]
    assert "cannot be read (not a text file); expected a readable text file." in found[3][0]
    assert problems(None, {"DISCORD_TOKEN": f"t.t.{SECRET}", "DISCORD_TOKEN_FILE": str(tmp_path / "two")}) == (
        "DISCORD_TOKEN: DISCORD_TOKEN_FILE is also set; set only one of them.",
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a = \n", "invalid TOML: Invalid value (at line 1, column 5)."),
        (b'log_level = "info"\nlog_level = "info"\n', "invalid TOML: Cannot overwrite a value (at line 2, column 19)."),
        (b'log_level = "info"\n# \xff\n', "line 2 is not valid UTF-8; save the file as UTF-8."),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes, expected: str) -> None:
    """The message has the position, and the environment's problems are reported too."""
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    first, second = problems(path, {"LOG_FORMAT": "xml"})
    assert first == f"{path}: {expected}"
    assert second == 'LOG_FORMAT: found "xml"; expected text or json.'


def test_a_data_dir_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or is below one."""
    # A whole path may be longer than what is shown of a value.
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("")
    for place in ("taken", "taken/data"):
        (problem,) = problems(None, {"DATA_DIR": place})
        assert problem == f'DATA_DIR: found "{place}", but taken is a file; expected the path of a folder.'


def test_every_problem_at_once_and_no_secret_in_any(tmp_path: Path) -> None:
    """One start reports every problem."""
    text = f"""
discord_token = " {SECRET}"
discord_tokn = "{SECRET}"
log_level = "loud"
[[gateway]]
name = "ark"
dialect = "ark"
api_key_env = "ARK_API_KEY"
api_key = "{SECRET}"
concurrency = -3
[[gateway]]
name = "ARK"
dialect = "ark_cn"
api_key_env = "OTHER_KEY"
"""
    found = problems(written(tmp_path, text), {"ARK_API_KEY": f"'{SECRET}'", "TIME_ZONE": "Mars", "TLS_CA_FILE": "nowhere.pem"})
    assert [problem.split(":")[0] for problem in found] == [
        "discord_token",
        "log_level",
        "TIME_ZONE",
        'gateway[1].dialect ("ark")',
        'gateway[1].concurrency ("ark")',
        'gateway[1].api_key ("ark")',
        "discord_tokn",
        "ARK_API_KEY",
        "gateway[2].api_key_env",
        "gateway[2].name",
        "TLS_CA_FILE",
    ]
    assert SECRET not in "\n".join(found)
