"""The results of image processing."""

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
