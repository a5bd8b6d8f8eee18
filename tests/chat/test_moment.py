"""Moments in a reply's text."""

import pytest

from bot.chat.moment import CLOSE, MIDDLE, OPEN, Moment, parts, plain, written
from bot.errors import RefusalCode, RefusedError
from bot.wording.words import Words

NOW = 1_700_000_000.0
HOUR_S = 3600
SOON = Moment(at=1_700_018_000, words="in 5 hours")


def test_a_text_is_read_in_parts() -> None:
    """The text before, between and after moments, and the moments themselves."""
    near = Moment(at=1_700_000_030, words="in 30 seconds", near=True)
    text = f"It renews {written(SOON)}, not {written(near)}."

    assert list(parts(text)) == ["It renews ", SOON, ", not ", near, "."]
    assert plain(text) == "It renews in 5 hours, not in 30 seconds."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"cut {OPEN}1700018000{MIDDLE}in 5…", "cut 1700018000in 5…"),
        (f"{OPEN}{OPEN}{CLOSE}{MIDDLE}", ""),
        (f"{OPEN}99999999999999{MIDDLE}{CLOSE}", "99999999999999"),
        (OPEN * 50_000, ""),
    ],
)
def test_what_is_no_whole_moment_is_text(text: str, shown: str) -> None:
    """Its marks are not shown."""
    assert plain(text) == shown
    assert not any(isinstance(part, Moment) for part in parts(text))


@pytest.mark.parametrize(
    ("seconds", "words", "near"),
    [
        (-50, "in a second", True),
        (0.2, "in a second", True),
        (99, "in 99 seconds", True),
        (100, "in 2 minutes", True),
        (59 * 60, "in 59 minutes", True),
        (90 * 60, "in 90 minutes", False),
        (90 * 60 + 1, "in 2 hours", False),
        (5 * HOUR_S, "in 5 hours", False),
        (48 * HOUR_S, "in 48 hours", False),
        (48 * HOUR_S + 1, "in 3 days", False),
        (29.5 * 24 * HOUR_S, "in 30 days", False),
    ],
)
def test_the_words_of_a_moment(seconds: float, words: str, *, near: bool) -> None:
    """Seconds, minutes, hours or days, never too early."""
    (_, moment, _) = parts(Words(now=lambda: NOW).say("quota-renewed", renews_at=NOW + seconds))

    assert isinstance(moment, Moment)
    assert (moment.words, moment.near) == (words, near)


def test_what_a_member_types_is_no_moment() -> None:
    """A forged one is shown as text."""
    text = Words().error(RefusedError(RefusalCode.RATIO_UNKNOWN, value=written(SOON)))

    assert "“in 5 hours”" in text
    assert list(parts(text)) == [text]
