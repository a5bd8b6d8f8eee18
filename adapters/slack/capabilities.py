"""Slack's capabilities for one origin; pure."""

from adapters.slack.address import decode_address
from bot.chat.capabilities import Capabilities, Way
from bot.commands.command import Origin

TEXT_LENGTH = 3000
"""Characters of a text in a message: a block takes so many, and the plain text beside the blocks 4,000 in an edit."""
QUOTE_LENGTH = 900
ALT_LENGTH = 2000
FILES = 20
"""Slack documents no limit; a complete set is one message."""
FILE_BYTES = 1_000_000_000
PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif"})
FORM_FIELDS = 7
PROGRESS_SECONDS = 3.0
"""Edits count against the workspace's fifty a minute, for which they wait in line."""


def capabilities(origin: Origin) -> Capabilities:
    address = decode_address(origin.address)
    return Capabilities(
        quote_length=QUOTE_LENGTH,
        alt_length=ALT_LENGTH,
        pictures=FILES,
        file_bytes=FILE_BYTES,
        picture_types=PICTURE_TYPES,
        ways=(Way.CONVERSATION,) if address.private else (Way.CONVERSATION, Way.DIRECT),
        # A response URL brings no files.
        response_seconds=None,
        private=address.private,
        form_fields=FORM_FIELDS,
        progress_seconds=PROGRESS_SECONDS,
        command_files=False,
        reply_names_bot=not address.private,
        spoilers=False,
        redirected=address.redirected,
        quota_command="/seedream quota",
        models_command="/seedream models",
    )
