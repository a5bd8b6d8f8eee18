"""Discord's capabilities for one origin; pure."""

from adapters.discord.address import Address, decode_address
from bot.chat.capabilities import Capabilities, Way
from bot.commands.command import Origin

TEXT_LENGTH = 2000
QUOTE_LENGTH = 900
ALT_LENGTH = 1024
FILES = 10
FILE_BYTES = 10 * 1024 * 1024
"""Used if the event has no limit: the smallest limit that Discord has had in recent years."""
REQUEST_BYTES = 24 * 1024 * 1024
"""All files of one request together: Discord documents 25 MiB for the complete request."""
PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
RESPONSE_SECONDS = 13.5 * 60
PROGRESS_SECONDS = 3.0
TYPING_SECONDS = 8.0
"""Discord shows for ten that the bot is typing."""
FORM_FIELDS = 5


def capabilities(origin: Origin) -> Capabilities:
    address = decode_address(origin.address)
    return Capabilities(
        quote_length=QUOTE_LENGTH,
        alt_length=ALT_LENGTH,
        pictures=FILES,
        file_bytes=FILE_BYTES if address.file_bytes is None else address.file_bytes,
        picture_types=PICTURE_TYPES,
        ways=_ways(address),
        response_seconds=None if address.token is None else RESPONSE_SECONDS,
        private=address.ephemeral or address.direct,
        form_fields=FORM_FIELDS,
        progress_seconds=PROGRESS_SECONDS,
        taken_seconds=TYPING_SECONDS if address.token is None else None,
        one_message=True,
        counts_time=True,
        message_bytes=REQUEST_BYTES,
    )


def _ways(address: Address) -> tuple[Way, ...]:
    """A message of the bot first: only replies to one reach the bot with their text. What is private stays in the response."""
    conversation = address.posts and not address.ephemeral
    ways = [Way.CONVERSATION] if conversation else []
    if address.token is not None:
        ways.append(Way.RESPONSE)
    if not (conversation and address.direct):
        ways.append(Way.DIRECT)
    return tuple(ways)
