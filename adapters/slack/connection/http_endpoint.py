"""HTTP mode: requests from Slack, accepted only with its signature over the raw body."""

import hashlib
import hmac

from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack.connection.event_dispatcher import EventDispatcher
from bot.clock import Clock
from bot.config.settings import Secret
from bot.web.contract import WebAnswer, WebRequest

SKEW_SECONDS = 300
"""How old a signed request may be (Slack, "Verifying requests from Slack")."""
MOST_BODY_BYTES = 1024 * 1024
"""More than Slack ever sends: files are downloaded separately."""
UNSIGNED = WebAnswer(status=401)
UNREADABLE = WebAnswer(status=400)
NOT_READY = WebAnswer(status=503)


class HttpEndpoint:
    """Answers 503, so that Slack delivers again, as long as it has no dispatcher."""

    def __init__(self, secret: Secret, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self.dispatcher: EventDispatcher | None = None

    async def answer(self, request: WebRequest) -> WebAnswer:
        if not is_signed(request, self._secret, now=self._clock.now()):
            return UNSIGNED
        if self.dispatcher is None:
            return NOT_READY
        try:
            # Bolt reads keys of any JSON value, also where that is no object.
            envelope = AsyncBoltRequest(body=request.body.decode("utf-8"), headers=dict(request.headers))
        except (ValueError, AttributeError, TypeError, RecursionError):
            return UNREADABLE
        response = await self.dispatcher.dispatch(envelope)
        content_type = response.headers.get("content-type", ["text/plain"])[0].partition(";")[0]
        return WebAnswer(status=response.status, body=response.body, content_type=content_type)


def is_signed(request: WebRequest, secret: Secret, *, now: float) -> bool:
    """`v0=` and the HMAC-SHA256 of `v0:<timestamp>:<raw body>`, not more than five minutes old."""
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 12 or abs(now - int(timestamp)) > SKEW_SECONDS:
        return False
    digest = hmac.new(secret.value.encode(), b"v0:" + timestamp.encode() + b":" + request.body, hashlib.sha256).hexdigest()
    # Header bytes that are not UTF-8 arrive as surrogates, which cannot be encoded otherwise.
    return hmac.compare_digest(f"v0={digest}".encode(), signature.encode("utf-8", "surrogateescape"))
