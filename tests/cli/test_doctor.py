"""`seedream-bot doctor` against the sandbox: its output and exit code."""

import asyncio
import json
import shlex
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from adapters.cli.app import build_app
from sandbox.driver import Sandbox
from tests.fakes.wire import opened, says

VARIABLES = (
    *("DISCORD_TOKEN", "DISCORD_PROXY", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL"),
    *("TLS_CA_FILE", "DATA_DIR", "LISTEN", "PUBLIC_URL", "LOG_LEVEL", "LOG_FORMAT", "TIME_ZONE"),
)
NOTHING: Mapping[str, str | None] = {}
TOKEN_OF_ANOTHER = "MTU0MDYxODc5NTE2MzMyMDMyMQ.AAAAAA.BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Both platforms, a gateway that accepts references in the request, and one that downloads them."""
    with Sandbox.start("--gateways", "ark_intl,uniall") as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _fresh(sandbox: Sandbox) -> None:
    """No faults, and rate limits as after a long pause."""
    sandbox.clear_faults()
    sandbox.advance(600)


def doctor(sandbox: Sandbox, *arguments: str, env: Mapping[str, str | None] = NOTHING, config: Path | None = None) -> Result:
    """Run the command with only the sandbox's environment; None removes a variable."""
    clean: dict[str, str | None] = dict.fromkeys(VARIABLES)
    return CliRunner().invoke(
        build_app(), ["doctor", "--config", str(config or sandbox.config), *arguments], env={**clean, **sandbox.env, **env}
    )


def by_code(done: Result) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in json.loads(done.stdout)}


def faults(done: Result) -> set[str]:
    return {row["code"] for row in json.loads(done.stdout) if row["verdict"] == "fault"}


def with_limits(sandbox: Sandbox, text: str) -> Path:
    """The sandbox's configuration, with what limits the operator's bill."""
    config = sandbox.config.with_name("limited.toml")
    config.write_text(f"{sandbox.config.read_text('utf-8')}\n{text}", encoding="utf-8")
    return config


def test_all_is_well(sandbox: Sandbox) -> None:
    """One line per check, exit code 0; nothing is paid, posted or left behind."""
    calls, folder = sandbox.calls(), Path(sandbox.env["DATA_DIR"])
    channels = [f"{name}:{sandbox.line[name]['channel_names']['general']}" for name in ("discord", "slack")]

    config = with_limits(sandbox, '[[budget]]\npictures = 5\nper = "day"\n')
    done = doctor(sandbox, *(part for channel in channels for part in ("--channel", channel)), config=config)

    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert {line.split()[0] for line in lines} == {"ok"}
    assert [line[9:].partition(": ")[0] for line in lines] == [
        *("DISCORD_TOKEN", "Discord intents", "Discord interactions", "Discord servers", "Discord logins"),
        *(f"channel {channels[0]}", "SLACK_BOT_TOKEN", "Slack scopes", "SLACK_APP_TOKEN", f"channel {channels[1]}"),
        *(
            "gateway ark_intl",
            "gateway uniall",
            "DATA_DIR",
            "images",
            "database",
            "budget a day",
            "clock",
            "LISTEN",
            "PUBLIC_URL",
        ),
    ]
    assert sandbox.calls() == calls
    assert not folder.exists()
    assert all(sandbox.seen(name, "general") == [] for name in ("discord", "slack"))


def test_a_bill_without_a_limit(sandbox: Sandbox) -> None:
    """A warning without a budget and without a list of workspaces; one of both is enough."""
    listed = with_limits(sandbox, '[access]\nguilds = ["discord:1"]\n')

    open_to_all, closed = by_code(doctor(sandbox, "--json")), by_code(doctor(sandbox, "--json", config=listed))

    assert open_to_all["limits_none"]["verdict"] == "warning"
    assert "limits_none" not in closed


def test_nothing_secret_is_printed(sandbox: Sandbox) -> None:
    """No tokens or keys, whether they are accepted or rejected."""
    secrets = [value for name, value in sandbox.env.items() if name.endswith(("_TOKEN", "_KEY"))]
    refused = {"DISCORD_TOKEN": TOKEN_OF_ANOTHER, "SLACK_BOT_TOKEN": "xoxb-0000000000-nobody"}

    shown = [doctor(sandbox).output, doctor(sandbox, "--json").output, doctor(sandbox, env=refused).output]

    assert len(secrets) == 5
    assert [secret for secret in [*secrets, *refused.values()] for text in shown if secret in text] == []


def test_faults_come_with_advice(sandbox: Sandbox, tmp_path: Path) -> None:
    """A rejected token, a channel without the bot, a gateway that is down, a file that is no database."""
    (tmp_path / "seedream-bot.db").write_text("this is no database, but it is long enough to be read as one " * 20)
    closed = sandbox.line["slack"]["channel_names"]["closed"]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        table = f'[[gateway]]\nname = "gone"\ndialect = "ark_intl"\napi_key_env = "ARK_INTL_API_KEY"\nbase_url = "http://127.0.0.1:{unused.getsockname()[1]}"\n'
        config = tmp_path / "bot.toml"
        config.write_text(table, encoding="utf-8")

        done = doctor(
            sandbox,
            *("--json", "--channel", f"slack:{closed}"),
            config=config,
            env={"DISCORD_TOKEN": TOKEN_OF_ANOTHER, "DATA_DIR": str(tmp_path)},
        )

    assert done.exit_code == 1
    assert faults(done) == {"discord_token_refused", "slack_not_invited", "gateway_unreachable", "database_broken"}
    found = by_code(done)
    assert all(found[code]["advice"] for code in faults(done))
    assert found["slack_not_invited"]["check"] == f"channel slack:{closed}"
    assert "ConnectError" in found["gateway_unreachable"]["found"]


def test_a_wrong_key_of_a_gateway(sandbox: Sandbox) -> None:
    """It is a fault that names the variable; the key is not printed, and the other gateway is not blamed."""
    done = doctor(sandbox, "--json", env={"ARK_INTL_API_KEY": "sk-nobody-knows-me"})

    assert (done.exit_code, faults(done)) == (1, {"gateway_key_refused"})
    found = by_code(done)["gateway_key_refused"]
    assert found["check"] == "gateway ark_intl"
    assert "ARK_INTL_API_KEY" in found["advice"]
    assert "nobody-knows-me" not in done.output
    assert by_code(done)["gateway_ok"]["check"] == "gateway uniall"
    assert sandbox.calls() == []


async def test_a_key_that_cannot_be_proven(sandbox: Sandbox, tmp_path: Path) -> None:
    """Where the gateway answers everybody alike, a warning says that the key is not proven."""
    async with opened(says(b"{}")) as wire:
        config = tmp_path / "bot.toml"
        config.write_text(
            f'[[gateway]]\nname = "one"\ndialect = "opeai"\napi_key_env = "UNIALL_API_KEY"\nbase_url = "{wire.url()}"\n', "utf-8"
        )
        done = await asyncio.to_thread(lambda: doctor(sandbox, "--json", config=config))

    assert done.exit_code == 0
    found = by_code(done)["gateway_key_unproven"]
    assert (found["verdict"], "UNIALL_API_KEY" in found["found"]) == ("warning", True)


@pytest.mark.parametrize(
    ("where", "what", "code", "said"),
    [
        ("discord.rest", "503", "platform_unreachable", "answered 503"),
        ("discord.rest", "reset-before", "platform_unreachable", "ServerDisconnectedError"),
        ("discord.rest", "html:200", "platform_unreachable", "invalid JSON"),
        ("slack.api", "503", "platform_unreachable", "503"),
        ("slack.api", "html", "platform_unreachable", "200"),
        ("slack.api", "error:account_inactive", "slack_token_refused", "account_inactive"),
    ],
)
def test_a_platform_in_trouble(sandbox: Sandbox, where: str, what: str, code: str, said: str) -> None:
    """The finding has the platform's answer; all other checks still run."""
    sandbox.fault(where, what, every=1)

    done = doctor(sandbox, "--json")

    assert done.exit_code == 1
    assert faults(done) == {code}
    assert said in by_code(done)[code]["found"]
    assert {"gateway_ok", "data_dir_ok", "clock_ok"} <= by_code(done).keys()


def test_beside_a_running_bot(sandbox: Sandbox) -> None:
    """It checks the running bot's health, database and address, and takes none of its requests."""
    bot = sandbox.start_bot()
    bot.wait_ready("discord")
    bot.wait_ready("slack")
    side_files = sorted(path.name for path in Path(sandbox.env["DATA_DIR"]).iterdir())

    done = doctor(sandbox, "--json")

    assert done.exit_code == 0, done.stdout
    assert {"listen_ours", "public_url_ok", "database_ok", "books_ok"} <= by_code(done).keys()
    assert sorted(path.name for path in Path(sandbox.env["DATA_DIR"]).iterdir()) == side_files
    assert bot.stop() == 0


async def test_another_program_listens_there(sandbox: Sandbox) -> None:
    """An address in use is reported before the bot is started."""
    async with opened(says(b"hello")) as wire:
        done = await _in_thread(sandbox, LISTEN=f"127.0.0.1:{wire.port}")

    assert (done.exit_code, faults(done)) == (1, {"listen_taken"})


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [(says(b"parked"), "public_url_elsewhere"), (says(b"", status=502), "public_url_elsewhere")],
)
async def test_a_public_address_that_leads_elsewhere(sandbox: Sandbox, behaviour: Any, code: str) -> None:
    """Only an answer from this process counts."""
    async with opened(behaviour) as wire:
        done = await _in_thread(sandbox, PUBLIC_URL=wire.url())

    assert (done.exit_code, faults(done)) == (1, {code})


def test_a_public_address_without_an_answer(sandbox: Sandbox) -> None:
    """No answer is a fault too."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = doctor(sandbox, "--json", env={"PUBLIC_URL": f"http://127.0.0.1:{unused.getsockname()[1]}"})

    assert (done.exit_code, faults(done)) == (1, {"public_url_unreachable"})


def test_no_public_address_where_a_gateway_needs_one(sandbox: Sandbox) -> None:
    """Only a warning: the gateway can still generate images without references."""
    done = doctor(sandbox, "--json", env={"PUBLIC_URL": None})

    assert done.exit_code == 0
    assert by_code(done)["public_url_not_set"]["verdict"] == "warning"
    assert "uniall" in by_code(done)["public_url_not_set"]["found"]


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        ("--channel general", {}, '--channel: found "general"'),
        ("--channel discord:general", {}, "discord:ID"),
        ("--channel irc:1", {}, "expected discord:ID or slack:ID"),
        ("--channel slack:C1", {"SLACK_BOT_TOKEN": None, "SLACK_APP_TOKEN": None}, "slack is not configured"),
        ("", {"LISTEN": "nowhere"}, "LISTEN"),
        ("", {"TLS_CA_FILE": "README.md"}, "TLS_CA_FILE"),
        (
            "",
            {"DISCORD_TOKEN": None, "SLACK_BOT_TOKEN": None, "SLACK_APP_TOKEN": None},
            "No platform is configured",
        ),
    ],
)
def test_an_invalid_configuration(sandbox: Sandbox, arguments: str, env: dict[str, str | None], said: str) -> None:
    """Exit code 2 and a message on stderr, as for `run`."""
    done = doctor(sandbox, *shlex.split(arguments), env=env)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


async def _in_thread(sandbox: Sandbox, **env: str) -> Result:
    """The command runs its own event loop; the server it talks to uses this one."""
    return await asyncio.to_thread(lambda: doctor(sandbox, "--json", env=env))


def test_a_withdrawn_model_is_a_warning(sandbox: Sandbox) -> None:
    """Said with its date, what can take its place, and how to contradict."""
    address = sandbox.line["gateways"]["ark_intl"]
    table = f'[[gateway]]\nname = "cn"\ndialect = "ark_cn"\napi_key_env = "ARK_INTL_API_KEY"\nbase_url = "{address}"\n'
    kept = '[dialect.ark_cn.models."4.0"]\nretired = false\n'

    rows = json.loads(doctor(sandbox, "--json", config=with_limits(sandbox, table + kept)).stdout)

    found = {row["check"]: row for row in rows if row["code"] == "model_withdrawn"}
    assert found.keys() == {"model 5.0-lite", "model 4.5"}
    assert found["model 4.5"]["verdict"] == "warning"
    assert found["model 4.5"]["found"] == "cn is reported to have withdrawn 4.5 on 2026-11-24; 5.5 can take its place"
    assert "retired = false" in str(found["model 4.5"]["advice"])
