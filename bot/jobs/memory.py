"""The last pictures of a member in one place, which words may point back at, and their port."""

from typing import Protocol

from bot.commands.command import Attachment
from bot.ids import JobId, UserId
from bot.values import dataclass

KEPT_S = 24 * 3600.0
"""How long a row is kept at most; the operator's setting says how long it counts."""
MOST_KEPT = 6
"""Of one member in one place: the newest, and those that are meant again where it comes to nothing."""


@dataclass(frozen=True, kw_only=True)
class LastPicture:
    """Either files that came without words, or a job. `at`: when the member's message was sent, in seconds since 1970."""

    place: str
    user: UserId
    at: float
    attachments: tuple[Attachment, ...] = ()
    job: JobId | None = None


class PictureMemory(Protocol):
    """The newest pictures of each member in each place: ids and addresses, never bytes. A job is noted as it is recorded.

    Whether a job counts is seen in its row when the pictures are read: nothing has to be written when it ends or is deleted.
    """

    async def remember(self, last: LastPicture) -> None:
        """Note files that came without words. Deletes what is older than KEPT_S, and all but the newest MOST_KEPT there."""
        ...

    async def last_pictures(self, place: str, user: UserId) -> tuple[LastPicture, ...]:
        """The newest first, by the time of the member's messages."""
        ...
