"""One picture of a job."""

from typing import Literal

from bot.errors import UpstreamKind
from bot.ids import BlobId
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Which part of a decomposed picture a picture is: the base (`z` 0) or a layer above it, in rising `z`.

    `name` is the model's word for it, untrusted. `box`: left, top, right and bottom in pixels of the base, to which the layer
    is scaled; None for the base, and for a layer whose place is not known.
    """

    z: int
    name: str = ""
    box: tuple[int, int, int, int] | None = None


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
    layer: Layer | None = None

    @property
    def was_made(self) -> bool:
        """Whether the gateway made it, even if it could not be fetched, or was lost later."""
        return self.state != "missing" or self.error in {UpstreamKind.DOWNLOAD, UpstreamKind.LOST}
