"""What image processing is given, and its results."""

from pathlib import Path

from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class PreparedReference:
    """A reference picture that any gateway takes. `alpha`: whether any of its pixels is transparent."""

    content: bytes
    media_type: str
    width: int
    height: int
    alpha: bool = False


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A finished file."""

    content: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A result. Its dimensions are None if opening it is too dangerous: its kind is then all that is known."""

    media_type: str
    width: int | None
    height: int | None


Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A layer's file, and where all of it goes, in pixels of the base; None if that is not known."""

    path: Path
    box: Box | None


@dataclass(frozen=True, kw_only=True)
class Composed(Encoded):
    """Layers put together. `left_out`: the positions, from 0, of those that could not be painted."""

    left_out: tuple[int, ...]
