"""Who is served next when many members wait for the same thing."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from bot.ids import UserId

Item = TypeVar("Item", bound=Hashable)


class FairQueue(Generic[Item]):
    """Members take turns, and each member's items are served in the order in which they came.

    At most `at_once` items are served together; None: any number. The limit of one member's is given with each item: it counts
    groups of items, so that what belongs together is served together.
    """

    def __init__(self, *, at_once: int | None = None) -> None:
        self._at_once = at_once
        self._waiting: dict[UserId, dict[Item, Hashable]] = {}
        """Each item with its group, in the order of the members' turns: who was served goes to the end."""
        self._served: dict[UserId, dict[Item, Hashable]] = {}
        self._served_count = 0
        self._each: dict[UserId, int] = {}

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def add(self, user: UserId, item: Item, *, each: int | None = None, group: Hashable | None = None) -> None:
        """Let an item wait. Items of at most `each` groups of this member are served together, from now on.

        Without a group, it is one of its own.
        """
        self._waiting.setdefault(user, {})[item] = item if group is None else group
        if each is None:
            self._each.pop(user, None)
        else:
            self._each[user] = each

    def candidates(self) -> Iterator[tuple[UserId, Item]]:
        """What may be served now, in order: the first item of each member that the member's limit allows."""
        if self._at_once is not None and self._served_count >= self._at_once:
            return
        for user, items in self._waiting.items():
            item = self._first(user, items)
            if item is not None:
                yield user, item

    def _first(self, user: UserId, items: dict[Item, Hashable]) -> Item | None:
        each = self._each.get(user)
        served = set(self._served.get(user, {}).values()) if each is not None else set()
        if each is None or len(served) < each:
            return next(iter(items))
        return next((item for item, group in items.items() if group in served), None)

    def place(self, user: UserId, item: Item) -> int | None:
        """How many turns it is to this item's, from 1, if nothing else comes and no limit intervenes; None if it does not wait."""
        items = self._waiting.get(user, {})
        if item not in items:
            return None
        earlier = next(number for number, waiting in enumerate(items) if waiting == item)
        members = list(self._waiting)
        turn = members.index(user)
        full_rounds = sum(min(len(waiting), earlier) for waiting in self._waiting.values())
        return full_rounds + sum(len(self._waiting[member]) > earlier for member in members[:turn]) + 1

    def serve(self, user: UserId, item: Item) -> None:
        """The item is served from now on, until it is removed; its member's next turn comes after all others'."""
        items = self._waiting.pop(user)
        group = items.pop(item)
        if items:
            self._waiting[user] = items
        self._served.setdefault(user, {})[item] = group
        self._served_count += 1

    def serve_next(self) -> Item | None:
        """Serve the first candidate."""
        found = next(self.candidates(), None)
        if found is not None:
            self.serve(*found)
        return None if found is None else found[1]

    def remove(self, user: UserId, item: Item) -> None:
        """An item is finished, or waits no longer. Harmless for one that is neither."""
        served, waiting = self._served.get(user, {}), self._waiting.get(user, {})
        if item in served:
            del served[item]
            self._served_count -= 1
        waiting.pop(item, None)
        if user in self._waiting and not waiting:
            del self._waiting[user]
        if user in self._served and not served:
            del self._served[user]
        if user not in self._waiting and user not in self._served:
            self._each.pop(user, None)
