"""What both adapters share: repeats, pauses, text that fits, files that are pictures, deletions, controls."""

import pytest

from adapters.shared.connection import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Backoff, retry_pause
from adapters.shared.controls import action_of
from adapters.shared.delivery import ignore_gone
from adapters.shared.pictures import is_picture
from adapters.shared.recent_keys import RecentKeys
from adapters.shared.text import fit
from bot.chat.reply import FormField
from bot.chat.text import shorten
from bot.commands.action import Action, ActionKind
from bot.commands.command import Attachment
from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.ids import JobId
from tests.fakes.clock import FakeClock

JOB = JobId("0123456789ab")


def test_a_key_is_known_for_a_while() -> None:
    """Counted from when it was first seen, so that a member who keeps clicking is not ignored forever."""
    clock = FakeClock()
    recent = RecentKeys(clock, seconds=3.0)
    seen = []
    for _ in range(4):
        seen.append(recent.seen("a"))
        clock.advance(1.5)
    assert seen == [False, True, False, True]


def test_one_known_key_is_enough() -> None:
    """An event may come under several ids; from then on it is known by all of them."""
    recent = RecentKeys(FakeClock(), seconds=3.0)
    assert [recent.seen("a", "b"), recent.seen("b", "c"), recent.seen("c"), recent.seen("d"), recent.seen()] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_pauses_double_up_to_a_minute() -> None:
    """Each somewhere between half of its length and all of it; a good connection begins again with the shortest."""
    backoff = Backoff()
    longest = FIRST_PAUSE_SECONDS
    for _ in range(10):
        assert longest / 2 <= backoff.pause() <= longest
        longest = min(longest * 2, LONGEST_PAUSE_SECONDS)
    backoff.reset()
    assert backoff.pause() <= FIRST_PAUSE_SECONDS


def test_a_pause_is_as_long_as_the_platform_asks() -> None:
    """Its own rate limit is the least."""
    assert Backoff().pause(at_least=30.0) == 30.0


def test_a_connection_that_did_not_last_is_soon_replaced() -> None:
    """The next pauses grow all the same."""
    backoff = Backoff()
    assert backoff.short_pause() <= FIRST_PAUSE_SECONDS / 5
    assert FIRST_PAUSE_SECONDS <= backoff.pause() <= FIRST_PAUSE_SECONDS * 2


def test_a_call_is_repeated_ever_later() -> None:
    """Around as many seconds as attempts have failed."""
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
def test_text_is_cut_by_what_it_becomes(text: str, room: int, fitted: str) -> None:
    """Escaped first, then counted; an escape is never cut in two."""
    assert fit(text, room, lambda plain: plain.replace("<", "&lt;"), growth=4) == fitted


@pytest.mark.parametrize(("text", "shortened"), [("", ""), ("fox", "fox"), ("fuchs", "fu…")])
def test_a_cut_is_marked(text: str, shortened: str) -> None:
    """The mark counts too."""
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
def test_pictures_by_type_or_name(name: str, media_type: str | None, *, picture: bool) -> None:
    """A specific type counts more than a name."""
    assert is_picture(Attachment(address="https://files.example/1", name=name, media_type=media_type)) is picture


async def test_a_deletion_of_what_is_gone_is_done() -> None:
    """Unless another attempt might do it."""

    async def delete(error: DeliveryError | None) -> None:
        if error is not None:
            raise error

    await ignore_gone(delete(None))
    await ignore_gone(delete(DeliveryError(DeliveryCode.GONE, retryable=False)))
    with pytest.raises(DeliveryError):
        await ignore_gone(delete(DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True)))


def test_controls() -> None:
    """A button or form is ours by its id, and too old where it is not."""
    assert action_of(f"v1:again:{JOB}") == Action(kind=ActionKind.AGAIN, job=JOB)
    with pytest.raises(RefusedError) as caught:
        action_of(f"v0:again:{JOB}")
    assert caught.value.refusal is RefusalCode.FORM_EXPIRED


@pytest.mark.parametrize(("most", "limit"), [(None, 10), (4, 4), (40, 10)])
def test_a_field_takes_no_more_than_its_platform(most: int | None, limit: int) -> None:
    """The smaller of both."""
    assert FormField(name="files", kind="files", label="Files", most=most).limit(10) == limit
