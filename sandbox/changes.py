"""The world of a stand-in, changed by a word: what each word is about, and who is meant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.stage import ActError

Channel = TypeVar("Channel")
User = TypeVar("User")


@dataclass(frozen=True, kw_only=True)
class Changes(Generic[Channel, User]):
    """The words of one platform. Who finds a channel or a member raises ActError where there is none."""

    platform: str
    of_channels: Mapping[str, Callable[[Channel], None]]
    of_users: Mapping[str, Callable[[User], None]]
    of_all: Mapping[str, Callable[[], None]]
    find_channel: Callable[[str], Channel]
    find_user: Callable[[str], User]

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        if what in self.of_all:
            self.of_all[what]()
        elif what in self.of_channels:
            self.of_channels[what](self.find_channel(str(channel)))
        elif what in self.of_users:
            self.of_users[what](self.find_user(str(user)))
        else:
            words = sorted({*self.of_all, *self.of_channels, *self.of_users})
            raise ActError(f"{what!r} is no change of {self.platform}'s: it is one of {', '.join(words)}.")
