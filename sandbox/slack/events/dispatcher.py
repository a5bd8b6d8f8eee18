"""Delivers payloads to the bot: commands and interactions once, events again until they are acknowledged."""

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
    """A payload. `kind` is Socket Mode's envelope type; `attempt` and `reason` are those of a retry."""

    kind: str
    payload: JsonObject
    attempt: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DeliveryResult:
    """The result of a delivery: the milliseconds until the acknowledgement and its payload, or the reason of the failure."""

    acknowledged_ms: float | None = None
    payload: JsonObject | None = None
    failure: str = ""
    no_retry: bool = False
    status: int | None = None


class Transport(Protocol):
    """Socket Mode or HTTP mode."""

    async def deliver(self, envelope: Envelope) -> DeliveryResult:
        """Deliver once and wait for the acknowledgement, at most three seconds."""
        ...


class Dispatcher:
    """Delivers payloads over the transport in use."""

    def __init__(self, clock: SandboxClock, transport: Transport, background: BackgroundTasks) -> None:
        self._clock = clock
        self._transport = transport
        self._background = background

    def dispatch_event(self, payload: JsonObject) -> None:
        """Deliver an event in the background. Slack retries at once, after a minute and after five."""
        self._background.start(self._deliver_event(payload))

    async def deliver_once(self, kind: str, payload: JsonObject) -> DeliveryResult:
        """Deliver a payload for which a member waits, without retries."""
        return await self._transport.deliver(Envelope(kind=kind, payload=payload))

    async def _deliver_event(self, payload: JsonObject) -> None:
        delivery = await self._transport.deliver(Envelope(kind=EVENTS, payload=payload))
        for attempt, wait in enumerate(RETRY_DELAYS_S, start=1):
            if delivery.acknowledged_ms is not None or delivery.no_retry:
                return
            await self._clock.sleep_until(self._clock.now() + wait)
            delivery = await self._transport.deliver(
                Envelope(kind=EVENTS, payload=payload, attempt=attempt, reason=delivery.failure)
            )
