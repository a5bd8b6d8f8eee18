"""The operator's mistakes: each said with its key, what was found and what is allowed, and none with a secret."""

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
        ('discord_tokn = "x"', "discord_tokn: unknown key; nearest known key: discord_token."),
        ('DISCORD_TOKEN = "x"', "DISCORD_TOKEN: unknown key; nearest known key: discord_token."),
        ('discord_tokem = "x"', "discord_tokem: unknown key; nearest known key: discord_token."),
        ('log_level = "loud"', 'log_level: found "loud"; allowed: debug, info, warning or error.'),
        ("log_level = 3", "log_level: found 3; allowed: debug, info, warning or error."),
        ('log_format = "xml"', 'log_format: found "xml"; allowed: text or json.'),
        (
            'time_zone = "Europe/Berlim"',
            'time_zone: found "Europe/Berlim"; allowed: a name of the IANA time zone database, like Europe/Berlin (nearest: Europe/Berlin).',
        ),
        (
            'time_zone = "../passwd"',
            'time_zone: found "../passwd"; allowed: a name of the IANA time zone database, like Europe/Berlin.',
        ),
        (
            'discord_proxy = "socks5://me:hush@proxy.example"',
            'discord_proxy: found "***@proxy.example"; allowed: an address that begins with http:// or https://.',
        ),
        (
            'discord_proxy = "http://proxy.example:port"',
            'discord_proxy: found "http://proxy.example:port"; allowed: an address that begins with http:// or https://.',
        ),
        ("data_dir = 7", "data_dir: found 7; allowed: the path of a folder."),
        ("discord_token = 7", "discord_token: found a value that is not shown here; allowed: the token alone, in quotes."),
        ("discord_token_file = 7", "discord_token_file: found 7; allowed: the path of a file, in quotes."),
        (
            'tls_ca_file = "not/there.pem"',
            'tls_ca_file: found "not/there.pem", where there is no file; allowed: a file of certificates.',
        ),
        ("defaults = 1", "defaults: found 1; allowed: a [defaults] table."),
        ('[defaults]\nmodel = "5.1"', 'defaults.model: found "5.1"; allowed: one of 4.0, 4.5, 5.0-lite.'),
        ('[defaults]\nwatermark = "no"', 'defaults.watermark: found "no"; allowed: true or false, without quotes.'),
        ("[defaults]\nwatermark = 0", "defaults.watermark: found 0; allowed: true or false, without quotes."),
        ("[defaults]\ncount = 2", "defaults.count: unknown key; known here: model, watermark."),
        ("retention = 30", "retention: found 30; allowed: a [retention] table."),
        ("[retention]\ndays = 0", "retention.days: found 0; allowed: a whole number from 1 to 36500."),
        ("[retention]\ndays = 1.5", "retention.days: found 1.5; allowed: a whole number from 1 to 36500."),
        ("[retention]\ngigabytes = 0", "retention.gigabytes: found 0; allowed: a number over 0, at most 1000000."),
        ("[retention]\ngigabytes = inf", "retention.gigabytes: found Infinity; allowed: a number over 0, at most 1000000."),
        ('[retention]\ngigabytes = "20"', 'retention.gigabytes: found "20"; allowed: a number over 0, at most 1000000.'),
        ("[retention]\nday = 3", "retention.day: unknown key; nearest known key: days."),
        ('[gateway]\nname = "ark"', "gateway: found a table; allowed: [[gateway]] tables, with two brackets."),
        ("[quota]\nteir = 1", "quota.teir: unknown key; nearest known key: tier."),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = -1',
            'quota.tier[1].images_per_day ("x"): found -1; allowed: a whole number from 0 to 1000000.',
        ),
        (
            '[[quota.tier]]\nname = "x"',
            'quota.tier[1].images_per_day ("x"): missing; allowed: a whole number from 0 to 1000000.',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\nuncertain_images_per_day = -1',
            'quota.tier[1].uncertain_images_per_day ("x"): found -1; allowed: a whole number from 0 to 1000000.',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\nroles = ["admins"]',
            'quota.tier[1].roles[1] ("x"): found "admins"; allowed: a list of roles, each like "discord:81384788765712384".',
        ),
        (
            '[[quota.tier]]\nname = "x"\nimages_per_day = 1\n[[quota.tier]]\nname = "X"\nimages_per_day = 2',
            'quota.tier[2].name: found "X", as quota.tier[1] has it; allowed: a name of its own.',
        ),
    ],
)
def test_one_problem_of_a_file(tmp_path: Path, text: str, expected: str) -> None:
    """Each names the key, what was found and what is allowed."""
    assert problems(written(tmp_path, text), {}) == (expected,)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('mode = "fast"', 'gateway[1].mode ("ark"): found "fast"; allowed: auto, sync, async or stream.'),
        ("concurrency = 0", 'gateway[1].concurrency ("ark"): found 0; allowed: a whole number from 1 to 1000.'),
        ("concurrency = true", 'gateway[1].concurrency ("ark"): found true; allowed: a whole number from 1 to 1000.'),
        ("concurrency = 2.0", 'gateway[1].concurrency ("ark"): found 2.0; allowed: a whole number from 1 to 1000.'),
        ("concurency = 3", 'gateway[1].concurency ("ark"): unknown key; nearest known key: concurrency.'),
        ('priority = "high"', 'gateway[1].priority ("ark"): found "high"; allowed: a whole number; the higher is asked first.'),
        (
            'allow_private_results = "yes"',
            'gateway[1].allow_private_results ("ark"): found "yes"; allowed: true or false, without quotes.',
        ),
        ('api_key = "hush"', 'gateway[1].api_key ("ark"): unknown key; nearest known key: api_key_env.'),
        (
            'proxy = "proxy.example:3128"',
            'gateway[1].proxy ("ark"): found "proxy.example:3128"; allowed: an address that begins with http:// or https://.',
        ),
        (
            '[gateway.models]\n"5.1" = "x"',
            'gateway[1].models.5.1 ("ark"): found "5.1"; allowed: one of 4.0, 4.5, 5.0-lite.',
        ),
        (
            "[gateway.models]\n4.5 = 1",
            'gateway[1].models.4 ("ark"): found "4"; allowed: one of 4.0, 4.5, 5.0-lite.',
        ),
        (
            '[gateway.prices]\n"5.1" = "1 USD"',
            'gateway[1].prices.5.1 ("ark"): found "5.1"; allowed: one of 4.0, 4.5, 5.0-lite.',
        ),
    ],
)
def test_one_problem_of_a_gateway(tmp_path: Path, line: str, expected: str) -> None:
    """The gateway is named by its place and its name."""
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
        '{ amount = 1, currency = "USD", per = "set" }',
    ],
)
def test_what_is_no_price(tmp_path: Path, price: str) -> None:
    """An amount, not below nothing, and three letters."""
    (problem,) = problems(written(tmp_path, f'{GATEWAY}[gateway.prices]\n"4.5" = {price}'), KEY)
    assert problem.startswith('gateway[1].prices.4.5 ("ark"): found ')
    assert problem.endswith('like "0.04 USD".')


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
    """A key travels there: encrypted, or not beyond this machine."""
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
        ('name = "ark"\ndialect = "ark"\napi_key_env = "ARK_API_KEY"', ["allowed: one of acedata, ark_cn, ark_intl."]),
        ('name = "ark"\napi_key_env = "ARK_API_KEY"', ['gateway[1].dialect ("ark"): missing']),
        ('name = "a b"\ndialect = "ark_cn"\napi_key_env = "ARK_API_KEY"', ['gateway[1].name: found "a b"; allowed: 1 to 32']),
        ('name = "ark"\ndialect = "ark_cn"', ['gateway[1].api_key_env ("ark"): missing']),
    ],
)
def test_what_a_gateway_needs(tmp_path: Path, table: str, expected: list[str]) -> None:
    """A name that can be typed, a dialect we speak, a variable with the key."""
    found = problems(written(tmp_path, f"[[gateway]]\n{table}"), KEY)
    assert len(found) == len(expected)
    assert all(part in problem for part, problem in zip(expected, found, strict=True))


def test_a_gateway_whose_key_is_not_set(tmp_path: Path) -> None:
    """The variable is named, with both of its spellings."""
    (problem,) = problems(written(tmp_path, GATEWAY), {})
    found, _, allowed = problem.partition("; ")
    assert found == 'gateway[1].api_key_env: found "ARK_API_KEY", but that variable is not set'
    assert allowed == "allowed: a variable that is set (or ARK_API_KEY_FILE, the path of a file with the key)."


@pytest.mark.parametrize("pasted", ["sk-hush", "hush", "0b9f-hush", "HUSH HUSH"])
def test_a_key_in_the_place_of_its_variable(tmp_path: Path, pasted: str) -> None:
    """A common mistake; what was pasted is a secret and not shown."""
    text = GATEWAY.replace("ARK_API_KEY", pasted)
    (problem,) = problems(written(tmp_path, text), {})
    assert problem.startswith(
        'gateway[1].api_key_env ("ark"): found a value that is not shown here; allowed: the name, in capitals'
    )
    assert pasted not in problem


def test_two_gateways_of_one_name(tmp_path: Path) -> None:
    """Members type the name: case does not tell two apart."""
    text = GATEWAY + GATEWAY.replace('"ark"', '"Ark"')
    assert problems(written(tmp_path, text), KEY) == (
        'gateway[2].name: found "Ark", as gateway[1] has it; allowed: a name of its own.',
    )


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (f"{SECRET}\n", "a line break in it"),
        (f"{SECRET}\n{SECRET}", "a line break in it"),
        (f" {SECRET}", "a space at its beginning or end"),
        (f"{SECRET}\t", "a space at its beginning or end"),
        (f"Bot {SECRET}", "a space in it"),
        (f'"{SECRET}"', "quotes around it"),
        (f"'{SECRET}", "quotes around it"),
        (f"“{SECRET}”", "quotes around it"),
        (f"{SECRET}é", "a character that no key has"),
        (f"{SECRET}\x07", "a character that no key has"),
        ("   ", "nothing in it"),
    ],
)
def test_what_is_wrong_with_a_secret(tmp_path: Path, value: str, fault: str) -> None:
    """Said without a letter of it, for a token and for a gateway's key."""
    allowed = "allowed: the secret alone, on one line. It is not shown here."
    assert problems(None, {"DISCORD_TOKEN": value}) == (f"DISCORD_TOKEN: found {fault}; {allowed}",)
    assert problems(written(tmp_path, GATEWAY), {"ARK_API_KEY": value}) == (f"ARK_API_KEY: found {fault}; {allowed}",)


def test_what_is_wrong_with_a_secrets_file(tmp_path: Path) -> None:
    """One that is not there, one of two lines, one that is empty, one beside the variable itself."""
    (tmp_path / "two").write_text(f"{SECRET}\n{SECRET}\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    found = [problems(None, {"DISCORD_TOKEN_FILE": str(tmp_path / name)}) for name in ("absent", "two", "empty", "bytes")]
    assert [len(each) for each in found] == [1, 1, 1, 1]
    assert "cannot be read (No such file or directory); allowed: a text file." in found[0][0]
    assert "DISCORD_TOKEN_FILE: found a line break in it" in found[1][0]
    assert "DISCORD_TOKEN_FILE: found nothing in it" in found[2][0]
    assert "cannot be read (it is not text); allowed: a text file." in found[3][0]
    assert problems(None, {"DISCORD_TOKEN": SECRET, "DISCORD_TOKEN_FILE": str(tmp_path / "two")}) == (
        "DISCORD_TOKEN: found it and DISCORD_TOKEN_FILE too; allowed: one of them.",
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a = \n", "this is no valid TOML: Invalid value (at line 1, column 5)."),
        (b'log_level = "info"\nlog_level = "info"\n', "this is no valid TOML: Cannot overwrite a value (at line 2, column 19)."),
        (b'log_level = "info"\n# \xff\n', "found bytes that are no UTF-8 in line 2; allowed: a UTF-8 text file."),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes, expected: str) -> None:
    """Where it breaks is said, and the environment's own problems all the same."""
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    first, second = problems(path, {"LOG_FORMAT": "xml"})
    assert first == f"{path}: {expected}"
    assert second == 'LOG_FORMAT: found "xml"; allowed: text or json.'


def test_a_data_dir_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or lies below one."""
    # A whole path may be longer than what is shown of a value.
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("")
    for place in ("taken", "taken/data"):
        (problem,) = problems(None, {"DATA_DIR": place})
        assert problem == f'DATA_DIR: found "{place}", but taken is a file; allowed: the path of a folder.'


def test_every_problem_at_once_and_no_secret_in_any(tmp_path: Path) -> None:
    """One start shows all there is to repair."""
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
