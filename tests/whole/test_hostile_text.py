"""Lines that were slow to read, from one member: answered like any other, and the other members notice nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.text.readers import READERS
from tests.text.work import counted
from tests.whole.scene import Scene

WORK_PER_CHARACTER = 30
SETUP = 5_000
LONGEST = {"discord": 5_990, "slack": 40_000}
"""What a command holds on each platform."""
LONGEST_MESSAGE = {"discord": 4_000, "slack": 40_000}
TOO_LONG: dict[str, Callable[[int], str]] = {
    "quotes": lambda length: "“" * length,
    "commas": lambda length: "{" + "," * (length - 1),
    "accents": lambda length: "a" + "\u0323\u0301" * (length // 2 - 1),
}


def hostile(scene: Scene, name: str) -> str:
    return TOO_LONG[name](LONGEST[scene.platform])


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_line_that_is_too_long_is_refused_with_its_limit(scene: Scene, name: str) -> None:
    """Whatever it is made of, reading it is work in proportion to its length; no gateway hears of it."""
    line, before, start = hostile(scene, name), len(scene.sandbox.calls()), scene.mark()

    told = scene.told(scene.command("imagine", line), start)

    assert "Your prompt has" in told
    assert "the limit is" in told
    assert scene.calls_since(before) == []
    reader = READERS[f"{scene.platform.title()} command"]
    # The words are loaded once.
    reader(line[1:])
    assert counted(lambda: reader(line)) < WORK_PER_CHARACTER * len(line) + SETUP


@pytest.mark.parametrize("line", ["“" * 1_500, "a" + " " * 1_500 + "fox", "a fox" + "\n" * 1_500 + "in snow", "{" * 1_500])
def test_an_odd_line_that_is_short_enough_is_a_prompt(scene: Scene, line: str) -> None:
    """In a message too, with the bot mentioned in it."""
    start = scene.mark()

    scene.say(f"@bot {line} as it is")

    assert scene.pictures(start)


def test_another_member_is_served_meanwhile(scene: Scene) -> None:
    """Thirty lines come at once, half of them messages that are not even for the bot; a command among them gets its picture."""
    start, quotes, spaces = scene.mark(), hostile(scene, "quotes"), "a" + " " * (LONGEST_MESSAGE[scene.platform] - 2) + "b"

    with ThreadPoolExecutor(8) as pool:
        said = [pool.submit(scene.say, spaces) for _ in range(15)]
        commands = [pool.submit(scene.command, "imagine", quotes) for _ in range(15)]
        commands.append(pool.submit(scene.command, "imagine", "a red fox among quotes", user="bob"))
        acted = [one.result() for one in (*commands, *said)]

    assert [one["acknowledged_ms"] for one in acted[: len(commands)] if one["acknowledged_ms"] is None] == []
    assert scene.pictures(start)
