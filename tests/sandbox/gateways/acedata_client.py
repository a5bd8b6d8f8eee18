"""Calls to the fake Ace Data Cloud."""

from typing import Any

import httpx

from tests.sandbox.gateways.gateway_client import SMALL, GatewayClient

V40 = "doubao-seedream-4-0-250828"
V45 = "doubao-seedream-4-5-251128"
LITE = "doubao-seedream-5-0-lite-260128"
OLD_LITE = "doubao-seedream-5-0-260128"


async def images(acedata: GatewayClient, accept: str = "*/*", **fields: Any) -> httpx.Response:
    """Make a call; `deferred` is the field `async`, which is a Python keyword."""
    deferred = {"async": fields.pop("deferred")} if "deferred" in fields else {}
    body = {"model": V40, "prompt": "a fox", "size": SMALL, **deferred, **fields}
    return await acedata.post("/seedream/images", body, accept=accept)


async def task_of(acedata: GatewayClient, **fields: Any) -> str:
    """Start a task and return its id."""
    return str((await images(acedata, deferred=True, **fields)).json()["task_id"])


async def record(acedata: GatewayClient, number: str) -> Any:
    return (await acedata.post("/seedream/tasks", {"id": number})).json()


async def finished(acedata: GatewayClient, number: str) -> Any:
    """Wait for a task to finish and return its record."""
    return await acedata.wait_until(lambda: record(acedata, number), lambda found: "finished_at" in found)
