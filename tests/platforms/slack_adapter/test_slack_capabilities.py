"""What Slack can do, by where something was asked."""

import pytest

from adapters.slack.address import Address, decode_address, location_of, message_id, response_open, thread_id
from adapters.slack.capabilities import capabilities
from bot.chat.capabilities import Way
from bot.chat.delivery_plan import plan
from bot.commands.command import Origin
from bot.ids import PlatformName, UserId

CHANNEL = Address(channel="C1", thread="1.2", response_url="https://hooks.example/1")
DIRECT = Address(channel="D1", direct=True)
ALONE = Address(channel="C1", redirected=True)


def origin(address: Address) -> Origin:
    return Origin(
        platform=PlatformName("slack"),
        workspace=None,
        user=UserId("slack:T1/U1"),
        received_at=1000.0,
        address=address.encode(),
    )


@pytest.mark.parametrize(
    "address", [CHANNEL, DIRECT, ALONE, Address(channel="C1"), Address(channel="C1", thread="1.2", new_thread=True)]
)
def test_addresses_survive_the_database(address: Address) -> None:
    """They are strings there."""
    assert decode_address(address.encode()) == address


def test_stored_addresses_keep_their_keys() -> None:
    """Rows of an earlier version are read by them."""
    address = Address(channel="C1", thread="1.2", new_thread=True, redirected=True)
    assert address.encode() == {"channel": "C1", "thread": "1.2", "opens": "1", "alone": "1"}


@pytest.mark.parametrize(
    ("address", "private", "ways", "private_ways"),
    [
        (CHANNEL, False, (Way.CONVERSATION, Way.DIRECT), (Way.DIRECT,)),
        (DIRECT, True, (Way.CONVERSATION,), (Way.CONVERSATION,)),
        (ALONE, True, (Way.CONVERSATION,), (Way.CONVERSATION,)),
    ],
)
def test_ways(address: Address, *, private: bool, ways: tuple[Way, ...], private_ways: tuple[Way, ...]) -> None:
    """Where the member asked, else by direct message; what is private goes where no other member reads."""
    found = capabilities(origin(address))
    assert (found.private, found.reply_names_bot) == (private, not private)
    assert plan(found, origin(address), now=1000.0, private=False) == ways
    assert plan(found, origin(address), now=1000.0, private=True) == private_ways


def test_what_the_core_counts_with() -> None:
    """A whole set is one message, a form has all its fields, edits are few, and every repeat is looked for."""
    found = capabilities(origin(CHANNEL))
    assert (found.pictures >= 15, found.form_fields, found.progress_seconds >= 5) == (True, 6, True)
    assert "image/webp" not in found.picture_types


@pytest.mark.parametrize(("now", "open_"), [(1000.0, True), (2789.0, True), (2790.0, False)])
def test_a_response_url_dies(now: float, *, open_: bool) -> None:
    """Half an hour after the gesture, a little before Slack forgets it."""
    assert response_open(origin(CHANNEL), now=now) is open_
    assert not response_open(origin(DIRECT), now=1000.0)


def test_messages_are_known_by_channel_and_time() -> None:
    """A thread has a name of its own beside its first message."""
    message = message_id("C1", "1.2")
    assert (message, location_of(message).channel, location_of(message).ts, location_of(message).message) == (
        "C1:1.2",
        "C1",
        "1.2",
        message,
    )
    assert thread_id("C1", "1.2") not in {message, message_id("C1", "1.3")}
