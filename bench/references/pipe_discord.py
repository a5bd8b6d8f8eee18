"""Pipes a gateway's pictures into a Discord channel: httpx in, one multipart request out."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import Sequence

import httpx

from bench.references.pipe import TIMEOUT_S, pipe, read_plan


async def _run() -> None:
    context = ssl.create_default_context(cafile=os.environ["TLS_CA_FILE"])
    headers = {"Authorization": f"Bot {os.environ['DISCORD_TOKEN']}"}
    proxy = os.environ["DISCORD_PROXY"]
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S, proxy=proxy, verify=context, headers=headers) as discord:

        async def post(channel: str, text: str, pictures: Sequence[bytes]) -> None:
            files = {f"files[{index}]": (f"{index}.jpg", content, "image/jpeg") for index, content in enumerate(pictures)}
            payload = {"content": text, "attachments": [{"id": index, "filename": f"{index}.jpg"} for index in range(len(files))]}
            url = f"https://discord.com/api/v10/channels/{channel}/messages"
            (await discord.post(url, data={"payload_json": json.dumps(payload)}, files=files)).raise_for_status()

        await pipe(read_plan(), post)
    sys.stdout.write("{}")


if __name__ == "__main__":
    asyncio.run(_run())
