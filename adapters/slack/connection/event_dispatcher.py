"""The Bolt app: one middleware receives every envelope, and what it returns is the acknowledgement."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    # Loaded with the first event.
    from adapters.slack.inbound.receiver import Acknowledgement

logger = logging.getLogger(__name__)

Receive = Callable[[Mapping[str, Any]], Awaitable["Acknowledgement"]]


def library_logger(name: str, level: int) -> logging.Logger:
    """A logger with its own level. Without one, the libraries format complete requests for it."""
    found = logging.getLogger(f"slack_sdk.{name}")
    found.setLevel(level)
    return found


class EventDispatcher:
    """Receives envelopes until `stop`; later ones are not acknowledged, so that Slack delivers them to another process."""

    def __init__(self, client: AsyncWebClient, identity: AuthorizeResult, receive: Receive) -> None:

        async def authorize() -> AuthorizeResult:
            """The one workspace is known: it need not be looked up for each event."""
            return identity

        async def acknowledge(body: dict[str, Any]) -> BoltResponse:
            return _to_response(await receive(body))

        self._receiving: set[asyncio.Task[Any]] = set()
        self._stopped = False
        self._app = AsyncApp(
            logger=client.logger,
            name="seedream",
            client=client,
            # HTTP requests were verified before they were parsed; a socket was opened by us.
            signing_secret="",
            request_verification_enabled=False,
            authorize=authorize,
        )
        self._app.middleware(acknowledge)

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """The response to Slack; any status but 200 is no acknowledgement."""
        task = asyncio.current_task()
        if self._stopped or task is None:
            return BoltResponse(status=503, body="")
        self._receiving.add(task)
        try:
            return await self._app.async_dispatch(request)
        finally:
            self._receiving.discard(task)

    async def dispatch_socket_request(self, request: SocketModeRequest) -> BoltResponse:
        return await self.dispatch(AsyncBoltRequest(mode="socket_mode", body=request.payload))

    async def stop(self, seconds: float) -> None:
        """Receive no more; wait for the envelopes that are being handled."""
        self._stopped = True
        others = self._receiving - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=seconds)


def _to_response(acknowledgement: "Acknowledgement") -> BoltResponse:
    if not acknowledgement.accepted:
        return BoltResponse(status=503, body="")
    if acknowledgement.body is None:
        return BoltResponse(status=200, body="")
    return BoltResponse(status=200, body=json.dumps(acknowledgement.body), headers={"content-type": ["application/json"]})
