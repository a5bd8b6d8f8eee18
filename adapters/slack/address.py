"""What `Origin.address` holds for Slack: ids as strings, written at the arrival, read at each delivery; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands.command import Origin
from bot.ids import MessageId

RESPONSE_SECONDS = 30 * 60
"""How long a response URL works (Slack, "Handling user interaction")."""
RESPONSE_MARGIN_SECONDS = 10
FLAG = "1"
THREAD = "thread"


@dataclass(frozen=True, kw_only=True)
class Address:
    """`thread` is the timestamp of its first message, never a reply's. `opens`: nobody has said anything in it yet.

    `response_url` says something to the member alone, even where the bot is no member. `direct`: the channel is the
    member's own direct messages. `alone`: nobody but the member may see what comes of it, so it goes to those.
    """

    channel: str
    thread: str | None = None
    opens: bool = False
    response_url: str | None = None
    direct: bool = False
    alone: bool = False

    def encode(self) -> dict[str, str]:
        fields = {
            "channel": self.channel,
            "thread": self.thread,
            "opens": FLAG if self.opens else None,
            "response_url": self.response_url,
            "direct": FLAG if self.direct else None,
            "alone": FLAG if self.alone else None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    @property
    def private(self) -> bool:
        """The member alone reads what is written here."""
        return self.direct or self.alone


def decode_address(address: Mapping[str, str]) -> Address:
    return Address(
        channel=address["channel"],
        thread=address.get("thread"),
        opens="opens" in address,
        response_url=address.get("response_url"),
        direct="direct" in address,
        alone="alone" in address,
    )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a message of ours stands: its id is its channel and its timestamp."""

    channel: str
    ts: str

    @property
    def message(self) -> MessageId:
        return message_id(self.channel, self.ts)


def message_id(channel: str, ts: str) -> MessageId:
    return MessageId(f"{channel}:{ts}")


def thread_id(channel: str, thread: str) -> MessageId:
    """The name under which the newest result in a thread is remembered."""
    return MessageId(f"{channel}:{thread}:{THREAD}")


def standing(message: MessageId) -> Standing:
    channel, _, ts = message.partition(":")
    return Standing(channel=channel, ts=ts)


def member_id(origin: Origin) -> str:
    """`U…` in `slack:T…/U…`."""
    return origin.user.rpartition("/")[2]


def response_open(origin: Origin, *, now: float) -> bool:
    """Whether the response URL still works, as far as time goes."""
    return "response_url" in origin.address and now < origin.received_at + RESPONSE_SECONDS - RESPONSE_MARGIN_SECONDS
