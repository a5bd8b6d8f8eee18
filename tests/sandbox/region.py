"""A region of the official API for tests: the stand-in, a client with its key, and how its streams are read."""

import json
from typing import Any

import httpx

from sandbox.gateways.dialects.ark import Ark
from sandbox.stage import Fault, JsonObject, Stage

LITE = "seedream-5-0-260128"
V45 = "seedream-4-5-251128"
V40 = "seedream-4-0-250828"
SMALL = "1280x720"


def frames_of(text: str) -> list[Any]:
    """Server-sent events as (event, data) pairs; `[DONE]` as it is."""
    found: list[Any] = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        data = lines["data"]
        found.append(data if data == "[DONE]" else (lines["event"], json.loads(data)))
    return found


def a_set(most: int | None, **fields: Any) -> JsonObject:
    """The fields that ask for a set."""
    options = {} if most is None else {"sequential_image_generation_options": {"max_images": most}}
    return {"sequential_image_generation": "auto", **options, **fields}


class Region:
    """A running stand-in and a client with its key."""

    def __init__(self, stage: Stage, gateway: Ark, client: httpx.AsyncClient) -> None:
        self.stage = stage
        self.gateway = gateway
        self.client = client

    async def generate(self, **fields: Any) -> httpx.Response:
        body = {"model": V40, "prompt": "a fox", "size": SMALL} | fields
        return await self.client.post(
            f"{self.gateway.url}/images/generations", json={key: value for key, value in body.items() if value is not None}
        )

    async def result(self, answer: httpx.Response, index: int = 0) -> httpx.Response:
        return await self.client.get(answer.json()["data"][index]["url"])

    def strike(self, part: str, what: str) -> None:
        self.stage.faults.add(Fault(where=f"{self.gateway.name}.{part}", what=what, times=1))

    @property
    def billed(self) -> list[int]:
        return [int(call["billed"]) for call in self.gateway.calls]
