"""HTTP mode: signed requests to the bot's own address."""

import asyncio
import hashlib
import hmac
import io
import json
import secrets
from urllib.parse import urlencode, urlsplit

import aiohttp

from sandbox.slack.events.delivery import COMMANDS, EVENTS, Parcel, Receipt
from sandbox.slack.events.errands import Errands
from sandbox.stage import JsonObject, Stage

_PATH = "/slack/events"
_FAULTS = ("bad-signature", "old-timestamp", "junk-timestamp", "big-body", "retry")
_BIG_BODY_BYTES = 10_000_000
_OLD_S = 600


class SignedRequests:
    """Posts to the bot as Slack does and reads its answer as the acknowledgement.

    Faults are taken at `slack.http`, detail the kind: `bad-signature` `old-timestamp` `junk-timestamp` `big-body` replace the
    request by one the bot should refuse; `retry` delivers an acknowledged event again as after a timeout.
    """

    def __init__(self, stage: Stage, errands: Errands, http_to: str, signing_secret: str, *, ack_s: float) -> None:
        stage.faults.declare("slack.http", _FAULTS)
        self._stage = stage
        self._errands = errands
        self._url = http_to if urlsplit(http_to).path.strip("/") else http_to.rstrip("/") + _PATH
        self._secret = signing_secret
        self._ack_s = ack_s
        self._session: aiohttp.ClientSession | None = None

    async def carry(self, parcel: Parcel) -> Receipt:
        content_type, body = _encoded(parcel)
        fault = self._stage.faults.take("slack.http", parcel.kind)
        if fault == "retry" and parcel.kind == EVENTS:
            again = Parcel(kind=parcel.kind, payload=parcel.payload, attempt=parcel.attempt + 1, reason="http_timeout")
            self._errands.start(self._carry_again(again))
        if fault == "big-body":
            body += b" " * _BIG_BODY_BYTES if parcel.kind == EVENTS else b"&padding=" + b"x" * _BIG_BODY_BYTES
        headers = self._headers(body, fault) | {"Content-Type": content_type}
        if parcel.attempt:
            headers |= {"X-Slack-Retry-Num": str(parcel.attempt), "X-Slack-Retry-Reason": parcel.reason}
        return await self._post(body, headers)

    async def verify(self) -> Receipt:
        """Ask the bot for the challenge as Slack does when the address is configured; acknowledged if it was given back."""
        challenge = secrets.token_urlsafe(32)
        payload = {"type": "url_verification", "token": "", "challenge": challenge}
        receipt = await self.carry(Parcel(kind=EVENTS, payload=payload))
        given = (receipt.payload or {}).get("challenge", (receipt.payload or {}).get("text"))
        return receipt if given == challenge else Receipt(failure="challenge_failed", status=receipt.status)

    async def _carry_again(self, parcel: Parcel) -> None:
        await self.carry(parcel)

    def _headers(self, body: bytes, fault: str | None) -> dict[str, str]:
        timestamp = str(int(self._stage.clock.now()))
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

    async def _post(self, body: bytes, headers: dict[str, str]) -> Receipt:
        loop = asyncio.get_running_loop()
        started = loop.time()
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._ack_s))
        try:
            stream = io.BytesIO(body)
            async with self._session.post(self._url, data=stream, headers=headers, allow_redirects=False) as response:
                text = (await response.read()).decode("utf-8", "replace")
        except TimeoutError:
            return Receipt(failure="http_timeout")
        except aiohttp.ClientError:
            return Receipt(failure="connection_failed")
        spent_ms = (loop.time() - started) * 1000
        if not 200 <= response.status < 300:
            no_retry = response.headers.get("X-Slack-No-Retry") == "1"
            return Receipt(failure="http_error", no_retry=no_retry, status=response.status)
        return Receipt(acknowledged_ms=spent_ms, payload=_answer(text), status=response.status)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _encoded(parcel: Parcel) -> tuple[str, bytes]:
    if parcel.kind == EVENTS:
        return "application/json", json.dumps(parcel.payload).encode()
    fields = parcel.payload if parcel.kind == COMMANDS else {"payload": json.dumps(parcel.payload)}
    return "application/x-www-form-urlencoded", urlencode(fields).encode()


def _answer(text: str) -> JsonObject | None:
    """The body of an acknowledgement: an object, or a text that stands for a message of that text."""
    if not text.strip():
        return None
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}
