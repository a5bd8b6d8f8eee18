"""Named changes to a platform's world: which words exist, and what each applies to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.contracts import ControlError

Channel = TypeVar("Channel")
User = TypeVar("User")


@dataclass(frozen=True, kw_only=True)
class ChangeTable(Generic[Channel, User]):
    """The words of one platform. `find_channel` and `find_user` raise ControlError if there is no such channel or member."""

    platform: str
    channel_changes: Mapping[str, Callable[[Channel], None]]
    user_changes: Mapping[str, Callable[[User], None]]
    global_changes: Mapping[str, Callable[[], None]]
    find_channel: Callable[[str], Channel]
    find_user: Callable[[str], User]

    def change(self, what: str, *, channel: str | None, user: str | None) -> None:
        if what in self.global_changes:
            self.global_changes[what]()
        elif what in self.channel_changes:
            self.channel_changes[what](self.find_channel(str(channel)))
        elif what in self.user_changes:
            self.user_changes[what](self.find_user(str(user)))
        else:
            words = sorted({*self.global_changes, *self.channel_changes, *self.user_changes})
            raise ControlError(f"{what!r} is no change of {self.platform}'s: it is one of {', '.join(words)}.")
