"""Pipes a gateway's pictures into a Slack channel: httpx in, the three steps of an upload out."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import httpx

from bench.references.pipe import TIMEOUT_S, pipe, read_plan


async def _call(slack: httpx.AsyncClient, method: str, **arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await slack.post(method, data=arguments)).raise_for_status().json()
    if not answer["ok"]:
        raise ValueError(f"{method}: {answer['error']}")
    return answer


async def _upload(slack: httpx.AsyncClient, index: int, content: bytes) -> dict[str, str]:
    name = f"{index}.jpg"
    place = await _call(slack, "files.getUploadURLExternal", filename=name, length=str(len(content)))
    (await slack.post(place["upload_url"], content=content)).raise_for_status()
    return {"id": place["file_id"], "title": name}


async def _run() -> None:
    headers = {"Authorization": f"Bearer {os.environ['SLACK_BOT_TOKEN']}"}
    base = os.environ["SLACK_API_URL"]
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S, base_url=base, headers=headers) as slack:

        async def post(channel: str, text: str, pictures: Sequence[bytes]) -> None:
            files = await asyncio.gather(*(_upload(slack, index, content) for index, content in enumerate(pictures)))
            named = {"channel_id": channel, "initial_comment": text, "files": json.dumps(files)}
            await _call(slack, "files.completeUploadExternal", **named)

        await pipe(read_plan(), post)
    sys.stdout.write("{}")


if __name__ == "__main__":
    asyncio.run(_run())
