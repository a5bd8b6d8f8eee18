"""The configuration of a chat platform. Each adapter declares its own; this module knows no platform."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from bot.ids import PlatformName
from bot.values import dataclass


class PlatformSettings(Protocol):
    """A frozen dataclass whose annotated fields are keys. The log hides fields of type Secret."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


S = TypeVar("S", bound=PlatformSettings)
Given = Mapping[str, str]
"""The fields that are set → the name of the variable or of the key in the file that sets them."""


def no_problems(_: Given) -> Sequence[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class PlatformConfig(Generic[S]):
    """The keys of a platform are its name and the fields of `settings`: `chat` and `token` make `chat_token` and CHAT_TOKEN.

    The platform is configured once every field without a default is given. `needs` completes the sentence "set …" for an
    operator who has configured no platform, `member` and `workspace` are examples of their ids without the platform's name,
    and `problems` describes invalid combinations of keys in complete sentences.
    """

    name: PlatformName
    settings: type[S]
    needs: str
    member: str
    workspace: str
    problems: Callable[[Given], Sequence[str]] = no_problems

    @property
    def prefix(self) -> str:
        return f"{self.name}_"
