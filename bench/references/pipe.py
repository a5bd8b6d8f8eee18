"""The first half of every bare pipe: downloads a gateway's pictures by httpx.

A pipe's input is JSON: `{gateway, channel, prompts: [{text, size, count}]}`. Its output is `{}`; gateway and platform record
the times.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx

TIMEOUT_S = 60.0
Post = Callable[[str, str, Sequence[bytes]], Awaitable[None]]
"""Posts pictures with a text to a channel, as one message."""


async def pipe(plan: dict[str, Any], post: Post) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S) as gateway:
        for prompt in plan["prompts"]:
            pictures = await _generate(gateway, plan["gateway"], prompt)
            await post(plan["channel"], prompt["text"], pictures)


def read_plan() -> dict[str, Any]:
    plan: dict[str, Any] = json.load(sys.stdin)
    return plan


async def _generate(gateway: httpx.AsyncClient, address: str, prompt: dict[str, Any]) -> list[bytes]:
    body = {
        "model": "seedream-5-0-260128",
        "prompt": prompt["text"],
        "size": prompt["size"],
        "sequential_image_generation_options": {"max_images": prompt["count"]},
    }
    answer = await gateway.post(f"{address}/api/v3/images/generations", json=body)
    return await asyncio.gather(*(_fetch(gateway, item["url"]) for item in answer.json()["data"]))


async def _fetch(gateway: httpx.AsyncClient, address: str) -> bytes:
    body = bytearray()
    async with gateway.stream("GET", address) as response:
        response.raise_for_status()
        async for chunk in response.aiter_raw():
            body += chunk
    return bytes(body)
