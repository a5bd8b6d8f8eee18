"""What Slack can do depends on where the request was made."""

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
def test_address_round_trip(address: Address) -> None:
    """Decoding restores the encoded address."""
    assert decode_address(address.encode()) == address


def test_stored_address_keys_are_stable() -> None:
    """Rows of earlier versions stay readable."""
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
def test_delivery_ways(address: Address, *, private: bool, ways: tuple[Way, ...], private_ways: tuple[Way, ...]) -> None:
    """The conversation comes first, then direct messages; private results go only where no other member reads."""
    found = capabilities(origin(address))
    assert (found.private, found.reply_names_bot) == (private, not private)
    assert plan(found, origin(address), now=1000.0, private=False) == ways
    assert plan(found, origin(address), now=1000.0, private=True) == private_ways


def test_limits() -> None:
    """A whole set fits into one message, a form has all its fields, and progress waits a moment between two edits."""
    found = capabilities(origin(CHANNEL))
    assert (found.pictures >= 15, found.form_fields, found.progress_seconds) == (True, 7, 3.0)
    assert "image/webp" not in found.picture_types


@pytest.mark.parametrize(("now", "open_"), [(1000.0, True), (2789.0, True), (2790.0, False)])
def test_response_url_expiry(now: float, *, open_: bool) -> None:
    """A response URL is valid for half an hour, less a margin."""
    assert response_open(origin(CHANNEL), now=now) is open_
    assert not response_open(origin(DIRECT), now=1000.0)


def test_message_ids() -> None:
    """An id consists of channel and timestamp; a thread's id differs from that of its first message."""
    message = message_id("C1", "1.2")
    assert (message, location_of(message).channel, location_of(message).ts, location_of(message).message) == (
        "C1:1.2",
        "C1",
        "1.2",
        message,
    )
    assert thread_id("C1", "1.2") not in {message, message_id("C1", "1.3")}
