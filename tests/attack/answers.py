"""Answers of a gateway that are expensive to read, or that try to be paid for twice."""

from collections.abc import Mapping
from functools import partial

from tests.attack.target import BATTLEFIELD, PLATFORMS, Target, at_once

GATEWAYS = ("uniall", "sinancode")
"""The attacker's gateways: one that answers at once, one with tasks. The other member's is not among them."""
COMMANDS = 2
"""For each fault, gateway and platform."""
FAULTS: Mapping[str, tuple[str, str]] = {
    "compressed": ("answer", "zstd"),
    "bombs": ("answer", "bomb"),
    "too many": ("submit", "more:10"),
    "quoted prompts": ("submit", "quoted:500"),
    "no JSON": ("submit", "not-json"),
    "picture bombs": ("result", "bomb"),
    "endless pictures": ("result", "endless"),
    "compressed pictures": ("result", "gzip"),
}
"""What an answer is, and the fault that makes it so: its part of a gateway and its word."""
WORDS = "RateLimitExceeded, "
"""A code that would mean, if it were read out of a quoted prompt, that nothing was spent."""
COURTESY = 2
"""How many pictures more than asked for are posted."""


def attack(target: Target) -> list[str]:
    """Every kind of answer, to several commands at once on both platforms and both gateways."""
    findings: list[str] = []
    for about, (part, word) in FAULTS.items():
        prompt = f"{WORDS}{about}"
        for gateway in GATEWAYS:
            # A result is fetched again; an answer is not.
            target.sandbox.fault(f"{gateway}.{part}", word, times=COMMANDS)
        commands = [
            partial(target.command, platform, f"{prompt} --gateway {gateway}")
            for platform in PLATFORMS
            for gateway in GATEWAYS
            for _ in range(COMMANDS)
        ]
        at_once(commands)
        target.wait_idle()
        target.sandbox.clear_faults()
        paid = len(target.paid_calls(prompt))
        if paid > len(commands):
            findings.append(f"{len(commands)} commands with {about} became {paid} paid calls")
    return findings + _floods(target)


def _floods(target: Target) -> list[str]:
    """Sets of more pictures than asked for and the courtesy."""
    most = max(len(message["files"]) for platform in PLATFORMS for message in target.sandbox.seen(platform, BATTLEFIELD))
    return [f"a message has {most} pictures where one was asked for"] if most > 1 + COURTESY else []
