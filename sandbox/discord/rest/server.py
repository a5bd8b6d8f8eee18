"""The entry to the API: records each request, injects faults, checks token and limits, and responds as Discord does."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from sandbox.discord.errors import ApiError, api_error
from sandbox.discord.rest.parsing import RequestTooLargeError, read_call
from sandbox.discord.rest.ratelimits import RateLimits, retry_headers
from sandbox.discord.rest.routing import ApiCall, Route
from sandbox.runtime import Runtime

_PREFIXES = ("/api/v10", "/api/v9")
_FAULTS = (
    *(
        "429[:SECONDS]",
        "429-no-via[:SECONDS]",
        "429-global[:SECONDS]",
        "500",
        "502",
        "503",
        "504",
        "524",
        "html[:STATUS]",
        "cloudflare",
    ),
    *("error:STATUS:NUMBER", "slow[:SECONDS]", "reset-before", "reset-after"),
)
_SERVER = {"Server": "cloudflare"}
_VIA = {"Via": "1.1 google", **_SERVER}
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><hr>cloudflare</body></html>"


class RestServer:
    """Answers everything under `discord.com/api`."""

    def __init__(self, runtime: Runtime, token: str, routes: Sequence[Route], limits: RateLimits) -> None:
        runtime.faults.declare("discord.rest", _FAULTS)
        self._runtime = runtime
        self._token = token
        self._routes = routes
        self._limits = limits

    async def serve(self, request: web.Request) -> web.StreamResponse:
        prefix = next((one for one in _PREFIXES if request.path.startswith(one + "/")), None)
        if prefix is None:
            return _json_response(404, {"message": "404: Not Found", "code": 0})
        path = request.path.removeprefix(prefix)
        try:
            call, parse_error = await read_call(request, path)
        except RequestTooLargeError:
            return _html_page(413, "413 Request Entity Too Large")
        self._record(call)
        fault = self._runtime.faults.take("discord.rest", f"{call.method} {path}") or ""
        word, _, argument = fault.partition(":")
        if (injected := _fault_response(word, argument)) is not None:
            return injected
        if word == "slow":
            await asyncio.sleep(float(argument or 1))
        if word == "reset-before":
            return _reset(request)
        response = self._answer(call, parse_error, request.headers.get("Authorization"))
        return _reset(request) if word == "reset-after" else response

    def _record(self, call: ApiCall) -> None:
        line = {
            "platform": "discord",
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "content_type": call.content_type,
            "payload": call.payload,
        }
        if call.parts is not None:
            line["parts"] = list(call.parts)
        self._runtime.recording.add(line)

    def _answer(self, call: ApiCall, parse_error: ApiError | None, authorization: str | None) -> web.Response:
        matches = [(route, path_values) for route in self._routes if (path_values := route.match(call.path)) is not None]
        found = next(((route, path_values) for route, path_values in matches if route.method == call.method), None)
        if found is None:
            status, message = (405, "405: Method Not Allowed") if matches else (404, "404: Not Found")
            return _json_response(status, {"message": message, "code": 0})
        route, path_values = found
        if not route.token_in_path and authorization != f"Bot {self._token}":
            return _json_response(401, {"message": "401: Unauthorized", "code": 0})
        bucket = f"{route.method} {route.template}"
        verdict = self._limits.admit(bucket, route.major(path_values), route.limit, global_exempt=route.global_exempt)
        if verdict.retry_after is not None:
            return _rate_limited(verdict.retry_after, is_global=verdict.is_global, headers=verdict.headers)
        call = replace(call, path_values=path_values)
        try:
            call.check_path()
            if parse_error is not None:
                raise parse_error
            answer = route.handler(call)
        except ApiError as error:
            return _error_response(error, verdict.headers)
        return _json_response(answer.status, answer.body, verdict.headers)


def _error_response(error: ApiError, headers: dict[str, str]) -> web.Response:
    if error.retry_after is not None:
        headers = headers | retry_headers(error.retry_after, scope="shared")
    return _json_response(error.status, error.body(), headers)


def _rate_limited(wait: float, *, is_global: bool, headers: dict[str, str], via: bool = True) -> web.Response:
    body = {"message": "You are being rate limited.", "code": 0, "retry_after": wait, "global": is_global}
    return _json_response(429, body, headers, via=via)


def _json_response(status: int, body: object, headers: dict[str, str] | None = None, *, via: bool = True) -> web.Response:
    """Respond with exactly `application/json`: with a charset behind it, discord.py would read the body as plain text."""
    whole = (headers or {}) | (_VIA if via else _SERVER)
    if status == 204:
        return web.Response(status=204, headers=whole)
    return web.Response(status=status, body=json.dumps(body).encode(), headers=whole | {"Content-Type": "application/json"})


def _html_page(status: int, title: str) -> web.Response:
    return web.Response(status=status, text=_PAGE.format(title), content_type="text/html", headers=_SERVER)


def _fault_response(word: str, argument: str) -> web.Response | None:
    """Return the response of a fault that keeps the request from being carried out."""
    match word:
        case "429" | "429-no-via" | "429-global":
            wait = float(argument or 0.3)
            is_global = word == "429-global"
            headers = retry_headers(wait, scope="global" if is_global else "user")
            return _rate_limited(wait, is_global=is_global, headers=headers, via=word != "429-no-via")
        case "500":
            return _json_response(500, {"message": "500: Internal Server Error", "code": 0})
        case "502" | "503" | "504" | "524":
            return web.Response(status=int(word), text=f"error code: {word}", headers=_VIA)
        case "html":
            return _html_page(int(argument or 502), f"{argument or 502} Bad Gateway")
        case "cloudflare":
            return _html_page(429, "Error 1015: You are being rate limited")
        case "error":
            status, _, code = argument.partition(":")
            error = api_error(int(code or 0), status=int(status), retry_after=0.3 if status == "429" else None)
            return _error_response(error, {})
        case "" | "slow" | "reset-before" | "reset-after":
            return None
        case _:
            raise ValueError(f"discord.rest knows no fault {word}")


def _reset(request: web.Request) -> web.Response:
    """Break the connection; the client never receives the returned response."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
