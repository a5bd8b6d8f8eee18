"""One picture of a job."""

from typing import Literal

from bot.errors import UpstreamKind
from bot.ids import BlobId
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class PictureRow:
    """One picture of a job, `index` from 0. It has an address only until its bytes are on our disk."""

    index: int
    call: int = 1
    """The number of the call that makes it."""
    state: Literal["announced", "stored", "missing"]
    address: str | None = None
    blob: BlobId | None = None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None
    error: UpstreamKind | None = None

    @property
    def was_made(self) -> bool:
        """Whether the gateway made it, even if it could not be fetched, or was lost later."""
        return self.state != "missing" or self.error in {UpstreamKind.DOWNLOAD, UpstreamKind.LOST}
