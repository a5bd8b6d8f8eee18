"""The driver against a real sandbox process, with small programs in place of the bot."""

import http.client
import json
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.driver import Sandbox, SandboxError

READY = """
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print(json.dumps(sorted(os.environ)), file=sys.stderr, flush=True)
print(json.dumps(sys.argv[1:]), flush=True)
print({line!r}, file=sys.stderr, flush=True)
time.sleep(60)
"""


def program(line: str = "event=ready platform=discord") -> tuple[str, ...]:
    """A program that prints its environment and arguments, then `line`, and exits with 7 on SIGTERM."""
    return (sys.executable, "-c", READY.format(line=line))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    record = tmp_path_factory.mktemp("sandbox") / "record.jsonl"
    with Sandbox.start("--gateways", "ark_intl,ark_cn", "--pace", "0", "--record", str(record)) as running:
        yield running


def generate(sandbox: Sandbox, prompt: str = "a fox") -> httpx.Response:
    """Make one call with the settings of the JSON line and the configuration file."""
    table = tomllib.loads(sandbox.config.read_text("utf-8"))["gateway"][0]
    with httpx.Client(trust_env=False, verify=False) as client:
        return client.post(
            f"{table['base_url']}/images/generations",
            json={"model": "seedream-4-0-250828", "prompt": prompt, "size": "1280x720"},
            headers={"Authorization": f"Bearer {sandbox.env[table['api_key_env']]}"},
        )


def test_line_and_configuration(sandbox: Sandbox) -> None:
    """The JSON line and the configuration file contain everything a bot needs, in one private folder."""
    tables = tomllib.loads(sandbox.config.read_text("utf-8"))["gateway"]

    assert set(sandbox.line) >= {"env", "config", "control", "token", "discord", "slack", "gateways"}
    assert {"DATA_DIR", "LISTEN", "ARK_INTL_API_KEY", "ARK_CN_API_KEY"} <= set(sandbox.env)
    assert {"DISCORD_TOKEN", "DISCORD_PROXY", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL"} <= set(sandbox.env)
    assert sandbox.platforms == ("discord", "slack")
    assert Path(sandbox.env["DATA_DIR"]).parent == sandbox.config.parent
    assert sandbox.config.parent.stat().st_mode & 0o077 == 0
    for platform in sandbox.platforms:
        assert {"general", "art"} <= set(sandbox.line[platform]["channel_names"])
        assert set(sandbox.line[platform]["users"]) >= {"ada", "bob"}
        assert set(sandbox.line[platform]["channel_names"].values()) == set(sandbox.line[platform]["channels"])
    assert [(table["name"], table["dialect"], table["allow_private_results"]) for table in tables] == [
        ("ark_intl", "ark_intl", True),
        ("ark_cn", "ark_cn", True),
    ]
    assert [table["base_url"] for table in tables] == [sandbox.line["gateways"][name] for name in ("ark_intl", "ark_cn")]


def test_calls_and_files(sandbox: Sandbox) -> None:
    """The driver reads paid calls and the bytes of their results."""
    before = len(sandbox.calls())
    answer = generate(sandbox)
    with httpx.Client(trust_env=False, verify=False) as client:
        result = client.get(answer.json()["data"][0]["url"]).content
    call = sandbox.calls()[before]

    assert (call["gateway"], call["body"]["prompt"], call["billed"]) == ("ark_intl", "a fox", 1)
    assert result.startswith(b"\xff\xd8\xff")
    with pytest.raises(SandboxError, match="404"):
        sandbox.file("0" * 64)


def test_faults_and_clock(sandbox: Sandbox) -> None:
    """Faults are injected and cleared, and the sandbox's clock moves."""
    sandbox.fault("ark_intl.submit", "503", times=1)
    refused, taken = generate(sandbox), generate(sandbox)
    sandbox.fault("ark_intl.submit", "503")
    sandbox.clear_faults()
    spared = generate(sandbox)
    sandbox.advance(86_401)
    with httpx.Client(trust_env=False, verify=False) as client:
        expired = client.get(spared.json()["data"][0]["url"])

    assert [answer.status_code for answer in (refused, taken, spared, expired)] == [503, 200, 200, 403]


def test_settings_of_a_gateway(sandbox: Sandbox) -> None:
    """A withdrawn model is no longer known, and is known again when the setting goes."""
    sandbox.change_gateway("ark_intl", withdrawn=["4.0"], seconds={"4.0": 0})
    refused = generate(sandbox)
    sandbox.change_gateway("ark_intl", withdrawn=[], seconds={})
    with pytest.raises(SandboxError, match=r"9\.0"):
        sandbox.change_gateway("ark_intl", withdrawn=["9.0"])

    assert (refused.status_code, generate(sandbox).status_code) == (404, 200)


def test_refused_acts_and_empty_waits(sandbox: Sandbox) -> None:
    """A refused act and a wait without a result raise an error with the sandbox's message."""
    with pytest.raises(SandboxError, match="carrier-pigeon"):
        sandbox.act(platform="carrier-pigeon", user="ada", channel="general", kind="message")
    with pytest.raises(SandboxError, match="No such message in discord general"):
        sandbox.wait_for("discord", "general", lambda _: False, timeout=0.05)


@pytest.mark.parametrize("platform", ["discord", "slack"])
def test_members_are_seen(sandbox: Sandbox, platform: str) -> None:
    """`seen` and `wait_for` return what a member said, optionally only after a given message."""
    said = [sandbox.act(platform=platform, user="ada", channel="art", kind="message", text=text) for text in ("first", "second")]
    found = sandbox.wait_for(platform, "art", lambda message: bool(message["text"] == "second"))
    later = sandbox.seen(platform, "art", after=said[0]["id"])

    assert found["id"] == said[1]["id"]
    assert [(message["author"], message["text"]) for message in later] == [("ada", "second")]


def test_bot_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot's environment contains the sandbox's settings and the caller's, without this machine's proxy, home or settings."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    monkeypatch.setenv("HOME", "/somebody")
    bot = sandbox.start_bot(command=program(), env={"ADMINS": "discord:1"}, config_extra='[[quota.tier]]\nname = "all"\n')
    bot.wait_ready("discord")
    variables, arguments = set(json.loads(bot.log[0])), json.loads(bot.log[1])

    assert {*sandbox.env, "ADMINS", "PATH"} <= variables
    assert not variables & {"HTTPS_PROXY", "HOME", "SSL_CERT_FILE"} - set(sandbox.env)
    assert arguments[0] == "--config"
    assert tomllib.loads(Path(arguments[1]).read_text("utf-8"))["quota"] == {"tier": [{"name": "all"}]}
    assert bot.stop() == 7


@pytest.mark.parametrize(
    ("line", "ready"),
    [
        ("2026-01-01 INFO event=ready platform=discord", True),
        ('{"ts": 1, "level": "info", "event": "ready", "platform": "discord"}', True),
        ("event=ready platform=slack", False),
        ('{"event": "ready", "platform": "slack"}', False),
        ('{"event": "started", "platform": "discord"}', False),
        ("event=ready", False),
    ],
)
def test_ready_line(sandbox: Sandbox, line: str, ready: bool) -> None:
    """The driver recognises the ready line of each platform, as text and as JSON."""
    bot = sandbox.start_bot(command=(sys.executable, "-c", f"print({line!r})"))

    if ready:
        bot.wait_ready("discord")
    else:
        with pytest.raises(SandboxError, match="ended"):
            bot.wait_ready("discord")
    assert bot.process.wait(10) == 0


def test_killed_and_silent_bots(sandbox: Sandbox) -> None:
    """Waiting for a silent bot fails with its last log lines; a killed bot exits at once."""
    bot = sandbox.start_bot(command=program("nearly there"))
    bot.wait_log(lambda line: "nearly" in line)
    with pytest.raises(SandboxError, match=r"silent(?s:.*)nearly there"):
        bot.wait_ready("discord", timeout=0.05)

    assert bot.kill() == -signal.SIGKILL


def test_sandbox_ends_with_its_driver() -> None:
    """When the driver closes, the sandbox, its folder and its bots are gone."""
    with Sandbox.start("--prepared", "--pace", "0") as running:
        bot = running.start_bot(command=program())
        bot.wait_ready("discord")
        address = urlsplit(str(running.line["control"]))

    assert bot.process.poll() is not None
    assert not running.config.parent.exists()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(address.hostname or "", address.port, timeout=5).connect()


def test_sigterm() -> None:
    """SIGTERM ends the sandbox cleanly."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=10)

    assert process.returncode == 0
    assert not Path(line["config"]).exists()


def test_one_platform_in_http_mode() -> None:
    """One platform can be started alone; in HTTP mode, Slack's settings contain a signing secret."""
    with Sandbox.start("--platforms", "slack", "--slack-http") as running:
        assert running.platforms == ("slack",)
        assert {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL"} <= set(running.env)
        assert not {"SLACK_APP_TOKEN", "DISCORD_TOKEN"} & set(running.env)


def test_undeclared_faults_are_refused(sandbox: Sandbox) -> None:
    """A fault word that its server does not declare is refused at once."""
    sandbox.fault("discord.gateway:nothing", "drop")
    sandbox.fault("slack.api:nothing", "error:fatal_error")
    sandbox.clear_faults()

    with pytest.raises(SandboxError, match=r"400.*discord.gateway knows no fault 'boom'; it knows .*close.*drop"):
        sandbox.fault("discord.gateway", "boom")
    with pytest.raises(SandboxError, match=r"400.*slack.share knows no fault '404'; it knows late:SECONDS, never"):
        sandbox.fault("slack.share", "404")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--gateways", "unheard"),
        ("--gateways", ","),
        ("--platforms", "pigeons"),
        ("--platforms", "discord", "--slack-http"),
        ("--pace", "soon"),
        ("--pace", "-1"),
        ("--pace", "nan"),
        ("--users", "0"),
        ("--surprise",),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """A wrong argument is a usage error of `seedream-bot sandbox`."""
    with pytest.raises(SandboxError, match="exit 2"):
        Sandbox.start(*arguments)

    assert capfd.readouterr().err.startswith("usage: seedream-bot sandbox ")
