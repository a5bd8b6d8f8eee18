"""The entry to the Web API: records each call, injects faults, checks token, scope and rate, and lets the method answer."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.local_server import fault_seconds, html_page, reset
from sandbox.runtime import Runtime
from sandbox.slack.api.arguments import Arguments, read_arguments
from sandbox.slack.api.ratelimits import RateLimits, Tier
from sandbox.slack.api.tokens import AppTokens, TokenKind
from sandbox.slack.errors import ApiError

_STATUS_FAULTS = ("500", "502", "503", "504")
_FAULTS = ("429[:NUMBER]", *_STATUS_FAULTS, "html", "reset-before", "reset-after", "slow:SECONDS", "error:CODE")


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method: its implementation, its tier, and the scopes of which it needs at least one."""

    handle: Callable[[Arguments], JsonObject]
    tier: Tier
    scopes: tuple[str, ...] = ()
    token: TokenKind = TokenKind.BOT


class ApiServer:
    """Serves `/api/METHOD`.

    Faults are taken at `slack.api`, detail the method: `429` (`429:SECONDS`) `500` `502` `503` `504` `html` `reset-before` `reset-after`
    `slow:SECONDS` `error:CODE`.
    """

    def __init__(self, runtime: Runtime, tokens: AppTokens, methods: Mapping[str, Method], limits: RateLimits) -> None:
        runtime.faults.declare("slack.api", _FAULTS)
        self._runtime = runtime
        self._tokens = tokens
        self._methods = methods
        self._limits = limits

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        arguments = await read_arguments(request)
        self._record(name, request.content_type, arguments)
        fault = self._runtime.faults.take("slack.api", name) or ""
        injected = self._fault_response(request, fault)
        if injected is not None:
            return injected
        if fault.startswith("slow"):
            await asyncio.sleep(fault_seconds(fault))
        response = self._answer(name, arguments)
        return reset(request) if fault == "reset-after" else response

    def _record(self, name: str, content_type: str, arguments: Arguments) -> None:
        self._runtime.recording.add(
            {
                "platform": "slack",
                "method": name,
                "path": "",
                "query": {},
                "content_type": content_type,
                "payload": dict(arguments),
            }
        )

    def _fault_response(self, request: web.Request, fault: str) -> web.StreamResponse | None:
        """Return the response of a fault that keeps the call from being carried out."""
        word, _, argument = fault.partition(":")
        if word in _STATUS_FAULTS:
            return html_page(int(word), "Server Error")
        match word:
            case "429":
                return self._rate_limited(int(argument or 1))
            case "html":
                return html_page(200, "Sign in to Slack")
            case "reset-before":
                return reset(request)
            case "error":
                return self._json({"ok": False, "error": argument})
            case "" | "slow" | "reset-after":
                return None
            case _:
                return html_page(500, f"unknown fault {fault}")

    def _answer(self, name: str, arguments: Arguments) -> web.Response:
        method = self._methods.get(name)
        if method is None:
            return self._json(ApiError("unknown_method", req_method=name).answer())
        try:
            self._tokens.check(arguments.token, method.token, method.scopes)
            wait = self._limits.take(name, method.tier, arguments.text("channel"))
            if wait is not None:
                return self._rate_limited(wait)
            if arguments.error is not None:
                raise arguments.error
            return self._json({"ok": True} | method.handle(arguments), method.scopes)
        except ApiError as refused:
            return self._json(refused.answer())

    def _rate_limited(self, seconds: int) -> web.Response:
        response = self._json({"ok": False, "error": "ratelimited"}, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response

    def _json(self, body: JsonObject, scopes: tuple[str, ...] = (), *, status: int = 200) -> web.Response:
        headers = {
            "X-OAuth-Scopes": ",".join(self._tokens.scopes),
            "X-Slack-Req-Id": f"{self._runtime.random.getrandbits(128):032x}",
        }
        if scopes:
            headers["X-Accepted-OAuth-Scopes"] = ",".join(scopes)
        return web.Response(
            status=status, text=json.dumps(body), headers=headers, content_type="application/json", charset="utf-8"
        )
