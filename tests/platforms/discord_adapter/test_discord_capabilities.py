"""Discord addresses survive encoding, and determine what Discord can do for an origin."""

from dataclasses import replace

import pytest

from adapters.discord.address import Address, decode_address, snowflake_time, token_open
from adapters.discord.capabilities import TEXT_LENGTH, capabilities
from adapters.discord.inbound.events import to_gesture
from adapters.shared.gesture import Gesture
from bot.chat.capabilities import Way
from bot.commands.command import Arrival, Inquiry, Origin
from bot.ids import EventId

EVENT = 175928847299117063
"""Discord's own example: made on 30 April 2016, 11:18:25.796 UTC."""
ASKED_AT = 1462015105.796
FULL = Address(
    channel=1,
    application=2,
    token="to:ken",
    response=3,
    ephemeral=True,
    posts=True,
    direct=True,
    source=4,
    file_bytes=5,
)


def gesture(address: Address) -> Gesture:
    return to_gesture(event=EVENT, user=42, guild=9, roles=("7",), locale="de", address=address, control="v1:again:0123456789ab")


def origin(address: Address) -> Origin:
    return gesture(address).origin


@pytest.mark.parametrize("address", [FULL, Address(channel=1, application=2)])
def test_address_round_trip(address: Address) -> None:
    """Encoded values are strings, and decoding restores the address."""
    encoded = address.encode()
    assert all(isinstance(value, str) for value in encoded.values())
    assert decode_address(encoded) == address


def test_origin() -> None:
    """Ids have the platform's prefix; the time is that of the snowflake."""
    made = origin(FULL)
    assert (made.platform, made.workspace, made.address["channel"], made.user) == ("discord", "9", "1", "discord:42")
    assert (made.roles, made.locale, made.received_at) == (("discord:7",), "de", ASKED_AT)
    assert snowflake_time(EVENT) == ASKED_AT


def test_gesture_keeps_its_ids() -> None:
    """Ids and control are unchanged when an acknowledgement changes the address, and are those of the arrival."""
    made = gesture(FULL)
    acknowledged = made.with_address(replace(FULL, response=8).encode())
    assert decode_address(acknowledged.origin.address) == replace(FULL, response=8)
    assert replace(acknowledged.origin, address=made.origin.address) == made.origin
    assert acknowledged.arrival(Inquiry(name="help"), until=5.0) == Arrival(
        events=(EventId(f"discord:{EVENT}"),),
        origin=acknowledged.origin,
        command=Inquiry(name="help"),
        control="v1:again:0123456789ab",
        until=5.0,
    )


@pytest.mark.parametrize(
    ("address", "ways"),
    [
        (Address(channel=1, application=2, token="t", posts=True), (Way.CONVERSATION, Way.RESPONSE, Way.DIRECT)),
        (Address(channel=1, application=2, token="t"), (Way.RESPONSE, Way.DIRECT)),
        (Address(channel=1, application=2, token="t", posts=True, ephemeral=True), (Way.RESPONSE, Way.DIRECT)),
        (Address(channel=1, application=2, token="t", posts=True, direct=True), (Way.CONVERSATION, Way.RESPONSE)),
        (Address(channel=1, application=2, source=3, posts=True), (Way.CONVERSATION, Way.DIRECT)),
        (Address(channel=1, application=2, source=3, posts=True, direct=True), (Way.CONVERSATION,)),
        (Address(channel=1, application=2, source=3), (Way.DIRECT,)),
    ],
)
def test_delivery_ways(address: Address, ways: tuple[Way, ...]) -> None:
    """The conversation comes first where the bot may post, because replies reach the bot; otherwise the response."""
    assert capabilities(origin(address)).ways == ways


def test_limits() -> None:
    """The interaction's file limit applies, otherwise Discord's smallest; only interactions have a response."""
    by_command = capabilities(origin(Address(channel=1, application=2, token="t", file_bytes=20 * 1024 * 1024)))
    by_message = capabilities(origin(Address(channel=1, application=2, source=3)))
    assert (by_command.file_bytes, by_command.response_seconds) == (20971520, 810)
    assert (by_message.file_bytes, by_message.response_seconds) == (10485760, None)
    assert (TEXT_LENGTH, by_command.alt_length, by_command.pictures) == (2000, 1024, 10)


@pytest.mark.parametrize(("later", "is_open"), [(0, True), (880, True), (900, False)])
def test_token_expiry(later: float, *, is_open: bool) -> None:
    """A token is valid for 15 minutes, less the time of a slow request."""
    asked = origin(FULL)
    assert token_open(asked, now=asked.received_at + later) is is_open
    assert token_open(replace(asked, address={"channel": "1"}), now=asked.received_at) is False
