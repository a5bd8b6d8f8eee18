"""A restart that members do not notice: what they write to a bot that is away is carried out when it is back."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.driver import Bot, Sandbox
from tests.whole.running import ON_DEMAND, PICTURE_S, PLENTY, PREPARED, wait_until
from tests.whole.scene import Scene

DISCORD = "discord"
DIRECT = "dm:ada"


@pytest.mark.parametrize("end", [Bot.stop, Bot.kill])
def test_what_is_written_to_a_bot_that_is_away(end: Any) -> None:
    """After a clean stop and after a crash: a mention, a reply to a result, a direct message, one job each; then commands work."""
    with Sandbox.start("--pace", "0.05", *PREPARED, "--no-message-limits") as sandbox:
        scene = Scene(sandbox, DISCORD)
        first = started(sandbox)
        start = scene.mark()
        scene.say("@bot a single tree")
        result = scene.pictures(start)
        scene.words(start, " s: 1 image with")
        end(first)
        away, direct = scene.mark(), scene.mark(DIRECT)
        scene.say("@bot a small house")
        scene.follow(result, "make it night")
        scene.say("a boat at sea", channel=DIRECT)

        second = started(sandbox)
        done(scene, away, 2)
        assert scene.pictures(direct, channel=DIRECT)
        back = scene.mark()
        scene.command("imagine", "a bridge")
        done(scene, back, 1)

        assert len(sandbox.calls()) == 5
        assert (resumed(first), resumed(second)) == ([False], [True])
        assert second.stop() == 0
        assert "Traceback" not in second.text


def test_what_is_written_in_the_minute_of_grace() -> None:
    """A bot that is stopping ends what it began; what is written meanwhile is the next one's."""
    with Sandbox.start(*ON_DEMAND, *PREPARED) as sandbox:
        scene = Scene(sandbox, DISCORD)
        first = started(sandbox)
        start = scene.mark()
        scene.say("@bot a long road --count 3 --model 4.5")
        wait_until(lambda: bool(sandbox.calls()))
        first.process.terminate()
        first.wait_log(lambda line: "stopping" in line)
        scene.say("@bot a single tree")
        sandbox.advance(3 * PICTURE_S)
        scene.pictures(start, count=3)
        assert first.process.wait(30) == 0
        assert len(sandbox.calls()) == 1

        second = started(sandbox)
        wait_until(lambda: len(sandbox.calls()) == 2)
        sandbox.advance(PICTURE_S)
        scene.pictures(start)

        assert resumed(second) == [True]
        assert second.stop() == 0


def started(sandbox: Sandbox) -> Bot:
    """A bot that is connected and has written down its session, as it does once a second."""
    bot = sandbox.start_bot(config_extra=PLENTY, env={"LOG_FORMAT": "json"})
    bot.wait_ready(DISCORD)
    kept = Path(sandbox.env["DATA_DIR"]) / "discord-session.json"
    wait_until(lambda: kept.exists() and bool(kept.read_bytes()))
    return bot


def resumed(bot: Bot) -> list[bool]:
    """Of each session that it was ready in, whether that was one it found."""
    lines = [json.loads(line) for line in bot.text.splitlines() if line.startswith("{")]
    return [line["resumed"] for line in lines if line["event"] == "ready" and line["platform"] == DISCORD]


def done(scene: Scene, after: str | None, count: int) -> None:
    """So many sets, each with its receipt."""
    scene.sandbox.wait_for(DISCORD, scene.channel, lambda _: _receipts(scene, after) == count, after=after)
    assert sum(len(message["files"]) for message in scene.in_public(after)) == count


def _receipts(scene: Scene, after: str | None) -> int:
    return sum(" s: 1 image with" in message["text"] for message in scene.in_public(after))
