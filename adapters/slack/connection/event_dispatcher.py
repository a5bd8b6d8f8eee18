"""The Bolt app: one middleware hears everything, and its answer is the acknowledgement."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.inbound.receiver import Acknowledgement

logger = logging.getLogger(__name__)

Hear = Callable[[Mapping[str, Any]], Awaitable[Acknowledgement]]


def library_logger(name: str, level: int) -> logging.Logger:
    """The libraries ask their logger for a level of its own, and collect whole requests for it where it has none."""
    found = logging.getLogger(f"slack_sdk.{name}")
    found.setLevel(level)
    return found


class EventDispatcher:
    """Hears envelopes until told to stop; those that come later are not acknowledged, so that they come again elsewhere."""

    def __init__(self, client: AsyncWebClient, identity: AuthorizeResult, hear: Hear) -> None:

        async def authorize() -> AuthorizeResult:
            """The one workspace is known: nobody needs to be asked about it for each event."""
            return identity

        async def listen(body: dict[str, Any]) -> BoltResponse:
            return _answer(await hear(body))

        self._hearing: set[asyncio.Task[Any]] = set()
        self._stopped = False
        self._app = AsyncApp(
            logger=client.logger,
            name="seedream",
            client=client,
            # What comes over HTTP was verified before it was parsed; what comes over a socket was asked for.
            signing_secret="",
            request_verification_enabled=False,
            authorize=authorize,
        )
        self._app.middleware(listen)

    async def hear(self, envelope: SocketModeRequest) -> BoltResponse:
        return await self.dispatch(AsyncBoltRequest(mode="socket_mode", body=envelope.payload))

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """What Slack is answered; anything but 200 is no acknowledgement."""
        task = asyncio.current_task()
        if self._stopped or task is None:
            return BoltResponse(status=503, body="")
        self._hearing.add(task)
        try:
            return await self._app.async_dispatch(request)
        finally:
            self._hearing.discard(task)

    async def stop(self, seconds: float) -> None:
        """What is being heard is heard to its end."""
        self._stopped = True
        others = self._hearing - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=seconds)


def _answer(said: Acknowledgement) -> BoltResponse:
    if not said.accepted:
        return BoltResponse(status=503, body="")
    if said.body is None:
        return BoltResponse(status=200, body="")
    return BoltResponse(status=200, body=json.dumps(said.body), headers={"content-type": ["application/json"]})
