"""How payloads reach the bot: once for commands and interactions, again and again for events that were not acknowledged."""

from dataclasses import dataclass
from typing import Protocol

from sandbox.slack.events.errands import Errands
from sandbox.stage import JsonObject, StageClock

ACK_S = 3.0
RETRY_AFTER_S = (0.0, 60.0, 300.0)
EVENTS, COMMANDS, INTERACTIVE = "events_api", "slash_commands", "interactive"


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A payload; `kind` is Socket Mode's envelope type, `attempt` counts redeliveries, `reason` says why there is one."""

    kind: str
    payload: JsonObject
    attempt: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """How a delivery ended: acknowledged after so many milliseconds, maybe with a payload, or failed for a reason."""

    acknowledged_ms: float | None = None
    payload: JsonObject | None = None
    failure: str = ""
    no_retry: bool = False
    status: int | None = None


class Carrier(Protocol):
    """Socket Mode or signed HTTP requests."""

    async def carry(self, parcel: Parcel) -> Receipt:
        """Deliver once and wait for the acknowledgement, three seconds at most."""
        ...


class Courier:
    """Sends parcels by the carrier of this stand-in."""

    def __init__(self, clock: StageClock, carrier: Carrier, errands: Errands) -> None:
        self._clock = clock
        self._carrier = carrier
        self._errands = errands

    def event(self, payload: JsonObject) -> None:
        """Deliver an event in the background: at once, and if need be at once again, after a minute and after five."""
        self._errands.start(self._deliver(payload))

    async def ask(self, kind: str, payload: JsonObject) -> Receipt:
        """Deliver what a member waits for, once."""
        return await self._carrier.carry(Parcel(kind=kind, payload=payload))

    async def _deliver(self, payload: JsonObject) -> None:
        receipt = await self._carrier.carry(Parcel(kind=EVENTS, payload=payload))
        for attempt, wait in enumerate(RETRY_AFTER_S, start=1):
            if receipt.acknowledged_ms is not None or receipt.no_retry:
                return
            await self._errands.until(self._clock.now() + wait)
            receipt = await self._carrier.carry(Parcel(kind=EVENTS, payload=payload, attempt=attempt, reason=receipt.failure))
