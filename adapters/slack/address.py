"""The contents of `Origin.address` for Slack: ids as strings, for later deliveries; pure."""

from collections.abc import Mapping

from bot.commands.command import Origin
from bot.ids import MessageId
from bot.values import dataclass

RESPONSE_SECONDS = 30 * 60
"""How long a response URL works (Slack, "Handling user interaction")."""
RESPONSE_MARGIN_SECONDS = 10
FLAG = "1"
THREAD = "thread"


@dataclass(frozen=True, kw_only=True)
class Address:
    """`thread` is the timestamp of its parent message, never a reply's. `new_thread`: it has no reply yet.

    `response_url` reaches the member alone, even where the bot is no member. `direct`: the channel is the member's own
    direct messages. `redirected`: no other member may see the answer, so it goes to direct messages instead of the channel.
    `team` is the member's own workspace.
    """

    channel: str
    thread: str | None = None
    new_thread: bool = False
    response_url: str | None = None
    direct: bool = False
    redirected: bool = False
    team: str = ""

    def encode(self) -> dict[str, str]:
        """The keys are stored in the database and must not change."""
        fields = {
            "channel": self.channel,
            "thread": self.thread,
            "opens": FLAG if self.new_thread else None,
            "response_url": self.response_url,
            "direct": FLAG if self.direct else None,
            "alone": FLAG if self.redirected else None,
            "team": self.team or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    @property
    def private(self) -> bool:
        """Only the member can read messages here."""
        return self.direct or self.redirected


def decode_address(address: Mapping[str, str]) -> Address:
    return Address(
        channel=address["channel"],
        thread=address.get("thread"),
        new_thread="opens" in address,
        response_url=address.get("response_url"),
        direct="direct" in address,
        redirected="alone" in address,
        team=address.get("team", ""),
    )


@dataclass(frozen=True, kw_only=True)
class MessageLocation:
    """The place of one of the bot's messages; its id consists of both."""

    channel: str
    ts: str

    @property
    def message(self) -> MessageId:
        return message_id(self.channel, self.ts)


def message_id(channel: str, ts: str) -> MessageId:
    return MessageId(f"{channel}:{ts}")


def thread_id(channel: str, thread: str) -> MessageId:
    """The id under which the newest result in a thread is recorded."""
    return MessageId(f"{channel}:{thread}:{THREAD}")


def location_of(message: MessageId) -> MessageLocation:
    channel, _, ts = message.partition(":")
    return MessageLocation(channel=channel, ts=ts)


def member_id(origin: Origin) -> str:
    """`U…` in `slack:T…/U…`."""
    return origin.user.rpartition("/")[2]


def response_open(origin: Origin, *, now: float) -> bool:
    """Whether the response URL still works, as far as time goes."""
    return "response_url" in origin.address and now < origin.received_at + RESPONSE_SECONDS - RESPONSE_MARGIN_SECONDS
