"""`GET /healthz`: the bot's health, for monitoring."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from bot.catalog.health import UnusableModel
from bot.catalog.retirement import Notice
from bot.chat.chat_platform import PlatformStatus
from bot.clock import Clock
from bot.errors import StoreError
from bot.ids import GatewayName
from bot.values import dataclass
from bot.web.contract import WebAnswer, WebRequest

if TYPE_CHECKING:
    # Of what is loaded later.
    from bot.jobs.stores import JobStore
    from bot.upstream.outcomes import GatewayFailure

ROUTE = "/healthz"
DISTRIBUTION = "seedream-bot"
FRESH_S = 3.0
"""How long a report of the database stands: a write is durable, and whoever asks often must not make the disk busy."""
PATIENCE_S = 2.0
"""How long a request waits for the database."""
STALLED = "stalled"
DATABASE_STATES = {"busy": "locked", "unavailable": "io_error"}
"""What a StoreCode means for an operator; all others are reported as they are."""


@cache
def own_version() -> str:
    """The installed version; `unknown` if the package is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # slow to import, and needed only here

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, kw_only=True)
class DatabaseReport:
    """What the last check of the database found."""

    state: str
    jobs: Mapping[str, int]
    at: float


class Health:
    """Reports the bot's status.

    `down` (503): nothing can be written, or no platform is connected. `degraded`: only some platforms are connected, or the last
    call of a gateway failed. There is no circuit breaker: a gateway whose last call failed is `half-open`, because its next
    call is the trial. `notices`: the models that gateways withdraw, at a moment; `unusable`: those that they
    say they do not have. Neither changes anything of the status.
    """

    def __init__(
        self,
        jobs: "JobStore",
        clock: Clock,
        *,
        platforms: Callable[[], Mapping[str, PlatformStatus]],
        gateways: "Callable[[], Mapping[GatewayName, GatewayFailure | None]]",
        probe_write: Callable[[], Awaitable[None]],
        notices: Callable[[float], Sequence[Notice]] = lambda _: (),
        unusable: Callable[[], Sequence[UnusableModel]] = tuple,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._platforms = platforms
        self._gateways = gateways
        self._probe_write = probe_write
        self._notices = notices
        self._unusable = unusable
        self._patience_s = patience_s
        self._known: DatabaseReport | None = None
        self._checking: asyncio.Task[DatabaseReport] | None = None

    async def serve(self, _: WebRequest) -> WebAnswer:
        platforms, gateways, database = dict(self._platforms()), self._gateways(), await self._database()
        failures = {name: failure for name, failure in gateways.items() if failure is not None}
        configured = [status for status in platforms.values() if status != "off"]
        if database.state != "ok" or "ready" not in configured:
            status = "down"
        elif "connecting" in configured or failures:
            status = "degraded"
        else:
            status = "ok"
        now = self._clock.monotonic()
        report = {
            "status": status,
            "version": own_version(),
            "platforms": platforms,
            "database": database.state,
            "gateways": {name: "closed" if failure is None else "half-open" for name, failure in gateways.items()},
            "gateway_failures": {
                name: {"code": failure.kind, "ago_s": round(now - failure.at)} for name, failure in failures.items()
            },
            "jobs": database.jobs,
            "retired_models": [
                {"gateway": one.gateway, "model": one.model, "state": one.state, "day": one.day, "instead": one.instead}
                for one in self._notices(self._clock.now())
            ],
            "unusable_models": [
                {"gateway": one.gateway, "model": one.model, "reason": one.reason, "until": one.until_text}
                for one in self._unusable()
            ],
        }
        return WebAnswer(
            status=503 if status == "down" else 200,
            body=json.dumps(report),
            content_type="application/json",
        )

    async def _database(self) -> DatabaseReport:
        """The last report, or a new one if it is old. Requests that arrive meanwhile share one check."""
        known, now = self._known, self._clock.monotonic()
        if known is not None and 0 <= now - known.at < FRESH_S:
            return known
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check())
        done, _ = await asyncio.wait({self._checking}, timeout=self._patience_s)
        if done:
            return self._checking.result()
        # A failure that lasts is told until the check has ended.
        return known if known is not None and known.state != "ok" else DatabaseReport(state=STALLED, jobs={}, at=now)

    async def _check(self) -> DatabaseReport:
        state, jobs = "ok", {}
        try:
            workload, now = await self._jobs.workload(), self._clock.now()
            jobs = {
                "waiting": workload.waiting,
                "running": workload.running,
                "oldest_s": max(0, round(now - workload.oldest_at)) if workload.oldest_at is not None else 0,
            }
            await self._probe_write()
        except StoreError as error:
            state = DATABASE_STATES.get(error.code, error.code)
        self._known = DatabaseReport(state=state, jobs=jobs, at=self._clock.monotonic())
        return self._known
