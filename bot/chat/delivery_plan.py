"""Which ways to reach the member are open, and in which order to try them; pure."""

from bot.chat.capabilities import Capabilities, Way
from bot.commands.command import Origin


def plan(capabilities: Capabilities, origin: Origin, *, now: float, private: bool) -> tuple[Way, ...]:
    """The ways still open at `now`, in the order to try them. What is private goes only where no other member reads.

    The response counts as closed some time before the platform closes it, so that a slow upload still arrives.
    """
    fitting = capabilities.ways if capabilities.private or not private else (Way.DIRECT,)
    return tuple(way for way in fitting if way is not Way.RESPONSE or response_open(capabilities, origin, now=now))


def response_open(capabilities: Capabilities, origin: Origin, *, now: float) -> bool:
    return capabilities.response_seconds is not None and now < origin.received_at + capabilities.response_seconds
