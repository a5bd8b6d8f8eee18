"""The control API: how tests, the demo and a playground steer a running sandbox and read from it.

Every request needs the header `X-Sandbox-Token`. `Host` must be this loopback address, and an `Origin`, if there is one,
must be this API's own, so that no web page in a browser on this machine can use it. Bodies are JSON. A request that
cannot be carried out is answered with 400 and `{"error": message}`.
"""

import hmac
import json
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from sandbox.contracts import ControlError, ControlledGateway, ControlledPlatform, JsonObject
from sandbox.faults import Fault
from sandbox.local_server import LocalServer
from sandbox.runtime import Runtime

_MOST_BODY_BYTES = 512 * 1024 * 1024
_KINDS = ("command", "message", "reply", "forward", "edit", "delete", "press", "submit", "menu", "react")
_TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105  # a header's name
_MEDIA_TYPES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"))

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """The control API of one sandbox."""

    def __init__(
        self, runtime: Runtime, platforms: Mapping[str, ControlledPlatform], gateways: Sequence[ControlledGateway]
    ) -> None:
        self.token = secrets.token_urlsafe(24)
        self.url = ""
        self._runtime = runtime
        self._platforms = platforms
        self._gateways = gateways
        self._hosts: frozenset[str] = frozenset()
        self._server: LocalServer | None = None

    @classmethod
    async def start(
        cls, runtime: Runtime, platforms: Mapping[str, ControlledPlatform], gateways: Sequence[ControlledGateway]
    ) -> "Control":
        control = cls(runtime, platforms, gateways)
        application = web.Application(client_max_size=_MOST_BODY_BYTES, middlewares=[control._guard])
        application.add_routes(
            [
                web.post("/act", control._act),
                web.post("/world", control._change),
                web.get("/seen", control._seen),
                web.get("/file/{sha256}", control._file),
                web.get("/calls", control._calls),
                web.get("/fetches", control._fetches),
                web.post("/fault", control._add_fault),
                web.get("/fault", control._pending_faults),
                web.delete("/fault", control._clear_faults),
                web.post("/clock", control._advance),
                web.get("/record", control._record),
            ]
        )
        control._server = await LocalServer.start(application)
        port = control._server.port
        control.url = f"http://127.0.0.1:{port}"
        control._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        return control

    async def close(self) -> None:
        if self._server is not None:
            await self._server.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if request.headers.get("Host") not in self._hosts:
            return _error(403, "This address is not the sandbox's own.")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return _error(403, "Pages of another origin may not use the sandbox.")
        given = request.headers.get(_TOKEN_HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self.token.encode()):
            return _error(401, f"The header {_TOKEN_HEADER} is missing or wrong.")
        try:
            return await handler(request)
        except ControlError as refused:
            return _error(400, str(refused))

    async def _act(self, request: web.Request) -> web.Response:
        act = await _read_object(request)
        for key in ("user", "channel", "kind"):
            if not isinstance(act.get(key), str):
                raise ControlError(f"An act needs a text under {key!r}.")
        if act["kind"] not in _KINDS:
            raise ControlError(f"{act['kind']!r} is no kind of act: it is one of {', '.join(_KINDS)}.")
        return web.json_response(await self._platform(act.get("platform")).act(act))

    async def _change(self, request: web.Request) -> web.Response:
        body = await _read_object(request)
        if "gateway" in body:
            return self._change_gateway(body)
        what, channel, user = (body.get(key) for key in ("what", "channel", "user"))
        if not isinstance(what, str) or not isinstance(channel, str | None) or not isinstance(user, str | None):
            raise ControlError("A change needs a text under 'what', and perhaps one under 'channel' or 'user'.")
        self._platform(body.get("platform")).change(what, channel=channel, user=user)
        return web.json_response({"what": what})

    def _change_gateway(self, body: JsonObject) -> web.Response:
        name = body.pop("gateway")
        gateway = next((gateway for gateway in self._gateways if gateway.name == name), None)
        if gateway is None:
            names = ", ".join(gateway.name for gateway in self._gateways)
            raise ControlError(f"There is no gateway {name!r} here: {names or 'none'}.")
        gateway.change(body)
        return web.json_response({"gateway": name})

    async def _seen(self, request: web.Request) -> web.Response:
        channel = request.query.get("channel")
        if channel is None:
            raise ControlError("Say which channel: ?platform=…&channel=….")
        platform = self._platform(request.query.get("platform"))
        return web.json_response(platform.seen(channel, request.query.get("after") or None))

    async def _file(self, request: web.Request) -> web.Response:
        content = self._runtime.files.get(request.match_info["sha256"])
        if content is None:
            return _error(404, "There is no such file.")
        media_type = next((name for magic, name in _MEDIA_TYPES if content.startswith(magic)), "application/octet-stream")
        return web.Response(body=content, content_type=media_type, headers={"X-Content-Type-Options": "nosniff"})

    async def _calls(self, request: web.Request) -> web.Response:
        del request
        calls = [call for gateway in self._gateways for call in gateway.calls]
        return web.json_response(sorted(calls, key=lambda call: float(call["at"])))

    async def _add_fault(self, request: web.Request) -> web.Response:
        body = await _read_object(request)
        where, what = body.get("where"), body.get("what")
        if not isinstance(where, str) or not isinstance(what, str) or not where or not what:
            raise ControlError("A fault needs a text under 'where' and under 'what'.")
        duration = {key: _read_positive(body[key], key) for key in ("times", "every", "for_s") if body.get(key) is not None}
        if len(duration) > 1:
            raise ControlError("A fault lasts by one of 'times', 'every' and 'for_s', not by several.")
        self._runtime.faults.check(where, what)
        for_s = duration.get("for_s")
        fault = Fault(
            where=where,
            what=what,
            times=_read_integer(duration.get("times", None if duration else 1), "times"),
            every=_read_integer(duration.get("every"), "every"),
            until=None if for_s is None else self._runtime.clock.now() + for_s,
        )
        self._runtime.faults.add(fault)
        return web.json_response({"where": where, "what": what})

    async def _pending_faults(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(
            {"faults": [{"where": fault.where, "what": fault.what} for fault in self._runtime.faults.pending()]}
        )

    async def _fetches(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._runtime.fetches)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        del request
        self._runtime.faults.clear()
        return web.json_response({})

    async def _advance(self, request: web.Request) -> web.Response:
        body = await _read_object(request)
        self._runtime.clock.advance(_read_positive(body.get("advance_s"), "advance_s"))
        return web.json_response({"now": self._runtime.clock.now()})

    async def _record(self, request: web.Request) -> web.Response:
        del request
        lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self._runtime.recording.lines)
        return web.Response(text=lines, content_type="application/x-ndjson")

    def _platform(self, name: Any) -> ControlledPlatform:
        platform = self._platforms.get(name) if isinstance(name, str) else None
        if platform is None:
            raise ControlError(f"There is no platform {name!r} here: {', '.join(self._platforms) or 'none'}.")
        return platform


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)


async def _read_object(request: web.Request) -> JsonObject:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise ControlError("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ControlError("The body is not a JSON object.")
    return body


def _read_positive(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ControlError(f"{key!r} must be a number above zero.")
    return float(value)


def _read_integer(value: float | None, key: str) -> int | None:
    if value is None:
        return None
    if value != int(value):
        raise ControlError(f"{key!r} must be a whole number.")
    return int(value)
