"""The least that Bolt needs to answer `/imagine`: acknowledge, echo the prompt, wait, upload a picture. It stores nothing.

`BENCH_PICTURE` is the file that it sends, `BENCH_DELAY_S` how long it waits before, as for a gateway.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bench.probe import probe_loop

NAME = "picture.jpg"
MOST_CHARACTERS = 4000
"""That Slack recommends for a message."""


class Echo:
    def __init__(self, client: AsyncWebClient, picture: Path, delay_s: float) -> None:
        self._client = client
        self._picture = picture
        self._delay_s = delay_s

    async def imagine(self, ack: Any, command: dict[str, Any]) -> None:  # noqa: ANN401  # the library's own
        await ack()
        await self._client.chat_postMessage(channel=command["channel_id"], text=command["text"][:MOST_CHARACTERS])
        await asyncio.sleep(self._delay_s)
        content = await asyncio.to_thread(self._picture.read_bytes)
        await self._client.files_upload_v2(
            channel=command["channel_id"], content=content, filename=NAME, initial_comment=command["text"][:MOST_CHARACTERS]
        )


async def _run() -> None:
    async with probe_loop(), aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"], session=session)
        echo = Echo(client, Path(os.environ["BENCH_PICTURE"]), float(os.environ["BENCH_DELAY_S"]))
        app = AsyncApp(client=client)
        app.command("/imagine")(echo.imagine)
        handler = AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"])
        await handler.connect_async()  # type: ignore[no-untyped-call]
        sys.stdout.write("event=ready platform=slack\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    asyncio.run(_run())


if __name__ == "__main__":
    main()
