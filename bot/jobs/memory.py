"""The last picture of a member in one place, which words may point back at, and its port."""

from typing import Protocol

from bot.commands.command import Attachment
from bot.ids import JobId, UserId
from bot.values import dataclass

KEPT_S = 24 * 3600.0
"""How long a row is kept at most; the operator's setting says how long it counts."""


@dataclass(frozen=True, kw_only=True)
class LastPicture:
    """Either files that came without words, or a job. `at`: when it came, in seconds since 1970."""

    place: str
    user: UserId
    at: float
    attachments: tuple[Attachment, ...] = ()
    job: JobId | None = None


class PictureMemory(Protocol):
    """The newest picture of each member in each place: ids and addresses, never bytes. A job is noted as it is recorded."""

    async def remember(self, last: LastPicture) -> None:
        """Note files that came without words, unless something newer is known. Deletes what is older than KEPT_S."""
        ...

    async def last_picture(self, place: str, user: UserId) -> LastPicture | None: ...
