"""Every regular expression of the bot takes linear time on any text."""

import re

import pytest

from tests.text.attacks import attacks, pumped
from tests.text.counting_matcher import Compiled, CountingMatcher
from tests.text.pattern_calls import Found, patterns
from tests.text.work import GROWTH, MOST_GROWTH

LENGTH = 80
BOUNDED_STEPS = 20 * LENGTH
"""A repeat of at most thirty characters costs as much at the end of a text, however long that is."""
MOST_STEPS = 100 * LENGTH
"""For a text of that length; a pattern that takes exponential time would never end."""
FOUND = patterns()
PREPARED = {
    "bot.commands.syntax.quotation:_QUOTED": "it searches only a text whose unpaired marks have been replaced",
    "adapters.discord.settings:TOKEN": "it is compared with the whole of the operator's own setting",
}
"""Patterns that are slow on some texts, and why they never see those."""


def slow_text(pattern: Compiled, *, anchored: bool = False) -> tuple[str, str] | None:
    """The first text on which the steps grow faster than the text."""
    matcher = CountingMatcher(pattern, anchored=anchored)
    return next((attack for attack in attacks(matcher) if _grows(matcher, *attack)), None)


def _grows(matcher: CountingMatcher, beginning: str, pump: str) -> bool:
    short = matcher.steps(pumped(beginning, pump, LENGTH), most=MOST_STEPS)
    most = int(MOST_GROWTH * short) + BOUNDED_STEPS
    return short > MOST_STEPS or matcher.steps(pumped(beginning, pump, GROWTH * LENGTH), most=most) > most


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.place)
def test_a_pattern_is_linear(found: Found) -> None:
    """Four times the text takes four times the steps, on every text that is made out of the pattern."""
    assert (slow_text(found.pattern, anchored=found.anchored) is not None) == (found.place in PREPARED)


def test_every_exception_is_a_pattern() -> None:
    """A reason for a pattern that is gone is struck out."""
    assert set(PREPARED) <= {found.place for found in FOUND}


@pytest.mark.parametrize(
    "pattern",
    [
        '"[^"]*"|“[^”]*”|「[^」]*」',
        r"\{[^{}]*,[^{}]*\}",
        r"[ \t]*<@U1>[ \t]*",
        r"(?m)^(\s*)(-|\+|\d+(?=\.))(?=[\s.#])",
        "<[^>]*>",
        r"(?i)\b(?:[a-z][a-z0-9+.-]*://|data:)\S+",
        r"(?i)(\bhttps?://[^\s?]+\?)\S+",
        r"\b(?:x-[a-z]+-[a-z-]+)=",
        r"(?:a|b)*c",
        r"(?:\w+\s?)*$",
        r"\s+$",
    ],
)
def test_a_slow_pattern_is_found(pattern: str) -> None:
    """Among them patterns that this bot has had."""
    assert slow_text(re.compile(pattern)) is not None


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.place)
def test_the_counting_matcher_finds_what_python_finds(found: Found) -> None:
    """Or its steps would say nothing about Python's."""
    if isinstance(found.pattern.pattern, bytes):
        pytest.skip("the texts are not bytes")
    matcher = CountingMatcher(found.pattern)
    for attack in attacks(matcher)[::8]:
        text = pumped(*attack, 20)
        assert matcher.spans(text) == [one.span() for one in found.pattern.finditer(text)]
