"""The contents of `Origin.address` for Discord: ids and a token as strings, for later deliveries; pure."""

from collections.abc import Mapping

from adapters.discord.settings import NAME
from bot.commands.command import Origin
from bot.ids import MessageId
from bot.values import dataclass

TOKEN_SECONDS = 15 * 60
"""How long an interaction token is valid (Discord, "Receiving and Responding")."""
TOKEN_MARGIN_SECONDS = 10
"""The part of that time that is reserved for a slow request."""
EPOCH_MS = 1_420_070_400_000
"""The first second of 2015, where Discord's ids count from."""
FLAG = "1"


def snowflake_time(snowflake: str | int) -> float:
    """When Discord made this id, in seconds since 1970."""
    return ((int(snowflake) >> 22) + EPOCH_MS) / 1000


@dataclass(frozen=True, kw_only=True)
class Address:
    """`token` is None where a plain message asked.

    `response` is the message that answers the interaction, once it is known; `acknowledged`: it is for the member alone, and
    goes once a message of the bot stands. `posts`: the bot itself may post files in this channel. `direct`: the channel is the member's own direct messages. `source` is the message that asked.
    """

    channel: int
    application: int
    token: str | None = None
    response: int | None = None
    ephemeral: bool = False
    acknowledged: bool = False
    posts: bool = False
    direct: bool = False
    source: int | None = None
    file_bytes: int | None = None

    def encode(self) -> dict[str, str]:
        fields: dict[str, str | int | None] = {
            "channel": self.channel,
            "application": self.application,
            "token": self.token,
            "response": self.response,
            "ephemeral": FLAG if self.ephemeral else None,
            "acknowledged": FLAG if self.acknowledged else None,
            "posts": FLAG if self.posts else None,
            "direct": FLAG if self.direct else None,
            "source": self.source,
            "file_bytes": self.file_bytes,
        }
        return {name: str(value) for name, value in fields.items() if value is not None}


def decode_address(address: Mapping[str, str]) -> Address:
    def number(name: str) -> int | None:
        return int(address[name]) if name in address else None

    return Address(
        channel=int(address["channel"]),
        application=int(address["application"]),
        token=address.get("token"),
        response=number("response"),
        ephemeral="ephemeral" in address,
        acknowledged="acknowledged" in address,
        posts="posts" in address,
        direct="direct" in address,
        source=number("source"),
        file_bytes=number("file_bytes"),
    )


@dataclass(frozen=True, kw_only=True)
class MessageLocation:
    """The place of one of the bot's messages."""

    channel: int
    message: int


def location_of(message: MessageId, address: Address) -> MessageLocation:
    """The channel of the address, unless the message's id begins with another channel."""
    channel, _, number = message.rpartition(":")
    return MessageLocation(channel=int(channel) if channel else address.channel, message=int(number))


def direct_message_id(location: MessageLocation) -> MessageId:
    """The id of a message that was sent to the member's direct messages instead."""
    return MessageId(f"{location.channel}:{location.message}")


def member_id(origin: Origin) -> int:
    """The number in `discord:81384788765712384`."""
    return int(origin.user.removeprefix(f"{NAME}:"))


def token_open(origin: Origin, *, now: float) -> bool:
    """Whether the response can still be written by its token."""
    return "token" in origin.address and now < origin.received_at + TOKEN_SECONDS - TOKEN_MARGIN_SECONDS
