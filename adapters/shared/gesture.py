"""What a member did on a platform, read once from its event."""

from collections.abc import Mapping
from dataclasses import replace

from bot.commands.command import Arrival, Command, Origin
from bot.ids import EventId
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Gesture:
    """A message, a command, a button click or a submitted form.

    `events` are all ids under which the platform may deliver it. `control` is the id of the button or form.
    """

    origin: Origin
    events: tuple[EventId, ...]
    control: str | None = None

    def arrival(self, command: Command, *, until: float | None = None) -> Arrival:
        """The gesture's command for the core; `until` as in `Arrival`."""
        return Arrival(events=self.events, origin=self.origin, command=command, control=self.control, until=until)

    def with_address(self, address: Mapping[str, str]) -> "Gesture":
        """The same gesture with another address for answers."""
        return replace(self, origin=replace(self.origin, address=address))
