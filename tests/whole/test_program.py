"""The program as an operator starts, breaks and stops it."""

import json
import signal
import socket
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox.driver import Sandbox
from tests.whole.program import arrived, seedream_bot
from tests.whole.running import ON_DEMAND, PICTURE_S, PLENTY, PREPARED, stop, wait_until
from tests.whole.scene import PLATFORMS, Scene

PLATFORM = PLATFORMS[0]


def test_without_any_setting_it_says_what_is_missing_and_where_to_play(tmp_path: Path) -> None:
    """A newcomer is pointed to the settings and to the demo."""
    ended = seedream_bot("run", folder=tmp_path)

    assert ended.returncode == 2
    assert "DISCORD_TOKEN" in ended.stderr
    assert "demo" in ended.stderr
    assert ended.stdout == ""


def test_every_mistake_of_the_settings_is_told_at_once(tmp_path: Path) -> None:
    """One clear line each, exit 2, no traceback, no secret."""
    (tmp_path / "seedream-bot.toml").write_text(
        'log_level = "loud"\ncolour = "red"\n[[gateway]]\nname = "a"\ndialect = "arc"\napi_key_env = "NO_SUCH_KEY"\n',
        encoding="utf-8",
    )

    ended = seedream_bot("run", folder=tmp_path, env={"DISCORD_TOKEN": "two words"})

    assert ended.returncode == 2
    lines = ended.stderr.strip().splitlines()
    for named in ("log_level:", "colour:", "gateway[1].dialect", "gateway[1].api_key_env:", "DISCORD_TOKEN:"):
        assert sum(line.startswith(named) for line in lines) == 1, ended.stderr
    assert "two words" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_malformed_toml_names_the_line(tmp_path: Path) -> None:
    """The operator finds the place."""
    (tmp_path / "seedream-bot.toml").write_text('log_level = "info"\n[[gateway\n', encoding="utf-8")

    ended = seedream_bot("run", folder=tmp_path)

    assert ended.returncode == 2
    assert "line 2" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_refused_token_ends_with_one_line(tmp_path: Path) -> None:
    """Exit 2, the setting named, the token not printed."""
    with Sandbox.start() as sandbox:
        bot = sandbox.start_bot(env={"DISCORD_TOKEN": "MTU0.wrong.token"})
        code = bot.process.wait(30)
        bot.stop()

    assert code == 2
    assert "DISCORD_TOKEN" in bot.text
    assert "MTU0.wrong.token" not in bot.text
    assert "Traceback" not in bot.text


def test_explain_needs_no_key_and_prints_the_exact_request(tmp_path: Path) -> None:
    """Request and price on stdout, the key masked."""
    ended = seedream_bot("explain", "--json", "--", "a fox --count 4 --model 4.5", folder=tmp_path)

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["headers"]["Authorization"] == "Bearer ***"
    assert told["body"] == {
        "model": "seedream-4-5-251128",
        "prompt": "a fox",
        "size": "2K",
        "response_format": "url",
        "watermark": False,
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": 4},
        "stream": True,
    }
    assert told["price"] == {"amount": "0.16", "currency": "USD", "images": 4}


def test_explain_refuses_in_words_with_the_nearest_that_works(tmp_path: Path) -> None:
    """Exit 1, the code, the sentence, and flags that would work."""
    ended = seedream_bot("explain", "--json", "a fox --model 4.5 --size 3K", folder=tmp_path)

    assert ended.returncode == 1
    refused = json.loads(ended.stdout)["refused"]
    assert refused["code"] == "TIER_NOT_ON_MODEL"
    assert refused["nearest"] is not None
    assert refused["nearest"] in refused["message"]


@pytest.mark.parametrize("pictures", [0, 1, 2])
def test_a_killed_bot_goes_on_from_its_rows(pictures: int) -> None:
    """Kill it in the middle of a set: the next process ends the job, without a second paid call."""
    with Sandbox.start(*ON_DEMAND, *PREPARED) as sandbox:
        scene = Scene(sandbox, PLATFORM)
        first = sandbox.start_bot(config_extra=PLENTY)
        first.wait_ready(PLATFORM)
        start = scene.mark()
        scene.command("imagine", "a long road --count 3")
        wait_until(lambda: bool(sandbox.calls()))
        if pictures:
            sandbox.advance(pictures * PICTURE_S)
        wait_until(lambda: arrived(sandbox) == pictures)
        first.kill()

        second = sandbox.start_bot(config_extra=PLENTY)
        second.wait_ready(PLATFORM)
        sandbox.wait_for(PLATFORM, scene.channel, _ended, after=start, timeout=60)

        assert len(sandbox.calls()) == 1
        stop(second)


def test_a_platform_may_come_to_us() -> None:
    """Signed requests on the bot's own web server, instead of a connection of ours."""
    with Sandbox.start("--slack-http") as sandbox:
        bot = sandbox.start_bot(config_extra=PLENTY)
        bot.wait_ready(PLATFORMS[-1])
        scene = Scene(sandbox, PLATFORMS[-1])
        start = scene.mark()

        scene.command("imagine", "a single tree")

        assert scene.pictures(start)
        stop(bot)


def test_the_health_of_a_running_bot_can_be_asked() -> None:
    """Connected platforms, the database and the work, for whoever watches the process."""
    with Sandbox.start() as sandbox:
        bot = sandbox.start_bot(config_extra=PLENTY)
        for platform in sandbox.platforms:
            bot.wait_ready(platform)

        with urllib.request.urlopen(f"http://{sandbox.env['LISTEN']}/healthz", timeout=5) as answer:
            health = json.load(answer)

        assert (answer.status, health["status"], health["database"]) == (200, "ok", "ok")
        assert health["platforms"] == dict.fromkeys(sandbox.platforms, "ready")
        assert health["jobs"] == {"waiting": 0, "running": 0, "oldest_s": 0}
        assert bot.stop() == 0


def test_the_health_knows_what_a_gateway_did_last() -> None:
    """A key that is refused is in the report, until a call works again."""
    with Sandbox.start(*PREPARED) as sandbox:
        bot = sandbox.start_bot(config_extra=PLENTY)
        bot.wait_ready(PLATFORM)
        scene = Scene(sandbox, PLATFORM)
        sandbox.fault("ark_intl.submit", "error:401:AuthenticationError", times=1)
        start = scene.mark()
        scene.command("imagine", "a single tree")
        scene.words(start, "rejected the bot's key")
        failing = _health(sandbox)
        start = scene.mark()
        scene.command("imagine", "a single tree")
        scene.pictures(start)
        working = _health(sandbox)
        assert bot.stop() == 0

    assert (failing["status"], failing["gateways"]) == ("degraded", {"ark_intl": "half-open"})
    assert failing["gateway_failures"]["ark_intl"]["code"] == "auth"
    assert (working["gateways"], working["gateway_failures"]) == ({"ark_intl": "closed"}, {})


def test_silent_connections_do_not_silence_the_bot() -> None:
    """With more of them than it has descriptors, its health answers, a member gets a picture, and the log stays short."""
    few = ("sh", "-c", 'ulimit -n 160; exec "$0" -m adapters run "$@"', sys.executable)
    with Sandbox.start() as sandbox, ExitStack() as strangers:
        bot = sandbox.start_bot(config_extra=PLENTY, command=few)
        scene = Scene(sandbox, PLATFORM)
        bot.wait_ready(PLATFORM)
        host, _, port = sandbox.env["LISTEN"].rpartition(":")
        for _ in range(400):
            strangers.enter_context(socket.create_connection((host, int(port)), timeout=30)).sendall(b"GET /hea")
        start = scene.mark()

        assert _health(sandbox)["status"] == "ok"
        scene.command("imagine", "a single tree")

        assert scene.pictures(start)
        assert sum("connection" in line for line in bot.text.splitlines()) <= 3
        assert "Traceback" not in bot.text
        assert bot.stop() == 0


def test_one_line_says_what_runs() -> None:
    """Version, gateways, models, tiers, data folder and platforms; no secret."""
    with Sandbox.start() as sandbox:
        bot = sandbox.start_bot(config_extra=PLENTY)
        for platform in sandbox.platforms:
            bot.wait_ready(platform)
        bot.wait_log(lambda line: '"started"' in line)
        lines = [json.loads(line) for line in bot.text.splitlines()]
        assert bot.stop() == 0

    (first,) = [line for line in lines if line["event"] == "started"]
    assert first["version"]
    assert first["platforms"].split(", ") == list(sandbox.platforms)
    assert (first["gateways"], first["models"]) == ("ark_intl (ark_intl)", "5.0-lite, 4.5, 4.0, 5.5, 5.0-pro, 5.0-flash")
    assert first["data_dir"] == sandbox.env["DATA_DIR"]
    assert first["tiers"] == "plenty 10000/day"
    assert not any(value in json.dumps(first) for name, value in sandbox.env.items() if name.endswith(("_TOKEN", "_KEY")))


ON_TERMINAL = """
import os, pty, sys
ours, theirs = pty.openpty()
os.set_inheritable(ours, True)
os.dup2(theirs, 0)
os.execv(sys.executable, [sys.executable, "-m", "adapters", "run", *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    ("command", "goes_on", "told"),
    [
        pytest.param((sys.executable, "-m", "adapters", "run"), True, "settings not read again", id="service"),
        pytest.param(("sh", "-c", 'trap "" HUP; exec "$0" -m adapters run "$@"', sys.executable), True, None, id="nohup"),
        pytest.param((sys.executable, "-c", ON_TERMINAL), False, "stopping", id="terminal"),
    ],
)
def test_a_hangup(command: tuple[str, ...], goes_on: bool, told: str | None) -> None:
    """A service goes on and says that it has read nothing anew; a bot whose terminal is closed stops as with SIGTERM."""
    with Sandbox.start() as sandbox:
        bot = sandbox.start_bot(config_extra=PLENTY, command=command)
        for platform in sandbox.platforms:
            bot.wait_ready(platform)

        bot.process.send_signal(signal.SIGHUP)
        if told is not None:
            bot.wait_log(lambda line: told in line)
        if goes_on:
            scene = Scene(sandbox, PLATFORM)
            start = scene.mark()
            scene.command("imagine", "a single tree")
            assert scene.pictures(start)
            bot.process.terminate()

        assert bot.process.wait(30) == 0


def test_a_job_in_the_log() -> None:
    """Who asked, how many images came and what they cost; with hashed members, the id is in no line."""
    with Sandbox.start(*PREPARED) as sandbox:
        bot = sandbox.start_bot(config_extra=PLENTY, env={"LOG_MEMBERS": "hashed"})
        bot.wait_ready(PLATFORM)
        scene = Scene(sandbox, PLATFORM)
        start = scene.mark()
        scene.command("imagine", "a long road --count 2 --model 4.5")
        scene.pictures(start, count=2)
        bot.wait_log(lambda line: '"ended"' in line)
        lines = [json.loads(line) for line in bot.text.splitlines()]
        assert bot.stop() == 0

    (accepted,), (ended,) = ([line for line in lines if line["event"] == event] for event in ("accepted", "ended"))
    told = {"gateway": "ark_intl", "model": "4.5", "pictures": 2, "price": "0.08 USD", "platform": PLATFORM}
    assert {name: accepted[name] for name in told} == told
    assert {name: ended[name] for name in told} == told
    assert (ended["state"], accepted["job"], accepted["member"]) == ("done", ended["job"], ended["member"])
    assert len(ended["member"]) == 12
    members = [str(member) for member in sandbox.line[PLATFORM]["users"].values()]
    assert members
    assert not any(member in bot.text for member in members)


def test_sigterm_lets_running_work_end() -> None:
    """A set that is being made is delivered before the process goes, with exit 0."""
    with Sandbox.start(*ON_DEMAND, *PREPARED) as sandbox:
        scene = Scene(sandbox, PLATFORM)
        bot = sandbox.start_bot(config_extra=PLENTY)
        bot.wait_ready(PLATFORM)
        start = scene.mark()
        scene.command("imagine", "a long road --count 3")
        wait_until(lambda: bool(sandbox.calls()))

        bot.process.terminate()
        bot.wait_log(lambda line: "stopping" in line)
        sandbox.advance(3 * PICTURE_S)

        assert bot.process.wait(30) == 0
        assert scene.pictures(start, count=3)


def test_two_processes_answer_once() -> None:
    """During a deploy both hear the command; it is one job, one call, one result."""
    with Sandbox.start() as sandbox:
        scene = Scene(sandbox, PLATFORM)
        bots = [sandbox.start_bot(config_extra=PLENTY) for _ in range(2)]
        for bot in bots:
            bot.wait_ready(PLATFORM)
        start = scene.mark()

        scene.command("imagine", "a single tree")
        scene.words(start, " s: 1 image with")

        assert len(sandbox.calls()) == 1
        assert sum(bool(message["files"]) for message in sandbox.seen(PLATFORM, scene.channel, start)) == 1
        assert [bot.stop() for bot in bots] == [0, 0]


def test_buttons_work_after_a_restart() -> None:
    """Nothing of a button lives in the process that posted it."""
    with Sandbox.start() as sandbox:
        scene = Scene(sandbox, PLATFORM)
        first = sandbox.start_bot(config_extra=PLENTY)
        first.wait_ready(PLATFORM)
        start = scene.mark()
        scene.command("imagine", "a single tree")
        result = scene.pictures(start)
        scene.words(start, " s: 1 image with")
        first.stop()
        second = sandbox.start_bot(config_extra=PLENTY)
        second.wait_ready(PLATFORM)
        again = scene.mark()

        scene.press(result, "Again")

        assert scene.pictures(again)
        second.stop()


def _health(sandbox: Sandbox) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://{sandbox.env['LISTEN']}/healthz", timeout=30) as answer:
        health: dict[str, Any] = json.load(answer)
    return health


def _ended(message: dict[str, object]) -> bool:
    text = str(message["text"])
    return message["author"] == "bot" and ("Done in " in text or "I cannot tell" in text)
