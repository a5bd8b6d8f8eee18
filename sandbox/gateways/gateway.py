"""The base of every fake gateway: a server on this machine, an API key, an image maker, a result host and a table of errors."""

import asyncio
import contextlib
import gzip
import hmac
import json
import math
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import zstandard
from aiohttp import web

from sandbox.contracts import ControlError, ControlledGateway, JsonObject
from sandbox.gateways.image_maker import Generation, ImageMaker, prepared_picture
from sandbox.gateways.models.prices import Price, flat
from sandbox.gateways.responses import GatewayError, Outcome
from sandbox.gateways.result_host import ResultHost
from sandbox.local_server import LocalServer, fault_seconds, html_page, reset, wait_for_disconnect, zstd_bomb
from sandbox.runtime import Runtime

MOST_BODY_BYTES = 64_000_000
PROMPT = web.RequestKey("prompt", str)
ErrorRow = tuple[int, str, str]
"""Status, code, message."""
FAILING_FAULTS = (
    *("429[:SECONDS]", "429-quota[:SECONDS]", "500[:SECONDS]", "503[:SECONDS]", "html", "not-json", "hang", "reset-before"),
    *("error:STATUS:CODE", "error-string[:STATUS]", "error-null[:STATUS]"),
)
"""Faults that make a call fail before anything is made, as they are declared."""
SUBMIT_FAULTS = (*FAILING_FAULTS, "504", "quoted[:STATUS]", "reset-after", "slow:SECONDS", "fewer", "more[:NUMBER]", "empty")
"""Faults of a submit that every gateway knows."""
BILLED_FAULTS = frozenset({"", "504", "quoted", "reset-after", "slow", "fewer", "more", "empty"})
"""Fault words that let a call be made and billed and only change its number of pictures or its answer."""


LATE_FAULTS = frozenset({"504", "quoted", "reset-after"})
"""Fault words that replace the answer once everything is made; a stream has no such end."""
ANSWER_FAULTS = ("gzip", "zstd", "bomb")
"""Faults of any answer that comes in one piece."""


@dataclass(frozen=True, kw_only=True)
class IncomingCall:
    """A request with a valid key. `body` is its JSON, None for routes without one; `id` is our request id."""

    request: web.Request
    body: Any
    id: str

    @property
    def prompt(self) -> str:
        prompt = self.body.get("prompt") if isinstance(self.body, dict) else None
        return prompt if isinstance(prompt, str) else ""


Answer = Callable[[IncomingCall], Awaitable[web.StreamResponse]]
RouteHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeGateway(ControlledGateway, ABC):
    """One gateway. A dialect's own file adds its routes, its rules and the shape of its errors.

    Every gateway knows these faults, taken at `<name>.submit` with the prompt as detail. Nothing is made or billed with
    `429` `429:RETRY_AFTER` `429-quota` `500` `503` `html` (502) `reset-before` `hang` `not-json` `error:STATUS:CODE`
    `error-string` `error-null` (400 with an error that is a string, or null; `error-string:STATUS` for another status).
    The call is made and billed with `504` (the proxy in front times out), `quoted` (500, or another status, with the prompt in
    the message), `reset-after`, `slow:SECONDS` before the answer, `fewer`, `more` (one, or `more:NUMBER`) and `empty` (no
    picture at all). At `<name>.connect`, `reset` drops the connection before the body is read. At `<name>.answer`, `gzip` and
    `zstd` compress an answer although the caller asked for none, and `bomb` adds 300 MB of white space before it does. Faults
    of a result are taken by `result_host.py` at `<name>.result` and `<name>.address`.
    """

    path: ClassVar[str] = ""
    """The path of the operator's `base_url`."""
    errors: ClassVar[Mapping[str, ErrorRow]]
    """By `no-key` `wrong-key` `too-large` `no-json-type` `bad-json`, and the fault words `429` `429-quota` `500` `503`."""
    prices: ClassVar[Mapping[str, str]] = {}
    """What an operator configures where the gateway publishes no price: our model name → price of one picture."""
    published: ClassVar[Mapping[str, Price]] = {}
    """The published prices, by our model name."""
    currency: ClassVar[str] = "USD"
    limits: ClassVar[Mapping[str, float]] = {}
    """The polling intervals, in seconds, that suit a gateway as fast as a fake one."""
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {"connect": ("reset",), "submit": SUBMIT_FAULTS, "answer": ANSWER_FAULTS}
    """The faults of each part of the gateway."""
    url_references_only: ClassVar[bool] = False
    """Whether references must be URLs and there is no upload service: the bot then needs a `PUBLIC_URL`."""

    def __init__(self, runtime: Runtime, *, dialect: str, name: str, pace: float, prepared: int) -> None:
        self.name = name
        self.dialect = dialect
        self.url = ""
        self.origin = ""
        self.key = secrets.token_hex(16)
        self.runtime = runtime
        self.pace = pace
        price_list = {**self.published, **{model: flat(price) for model, price in self.prices.items()}}
        self.image_maker = ImageMaker(runtime, name=name, pace=pace, prepared=prepared, prices=price_list, currency=self.currency)
        self.calls: list[JsonObject] = self.image_maker.calls
        self.results = ResultHost(runtime=runtime, name=name)
        self.exit_stack = contextlib.AsyncExitStack()
        for part, words in self.faults.items():
            runtime.faults.declare(f"{name}.{part}", words)

    @classmethod
    async def start(cls, runtime: Runtime, *, dialect: str, name: str, pace: float = 0.4, prepared: int = 0) -> Self:
        """Start listening. With `prepared`, draw one square of this side now and answer every call with copies of it, for loads."""
        if prepared:
            await asyncio.to_thread(prepared_picture, prepared)
        gateway = cls(runtime, dialect=dialect, name=name, pace=pace, prepared=prepared)
        gateway.origin = gateway.results.origin = await gateway.listen(
            [*gateway.routes(), web.route("*", "/result/{name}", gateway.results.serve)]
        )
        gateway.url = gateway.origin + cls.path
        await gateway.on_start()
        return gateway

    async def listen(self, routes: list[web.RouteDef]) -> str:
        """Serve routes on a port of their own until the gateway closes, and return their origin."""
        application = web.Application(client_max_size=MOST_BODY_BYTES)
        application.add_routes(routes)
        server = await LocalServer.start(application)
        self.exit_stack.push_async_callback(server.close)
        return f"http://127.0.0.1:{server.port}"

    async def on_start(self) -> None:
        """Start what else the gateway needs, and register on `exit_stack` what has to be closed."""
        return

    async def close(self) -> None:
        await self.exit_stack.aclose()

    def change(self, settings: JsonObject) -> None:
        """Change how the gateway works from now on: `seconds`, what one picture takes, by our model name. Raises ControlError."""
        for name, value in settings.items():
            self.change_setting(name, value)

    def change_setting(self, name: str, value: Any) -> None:
        """Change one setting. Raises ControlError."""
        if name != "seconds":
            raise ControlError(f"{name!r} is no setting of {self.name}'s.")
        if not isinstance(value, dict) or not all(is_duration(seconds) for seconds in value.values()):
            raise ControlError("'seconds' must hold how long a picture takes, by model, such as {\"5.0-pro\": 30}.")
        self.image_maker.seconds = {model: float(seconds) for model, seconds in value.items()}

    def settings(self) -> dict[str, str]:
        """Return the URLs that an operator configures for this gateway."""
        return {"base_url": self.url}

    @abstractmethod
    def routes(self) -> list[web.RouteDef]: ...

    @abstractmethod
    def error_response(self, error: GatewayError, request_id: str) -> web.Response:
        """Return an error in this gateway's own shape."""

    def endpoint(self, answer: Answer, *, reads_body: bool = True) -> RouteHandler:
        """Return a route handler that checks the key, reads the JSON body, answers the call and shapes its errors."""

        async def serve(request: web.Request) -> web.StreamResponse:
            request_id = f"02{self.runtime.random.getrandbits(120):030x}"
            if self.runtime.faults.take(f"{self.name}.connect") == "reset":
                return reset(request)
            try:
                self._check_key(request)
                body = await self._read(request) if reads_body else None
                call = IncomingCall(request=request, body=body, id=request_id)
                request[PROMPT] = call.prompt
                return await self._compressed(await answer(call))
            except GatewayError as error:
                return self.error_response(error, request_id)

        return serve

    async def _compressed(self, response: web.StreamResponse) -> web.StreamResponse:
        """Return the answer, compressed if a fault says so."""
        fault = self.take_fault("answer") if isinstance(response, web.Response) and isinstance(response.body, bytes) else ""
        if fault and isinstance(response, web.Response):
            assert isinstance(response.body, bytes)
            if fault == "bomb":
                response.body = await asyncio.to_thread(zstd_bomb, b" ", after=response.body)
            else:
                response.body = await asyncio.to_thread(gzip.compress if fault == "gzip" else zstandard.compress, response.body)
            response.headers["Content-Encoding"] = "gzip" if fault == "gzip" else "zstd"
        return response

    def _check_key(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {self.key}".encode()):
            raise GatewayError(*self.errors["wrong-key" if given else "no-key"])

    async def _read(self, request: web.Request) -> Any:
        try:
            text = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise GatewayError(*self.errors["too-large"]) from None
        if request.content_type != "application/json":
            raise GatewayError(*self.errors["no-json-type"])
        try:
            return json.loads(text)
        except ValueError:
            raise GatewayError(*self.errors["bad-json"]) from None

    def take_fault(self, part: str, detail: str = "") -> str:
        """Return the fault that applies to this request, or an empty string."""
        return self.runtime.faults.take(f"{self.name}.{part}", detail) or ""

    async def fault_response(
        self, request: web.Request, fault: str, *, passing: frozenset[str] = BILLED_FAULTS
    ) -> web.Response | None:
        """Return what a fault answers instead of the call, or None if its word is one of `passing`. Raises GatewayError."""
        word, _, rest = fault.partition(":")
        if word in passing:
            return None
        if word in {"429", "429-quota", "500", "503"}:
            raise GatewayError(*self.errors[word], headers={"Retry-After": rest} if rest else {})
        match word:
            case "error":
                status, _, code = rest.partition(":")
                raise GatewayError(int(status), code, f"The request failed with {code}.")
            case "error-string" | "error-null":
                error = "Something went wrong." if word == "error-string" else None
                return web.json_response({"error": error}, status=int(rest or 400))
            case "html":
                return html_page(502, "502 Bad Gateway")
            case "not-json":
                return web.Response(text="OK", content_type="text/plain")
            case "reset-before":
                return reset(request)
            case "hang":
                return await wait_for_disconnect(request)
            case _:
                raise GatewayError(500, "UnknownFault", f"The fault book holds the unknown word {fault}.")

    async def make_all(self, generation: Generation, fault: str) -> list[Outcome]:
        """Make all pictures of a call, after the delay of a `slow` fault."""
        await self.pause(fault)
        return await self.image_maker.make_all(generation)

    async def pause(self, fault: str) -> None:
        if fault.startswith("slow:"):
            await asyncio.sleep(fault_seconds(fault))

    def late_fault_response(self, request: web.Request, fault: str) -> web.Response | None:
        """Return what a fault answers once everything is made and billed."""
        match fault:
            case "reset-after":
                return reset(request)
            case "504":
                return html_page(504, "504 Gateway Time-out")
            case _ if fault.partition(":")[0] == "quoted":
                _, code, message = self.errors["500"]
                raise GatewayError(int(fault.partition(":")[2] or 500), code, f"{message} The prompt was: {request[PROMPT]}")
            case _:
                return None


def is_duration(value: Any) -> bool:
    """Return whether a JSON value is a number of seconds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
