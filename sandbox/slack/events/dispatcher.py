"""How payloads reach the bot: once for commands and interactions, again and again for events that were not acknowledged."""

from dataclasses import dataclass
from typing import Protocol

from sandbox.clock import SandboxClock
from sandbox.contracts import JsonObject
from sandbox.slack.events.background_tasks import BackgroundTasks

ACK_TIMEOUT_S = 3.0
RETRY_DELAYS_S = (0.0, 60.0, 300.0)
EVENTS, COMMANDS, INTERACTIVE = "events_api", "slash_commands", "interactive"


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A payload; `kind` is Socket Mode's envelope type, `attempt` counts redeliveries, `reason` says why there is one."""

    kind: str
    payload: JsonObject
    attempt: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DeliveryResult:
    """How a delivery ended: acknowledged after so many milliseconds, maybe with a payload, or failed for a reason."""

    acknowledged_ms: float | None = None
    payload: JsonObject | None = None
    failure: str = ""
    no_retry: bool = False
    status: int | None = None


class Transport(Protocol):
    """Socket Mode or signed HTTP requests."""

    async def deliver(self, envelope: Envelope) -> DeliveryResult:
        """Deliver once and wait for the acknowledgement, three seconds at most."""
        ...


class Dispatcher:
    """Sends parcels by the carrier of this stand-in."""

    def __init__(self, clock: SandboxClock, transport: Transport, background: BackgroundTasks) -> None:
        self._clock = clock
        self._transport = transport
        self._background = background

    def dispatch_event(self, payload: JsonObject) -> None:
        """Deliver an event in the background: at once, and if need be at once again, after a minute and after five."""
        self._background.start(self._deliver_event(payload))

    async def deliver_once(self, kind: str, payload: JsonObject) -> DeliveryResult:
        """Deliver what a member waits for, once."""
        return await self._transport.deliver(Envelope(kind=kind, payload=payload))

    async def _deliver_event(self, payload: JsonObject) -> None:
        delivery = await self._transport.deliver(Envelope(kind=EVENTS, payload=payload))
        for attempt, wait in enumerate(RETRY_DELAYS_S, start=1):
            if delivery.acknowledged_ms is not None or delivery.no_retry:
                return
            await self._background.sleep_until(self._clock.now() + wait)
            delivery = await self._transport.deliver(
                Envelope(kind=EVENTS, payload=payload, attempt=attempt, reason=delivery.failure)
            )
