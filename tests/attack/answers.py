"""What a gateway may answer: compressed without end, too many pictures, or an error that quotes the prompt."""

from functools import partial

from tests.attack.target import PLATFORMS, Target, at_once

GATEWAY = "ark_intl"
EACH = 4
SURPLUS = 400
MOST_POSTED = 3
"""One image asked for, and two more."""


def attack(target: Target) -> list[str]:
    """Every fault in turn, on both platforms."""
    findings: list[str] = []
    for place, fault in (("answer", "bomb"), ("result", "bomb"), ("answer", "zstd"), ("result", "gzip"), ("result", "endless")):
        target.sandbox.fault(f"{GATEWAY}.{place}", fault, times=EACH * len(PLATFORMS))
        _ask(target, f"{place}-{fault}")
        target.sandbox.clear_faults()
    target.sandbox.fault(f"{GATEWAY}.submit", f"more:{SURPLUS}", times=len(PLATFORMS))
    at_once([partial(target.command, platform, "surplus a fox") for platform in PLATFORMS])
    target.wait_idle()
    for platform in PLATFORMS:
        posted = target.pictures(platform)
        findings += [f"{posted} pictures were posted on {platform}"] if posted > EACH * 5 + MOST_POSTED else []
    target.sandbox.fault(f"{GATEWAY}.submit", "quoted:500", times=1)
    target.command("discord", "quoted a red fox, RateLimitExceeded")
    target.wait_idle()
    calls = len(target.paid_calls("quoted"))
    return findings + ([f"{calls} paid calls for a prompt with an error code"] if calls != 1 else [])


def _ask(target: Target, word: str) -> None:
    at_once([partial(target.command, platform, f"{word} a fox") for platform in PLATFORMS for _ in range(EACH)])
    target.wait_idle()
