"""Where the pictures of one answer stand in the set: each has a place of its own, and none that of another call."""

from bot.jobs.call import Call


class AnswerPlaces:
    """A gateway may number its pictures as it likes: one whose own place does not exist, or is taken, gets the first free one."""

    def __init__(self, call: Call, count: int) -> None:
        self._places = call.places(count)
        self._taken: dict[int, int] = {}

    def place(self, index: int) -> int | None:
        """The place of the answer's picture `index`; None if there is none left."""
        if index not in self._taken:
            taken = set(self._taken.values())
            own = self._own(index)
            free = own if own is not None and own not in taken else next((one for one in self._places if one not in taken), None)
            if free is None:
                return None
            self._taken[index] = free
        return self._taken[index]

    def place_missing(self, index: int) -> int | None:
        """The place where a picture is missing: only its own, and only if no other picture has it."""
        own = self._own(index)
        if own is not None and index not in self._taken and own in self._taken.values():
            return None
        return own if own is None else self.place(index)

    def _own(self, index: int) -> int | None:
        return self._places[index] if 0 <= index < len(self._places) else None
