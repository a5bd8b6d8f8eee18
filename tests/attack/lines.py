"""Lines of text that are cheap to send and were expensive to read."""

from collections.abc import Callable
from functools import partial

from sandbox.contracts import JsonObject
from tests.attack.target import ATTACKER, BATTLEFIELD, PLATFORMS, Target, at_once

COMMAND_CHARACTERS = {"discord": 5_990, "slack": 39_000}
MESSAGE_CHARACTERS = {"discord": 1_900, "slack": 39_000}
REPEATS = 10


def hostile_lines(characters: int) -> dict[str, str]:
    """Each fills a message of so many characters."""
    return {
        "opening quotes": "“" * characters,
        "straight quotes": '"' * characters,
        "quotes in pairs": '"" ' * (characters // 3),
        "inner spaces": "a" + " " * (characters - 2) + "b",
        "a brace and commas": "{" + "," * (characters - 1),
        "braces": "{" * characters,
        "nested braces": "{a," * (characters // 3),
        "dashes": "-" * characters,
        "flags": "--count " * (characters // 8),
        "unknown flags": "--cuont " * (characters // 8),
        "one long flag": "--" + "c" * (characters - 2),
        "mentions": "<@1> " * (characters // 5),
        "angle brackets": "<" * characters,
        "backticks": "`" * characters,
        "combining marks": "e" + "\u0301" * (characters - 1),
    }


def attack(target: Target) -> list[str]:
    """Every line, several times, as a command on both platforms, and as a message in a channel and to the bot alone."""
    acts: list[Callable[[], JsonObject]] = []
    for platform in PLATFORMS:
        for line in hostile_lines(COMMAND_CHARACTERS[platform]).values():
            acts += [partial(target.command, platform, line)] * REPEATS
    answers = at_once(acts)
    silent = sum(answer["acknowledged_ms"] is None for answer in answers)
    at_once(
        [
            partial(target.say, platform, text, channel=channel)
            for platform in PLATFORMS
            for line in hostile_lines(MESSAGE_CHARACTERS[platform]).values()
            for text, channel in ((line, BATTLEFIELD), (f"@bot {line}", BATTLEFIELD), (line, f"dm:{ATTACKER}"))
        ]
    )
    return [f"{silent} of {len(acts)} commands were never acknowledged"] if silent else []
