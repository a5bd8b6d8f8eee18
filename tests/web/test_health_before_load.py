"""`GET /healthz` before the core is loaded: it answers, and loads nothing."""

import json
from pathlib import Path
from typing import Any

from bot.app import open_bot
from bot.config.settings import GatewaySettings, Secret, Settings
from bot.web.contract import RequestHandler, Routes, WebRequest
from bot.web.health import ROUTE
from tests.fakes.clock import FakeClock
from tests.fakes.platform import FakePlatform

MAINLAND = GatewaySettings(name="ark", dialect="ark_cn", api_key=Secret("key"))
DECEMBER = 1_796_083_200.0
"""2026-12-01: of the mainland's models, three are reported to be withdrawn."""


class OneRoute(Routes):
    """Routes that keep what serves the health report."""

    serve: RequestHandler

    def add_route(self, method: str, path: str, handle: RequestHandler, *, most_body_bytes: int = 0) -> None:
        if (method, path) == ("GET", ROUTE):
            self.serve = handle


async def test_gateways_are_reported_once_they_are_loaded(tmp_path: Path) -> None:
    """A monitor that asks early is told of the database and the platforms."""
    routes = OneRoute()
    settings = Settings(data_dir=tmp_path, gateways=(MAINLAND,))
    async with open_bot(settings, [FakePlatform()], FakeClock(DECEMBER)) as bot:
        bot.mount(routes, lambda: {"pigeon": "ready"})

        async def asked() -> dict[str, Any]:
            report: dict[str, Any] = json.loads((await routes.serve(WebRequest(body=b""))).body)
            return report

        early = await asked()
        await bot.receiver()
        late = await asked()

    assert (early["status"], early["database"], early["platforms"]) == ("ok", "ok", {"pigeon": "ready"})
    assert (early["gateways"], early["retired_models"], early["unusable_models"]) == ({}, [], [])
    assert (late["gateways"], len(late["retired_models"])) == ({"ark": "closed"}, 3)
