"""HTTP mode: signed requests to the bot's request URL."""

import asyncio
import hashlib
import hmac
import io
import json
import secrets
from urllib.parse import urlencode, urlsplit

import aiohttp

from sandbox.contracts import JsonObject
from sandbox.runtime import Runtime
from sandbox.slack.events.background_tasks import BackgroundTasks
from sandbox.slack.events.dispatcher import COMMANDS, EVENTS, DeliveryResult, Envelope, Transport

_PATH = "/slack/events"
_FAULTS = ("bad-signature", "old-timestamp", "junk-timestamp", "big-body", "retry")
_BIG_BODY_BYTES = 10_000_000
_OLD_S = 600


class HttpMode(Transport):
    """Posts to the bot as Slack does, and reads the response as the acknowledgement.

    Faults are taken at `slack.http`, detail the kind: `bad-signature` `old-timestamp` `junk-timestamp` `big-body` turn the request
    into one that the bot should refuse; `retry` delivers an acknowledged event again, as after a timeout.
    """

    def __init__(
        self, runtime: Runtime, background: BackgroundTasks, request_url: str, signing_secret: str, *, ack_timeout_s: float
    ) -> None:
        runtime.faults.declare("slack.http", _FAULTS)
        self._runtime = runtime
        self._background = background
        self._url = request_url if urlsplit(request_url).path.strip("/") else request_url.rstrip("/") + _PATH
        self._secret = signing_secret
        self._ack_timeout_s = ack_timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, envelope: Envelope) -> DeliveryResult:
        content_type, body = _encode(envelope)
        fault = self._runtime.faults.take("slack.http", envelope.kind)
        if fault == "retry" and envelope.kind == EVENTS:
            again = Envelope(kind=envelope.kind, payload=envelope.payload, attempt=envelope.attempt + 1, reason="http_timeout")
            self._background.start(self._deliver_again(again))
        if fault == "big-body":
            body += b" " * _BIG_BODY_BYTES if envelope.kind == EVENTS else b"&padding=" + b"x" * _BIG_BODY_BYTES
        headers = self._headers(body, fault) | {"Content-Type": content_type}
        if envelope.attempt:
            headers |= {"X-Slack-Retry-Num": str(envelope.attempt), "X-Slack-Retry-Reason": envelope.reason}
        return await self._post(body, headers)

    async def verify(self) -> DeliveryResult:
        """Send the URL verification challenge, as Slack does when the request URL is configured; a correct answer is an acknowledgement."""
        challenge = secrets.token_urlsafe(32)
        payload = {"type": "url_verification", "token": "", "challenge": challenge}
        delivery = await self.deliver(Envelope(kind=EVENTS, payload=payload))
        given = (delivery.payload or {}).get("challenge", (delivery.payload or {}).get("text"))
        return delivery if given == challenge else DeliveryResult(failure="challenge_failed", status=delivery.status)

    async def _deliver_again(self, envelope: Envelope) -> None:
        await self.deliver(envelope)

    def _headers(self, body: bytes, fault: str | None) -> dict[str, str]:
        timestamp = str(int(self._runtime.clock.now()))
        if fault == "old-timestamp":
            timestamp = str(int(timestamp) - _OLD_S)
        elif fault == "junk-timestamp":
            timestamp = "yesterday"
        secret = "another secret" if fault == "bad-signature" else self._secret
        digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest}",
        }

    async def _post(self, body: bytes, headers: dict[str, str]) -> DeliveryResult:
        loop = asyncio.get_running_loop()
        started = loop.time()
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._ack_timeout_s))
        try:
            stream = io.BytesIO(body)
            async with self._session.post(self._url, data=stream, headers=headers, allow_redirects=False) as response:
                text = (await response.read()).decode("utf-8", "replace")
        except TimeoutError:
            return DeliveryResult(failure="http_timeout")
        except aiohttp.ClientError:
            return DeliveryResult(failure="connection_failed")
        spent_ms = (loop.time() - started) * 1000
        if not 200 <= response.status < 300:
            no_retry = response.headers.get("X-Slack-No-Retry") == "1"
            return DeliveryResult(failure="http_error", no_retry=no_retry, status=response.status)
        return DeliveryResult(acknowledged_ms=spent_ms, payload=_parse_acknowledgement(text), status=response.status)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _encode(envelope: Envelope) -> tuple[str, bytes]:
    if envelope.kind == EVENTS:
        return "application/json", json.dumps(envelope.payload).encode()
    fields = envelope.payload if envelope.kind == COMMANDS else {"payload": json.dumps(envelope.payload)}
    return "application/x-www-form-urlencoded", urlencode(fields).encode()


def _parse_acknowledgement(text: str) -> JsonObject | None:
    """Return the body of an acknowledgement: an object, or a plain text as a message with that text."""
    if not text.strip():
        return None
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}
