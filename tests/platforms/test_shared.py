"""Code that both adapters share: duplicate keys, backoff, text limits, picture detection, deletions and controls."""

import re

import pytest

from adapters.shared.connection import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    LONGEST_RETRY_SECONDS,
    Backoff,
    retry_pause,
    retry_seconds,
)
from adapters.shared.controls import action_of
from adapters.shared.delivery import ignore_gone
from adapters.shared.pictures import is_picture
from adapters.shared.recent_keys import RecentKeys
from adapters.shared.text import fit, without
from bot.chat.reply import FormField
from bot.chat.text import shorten
from bot.commands.action import Action, ActionKind
from bot.commands.command import Attachment
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId
from tests.fakes.clock import FakeClock

JOB = JobId("0123456789ab")


def test_recent_key_expires() -> None:
    """The time counts from the first use, so that repeated clicks are not ignored forever."""
    clock = FakeClock()
    recent = RecentKeys(clock, seconds=3.0)
    seen = []
    for _ in range(4):
        seen.append(recent.seen("a"))
        clock.advance(1.5)
    assert seen == [False, True, False, True]


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_a_clock_that_is_set_changes_no_time_between_two_clicks(jump_s: float) -> None:
    """A double click stays one, and a later click counts."""
    clock = FakeClock()
    recent = RecentKeys(clock, seconds=3.0)
    seen = [recent.seen("a")]
    clock.jump(jump_s)
    seen.append(recent.seen("a"))
    clock.advance(3.0)
    seen.append(recent.seen("a"))
    assert seen == [False, True, False]


def test_any_known_key_marks_all_as_known() -> None:
    """An event may have several ids; once one is known, all of them are."""
    recent = RecentKeys(FakeClock(), seconds=3.0)
    assert [recent.seen("a", "b"), recent.seen("b", "c"), recent.seen("c"), recent.seen("d"), recent.seen()] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_backoff_doubles_up_to_its_limit() -> None:
    """Each pause is between half of its maximum and the maximum; a reset starts with the shortest again."""
    backoff = Backoff()
    longest = FIRST_PAUSE_SECONDS
    for _ in range(10):
        assert longest / 2 <= backoff.pause() <= longest
        longest = min(longest * 2, LONGEST_PAUSE_SECONDS)
    backoff.reset()
    assert backoff.pause() <= FIRST_PAUSE_SECONDS


def test_backoff_respects_the_rate_limit() -> None:
    """The platform's rate limit is the minimum."""
    assert Backoff().pause(at_least=30.0) == 30.0


def test_short_connection_is_replaced_soon() -> None:
    """The next pauses still grow."""
    backoff = Backoff()
    assert backoff.short_pause() <= FIRST_PAUSE_SECONDS / 5
    assert FIRST_PAUSE_SECONDS <= backoff.pause() <= FIRST_PAUSE_SECONDS * 2


def test_retry_pause_grows_with_attempts() -> None:
    """The pause is about one second for each failed attempt."""
    assert all(attempt / 2 <= retry_pause(attempt) <= attempt * 1.5 for attempt in (1, 2, 3))


@pytest.mark.parametrize(
    ("text", "room", "fitted"),
    [
        ("fox", 3, "fox"),
        ("foxes", 4, "fox…"),
        ("a<b", 6, "a&lt;b"),
        ("a<b", 5, "a…"),
        ("<<<", 5, "&lt;…"),
        ("fox", 1, "…"),
        ("fox", 0, ""),
        ("", 0, ""),
        ("fox", -3, ""),
    ],
)
def test_text_is_cut_after_escaping(text: str, room: int, fitted: str) -> None:
    """Length is counted after escaping; an escape sequence is never cut."""
    assert fit(text, room, lambda plain: plain.replace("<", "&lt;")) == fitted


@pytest.mark.parametrize(("text", "shortened"), [("", ""), ("fox", "fox"), ("fuchs", "fu…")])
def test_shortened_text_ends_with_an_ellipsis(text: str, shortened: str) -> None:
    """The ellipsis counts toward the length."""
    assert shorten(text, 3) == shortened


@pytest.mark.parametrize(
    ("name", "media_type", "picture"),
    [
        ("fox", "image/png", True),
        ("fox.png", "text/plain", False),
        ("fox.PNG", None, True),
        ("fox.heic", "application/octet-stream", True),
        ("fox.zip", "application/octet-stream", False),
        ("fox.txt", None, False),
        ("", None, False),
    ],
)
def test_is_picture_by_media_type_or_name(name: str, media_type: str | None, *, picture: bool) -> None:
    """A specific media type takes precedence over the name."""
    assert is_picture(Attachment(address="https://files.example/1", name=name, media_type=media_type)) is picture


async def test_deletion_ignores_missing_messages() -> None:
    """Retryable errors are still raised."""

    async def delete(error: DeliveryError | None) -> None:
        if error is not None:
            raise error

    await ignore_gone(delete(None))
    await ignore_gone(delete(DeliveryError(DeliveryCode.GONE, retryable=False)))
    with pytest.raises(DeliveryError):
        await ignore_gone(delete(DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)))


def test_control_ids() -> None:
    """Unknown control ids are refused as expired."""
    assert action_of(f"v1:again:{JOB}") == Action(kind=ActionKind.AGAIN, job=JOB)
    with pytest.raises(RefusedError) as caught:
        action_of(f"v0:again:{JOB}")
    assert caught.value.refusal is RefusalCode.FORM_EXPIRED


@pytest.mark.parametrize(("most", "limit"), [(None, 10), (4, 4), (40, 10)])
def test_form_field_limit(most: int | None, limit: int) -> None:
    """The smaller of the field's and the platform's limits applies."""
    assert FormField(name="files", kind="files", label="Files", most=most).limit(10) == limit


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("1.5", 1.5),
        ("-1", 0.0),
        ("inf", LONGEST_RETRY_SECONDS),
        ("9" * 9000, LONGEST_RETRY_SECONDS),
        ("nan", None),
        ("", None),
        ("soon", None),
    ],
)
def test_a_retry_after_header_is_bounded(header: str, seconds: float | None) -> None:
    """No header makes the bot wait for ever."""
    assert retry_seconds(header) == seconds


@pytest.mark.parametrize(
    ("text", "left"),
    [("a  <@1>  fox", "a fox"), ("<@1> <@1>\tfox", "fox"), ("a\n<@1> fox", "a\n fox"), ("  a   fox ", "a   fox"), ("<@1>", "")],
)
def test_mentions_go_with_the_spaces_around_them(text: str, left: str) -> None:
    """Other spaces stay."""
    assert without(re.compile("<@1>"), text) == left
