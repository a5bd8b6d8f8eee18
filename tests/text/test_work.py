"""The work of reading a text grows with its length, whoever reads it and whatever it is."""

from functools import partial

import pytest

from bot.commands.syntax import quotation
from bot.errors import BotError
from tests.text.counting_matcher import CountingMatcher
from tests.text.hostile import BEGINNINGS, EXAMPLES, LINES, REPEATED, line
from tests.text.readers import READERS
from tests.text.work import GROWTH, MOST_GROWTH, counted, growth

LENGTH = 2500
"""A quarter of what the grammar takes; more than a message of the bot holds."""
SHORTER = {"Discord command": 1500, "Discord references": 1500, "Discord form": 1000, "Discord message": 1000, "Slack form": 750}
"""Where the platform takes less: a quarter of that."""


@pytest.mark.parametrize("name", READERS)
def test_four_times_the_text_is_four_times_the_work(name: str) -> None:
    """For every reader of foreign text: lines of Python, calls, and the characters that they are made on."""
    lines = [*EXAMPLES, *(("", repeated) for repeated in REPEATED)]
    length = SHORTER.get(name, LENGTH)
    grown = {one: growth(READERS[name], partial(line, *one), length) for one in lines}

    assert {one: times for one, times in grown.items() if times > MOST_GROWTH} == {}


@pytest.mark.parametrize("name", READERS)
def test_every_text_is_read_or_refused(name: str) -> None:
    """Nothing but an answer comes of it."""
    for beginning, repeated in LINES:
        for length in (1, 60, 700):
            READERS[name](line(beginning, repeated, length))


def test_quotations_are_looked_for_once() -> None:
    """The one pattern that is slow on some texts is linear on what it is given."""
    matcher = CountingMatcher(quotation._QUOTED)
    for beginning, repeated in [(beginning, repeated) for beginning in BEGINNINGS for repeated in REPEATED[:8]]:
        short, long = (line(beginning, repeated, length) for length in (100, 100 * GROWTH))
        steps = matcher.steps(quotation._without_unpaired(short))
        assert matcher.steps(quotation._without_unpaired(long)) <= MOST_GROWTH * steps + 100, (beginning, repeated)


def test_work_that_grows_with_the_square_is_seen() -> None:
    """By its lines, by its calls, or by the text that it cuts again and again."""

    def by_lines(text: str) -> int:
        found = 0
        for _ in text:
            for _ in text:
                found += 1
        return found

    def by_cutting(text: str) -> int:
        found = 0
        while text:
            text = text.partition("a")[2]
            found += 1
        return found

    for read in (by_lines, by_cutting):
        assert growth(read, lambda length: "a" * length, 200) > 10
    assert growth(lambda text: [letter.upper() for letter in text], lambda length: "a" * length, 2000) < MOST_GROWTH


def test_what_is_counted_does_not_change_what_happens() -> None:
    """An error passes, and the count of one call says nothing about the next."""

    def refuse() -> None:
        raise BotError("code", retryable=False, certain=True, parameters={})

    with pytest.raises(BotError):
        counted(refuse)
    assert counted(lambda: None) == counted(lambda: None)
