"""A client of the fake official API, and how its streams are read."""

import json
from typing import Any

import httpx

from tests.sandbox.gateways.gateway_client import SMALL, GatewayClient

LITE = "seedream-5-0-260128"
V45 = "seedream-4-5-251128"
V40 = "seedream-4-0-250828"


def parse_sse(text: str) -> list[Any]:
    """Parse server-sent events into (event, data) pairs; `[DONE]` stays a string."""
    found: list[Any] = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        data = lines["data"]
        found.append(data if data == "[DONE]" else (lines["event"], json.loads(data)))
    return found


class ArkClient(GatewayClient):
    """A running gateway in the official dialect and an HTTP client with its key."""

    async def generate(self, **fields: Any) -> httpx.Response:
        body = {"model": V40, "prompt": "a fox", "size": SMALL} | fields
        return await self.post("/api/v3/images/generations", body)

    async def result(self, answer: httpx.Response, index: int = 0) -> httpx.Response:
        return await self.http.get(answer.json()["data"][index]["url"])
