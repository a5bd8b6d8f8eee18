"""`GET /healthz`: the bot's health, for monitoring."""

import json
from collections.abc import Callable, Mapping

from bot.chat.chat_platform import PlatformStatus
from bot.clock import Clock
from bot.errors import StoreError
from bot.jobs.stores import JobStore
from bot.web.contract import WebAnswer, WebRequest

ROUTE = "/healthz"
DISTRIBUTION = "seedream-bot"


def own_version() -> str:
    """The installed version; `unknown` if the package is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # slow to import, and needed only here

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"


class Health:
    """Reports `down` (503) if the database cannot be read or no platform is connected, `degraded` if only some are connected."""

    def __init__(
        self,
        jobs: JobStore,
        clock: Clock,
        *,
        platforms: Callable[[], Mapping[str, PlatformStatus]],
        gateways: tuple[str, ...],
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._platforms = platforms
        self._gateways = gateways

    async def serve(self, _: WebRequest) -> WebAnswer:
        platforms = dict(self._platforms())
        try:
            workload = await self._jobs.workload()
            database = "ok"
            jobs = {
                "waiting": workload.waiting,
                "running": workload.running,
                "oldest_s": round(self._clock.now() - workload.oldest_at) if workload.oldest_at is not None else 0,
            }
        except StoreError as error:
            database, jobs = error.code, {}
        configured = [status for status in platforms.values() if status != "off"]
        if database != "ok" or "ready" not in configured:
            status = "down"
        elif "connecting" in configured:
            status = "degraded"
        else:
            status = "ok"
        report = {
            "status": status,
            "version": own_version(),
            "platforms": platforms,
            "database": database,
            "gateways": dict.fromkeys(self._gateways, "closed"),
            "jobs": jobs,
        }
        return WebAnswer(
            status=503 if status == "down" else 200,
            body=json.dumps(report),
            content_type="application/json",
        )
