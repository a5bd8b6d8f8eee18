"""What every gateway's stand-in is: a server on this machine, a key, a studio, a result host and a table of its errors."""

import asyncio
import contextlib
import hmac
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from aiohttp import web

from sandbox.gateways.answers import FailedPicture, GatewayRefusal, MadePicture
from sandbox.gateways.image_maker import Studio, Work, prepared_picture
from sandbox.gateways.serving import MOST_BODY_BYTES, LocalServer, ResultHost, page, reset, seconds_in, until_gone
from sandbox.stage import JsonObject, Stage

ErrorRow = tuple[int, str, str]
"""Status, code, sentence."""
SPOILED = (
    *("429[:SECONDS]", "429-quota[:SECONDS]", "500[:SECONDS]", "503[:SECONDS]", "html", "not-json", "hang", "reset-before"),
    *("error:STATUS:CODE", "error-string[:STATUS]", "error-null[:STATUS]"),
)
"""Faults by which nothing is made, as the fault book knows them."""
SUBMIT = (*SPOILED, "504", "reset-after", "slow:SECONDS", "fewer", "more", "empty")
"""Faults of a call that every gateway knows."""
MADE = frozenset({"", "504", "reset-after", "slow", "fewer", "more", "empty"})
"""Fault words that let a call be made and billed, then change its number or its answer."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A request with a good key: `body` is its JSON, None where a route reads none; `id` is what we call it."""

    request: web.Request
    body: Any
    id: str

    @property
    def prompt(self) -> str:
        prompt = self.body.get("prompt") if isinstance(self.body, dict) else None
        return prompt if isinstance(prompt, str) else ""


Handler = Callable[[Arrival], Awaitable[web.StreamResponse]]


class Gateway(ABC):
    """One gateway. A dialect's own file adds its routes, its rules and the shape of its errors.

    Faults that every gateway knows, taken at `<name>.submit` with the prompt as detail. Nothing is made or billed by
    `429` `429:RETRY_AFTER` `429-quota` `500` `503` `html` (502) `reset-before` `hang` `not-json` `error:STATUS:CODE`
    `error-string` `error-null` (400 with an error that is a text, or null; `error-string:STATUS` for another status).
    Made and billed are `504` (the edge gave up waiting), `reset-after`, `slow:SECONDS` before the answer, `fewer`,
    `more` and `empty` (none at all). At `<name>.connect`, `reset` drops the connection before the body is read. Faults
    of a result are the result host's (`serving.py`), taken at `<name>.result`.
    """

    path: ClassVar[str] = ""
    """What the operator's `base_url` has behind the host."""
    errors: ClassVar[Mapping[str, ErrorRow]]
    """By `no-key` `wrong-key` `too-large` `no-json-type` `bad-json`, and the fault words `429` `429-quota` `500` `503`."""
    prices: ClassVar[Mapping[str, str]] = {}
    """What an operator would write where the gateway publishes no price: our model name → one picture."""
    limits: ClassVar[Mapping[str, float]] = {}
    """What an operator would set of a gateway as quick as a stand-in is: how often its tasks are asked about, in seconds."""
    faults: ClassVar[Mapping[str, tuple[str, ...]]] = {"connect": ("reset",), "submit": SUBMIT}
    """What can go wrong, by the part of the gateway where it does."""
    addresses_only: ClassVar[bool] = False
    """References are addresses and there is no upload service: a bot needs a `PUBLIC_URL`."""

    def __init__(self, stage: Stage, *, dialect: str, name: str, pace: float, prepared: int) -> None:
        self.name = name
        self.dialect = dialect
        self.url = ""
        self.origin = ""
        self.key = secrets.token_hex(16)
        self.stage = stage
        self.pace = pace
        self.studio = Studio(stage, name=name, pace=pace, prepared=prepared)
        self.calls: list[JsonObject] = self.studio.calls
        self.results = ResultHost(stage=stage, name=name)
        self.closing = contextlib.AsyncExitStack()
        for part, words in self.faults.items():
            stage.faults.declare(f"{name}.{part}", words)

    @classmethod
    async def start(cls, stage: Stage, *, dialect: str, name: str, pace: float = 0.4, prepared: int = 0) -> Self:
        """Listen; `prepared`: draw one square of this side now, and answer every call with copies of it, for loads."""
        if prepared:
            await asyncio.to_thread(prepared_picture, prepared)
        gateway = cls(stage, dialect=dialect, name=name, pace=pace, prepared=prepared)
        gateway.origin = gateway.results.origin = await gateway.listen(
            [*gateway.routes(), web.route("*", "/result/{name}", gateway.results.serve)]
        )
        gateway.url = gateway.origin + cls.path
        await gateway.opened()
        return gateway

    async def listen(self, routes: list[web.RouteDef]) -> str:
        """Serve routes on a port of their own until the gateway is closed; their origin."""
        application = web.Application(client_max_size=MOST_BODY_BYTES)
        application.add_routes(routes)
        server = await LocalServer.start(application)
        self.closing.push_async_callback(server.close)
        return f"http://127.0.0.1:{server.port}"

    async def opened(self) -> None:
        """Whatever else a gateway starts; what has to be closed goes on `closing`."""
        return

    async def close(self) -> None:
        await self.closing.aclose()

    def settings(self) -> dict[str, str]:
        """The addresses an operator writes for this gateway."""
        return {"base_url": self.url}

    @abstractmethod
    def routes(self) -> list[web.RouteDef]: ...

    @abstractmethod
    def refused(self, refusal: GatewayRefusal, request_id: str) -> web.Response:
        """A refusal in this gateway's own shape."""

    async def attend(self, request: web.Request, handle: Handler, *, reads: bool = True) -> web.StreamResponse:
        """Check the key, read the JSON body if there is one, answer, and give refusals their shape."""
        request_id = f"02{self.stage.random.getrandbits(120):030x}"
        if self.stage.faults.take(f"{self.name}.connect") == "reset":
            return reset(request)
        try:
            self.check_key(request)
            body = await self._read(request) if reads else None
            return await handle(Arrival(request=request, body=body, id=request_id))
        except GatewayRefusal as refusal:
            return self.refused(refusal, request_id)

    def check_key(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {self.key}".encode()):
            raise GatewayRefusal(*self.errors["wrong-key" if given else "no-key"])

    async def _read(self, request: web.Request) -> Any:
        try:
            text = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise GatewayRefusal(*self.errors["too-large"]) from None
        if request.content_type != "application/json":
            raise GatewayRefusal(*self.errors["no-json-type"])
        try:
            return json.loads(text)
        except ValueError:
            raise GatewayRefusal(*self.errors["bad-json"]) from None

    def fault_at(self, part: str, detail: str = "") -> str:
        """The fault that strikes this passage, or an empty word."""
        return self.stage.faults.take(f"{self.name}.{part}", detail) or ""

    async def spoiled(self, request: web.Request, fault: str, *, passing: frozenset[str] = MADE) -> web.Response | None:
        """The answer a fault gives instead of what was asked, or None if the word is one of `passing`; raises GatewayRefusal."""
        word, _, rest = fault.partition(":")
        if word in passing:
            return None
        if word in {"429", "429-quota", "500", "503"}:
            raise GatewayRefusal(*self.errors[word], headers={"Retry-After": rest} if rest else {})
        match word:
            case "error":
                status, _, code = rest.partition(":")
                raise GatewayRefusal(int(status), code, f"The request failed with {code}.")
            case "error-string" | "error-null":
                error = "Something went wrong." if word == "error-string" else None
                return web.json_response({"error": error}, status=int(rest or 400))
            case "html":
                return page(502, "502 Bad Gateway")
            case "not-json":
                return web.Response(text="OK", content_type="text/plain")
            case "reset-before":
                return reset(request)
            case "hang":
                return await until_gone(request)
            case _:
                raise GatewayRefusal(500, "UnknownFault", f"The fault book holds the unknown word {fault}.")

    async def made(self, work: Work, fault: str) -> list[MadePicture | FailedPicture]:
        """All pictures of a call, after the delay a fault may want."""
        await self.pause(fault)
        return await self.studio.make_all(work)

    async def pause(self, fault: str) -> None:
        if fault.startswith("slow:"):
            await asyncio.sleep(seconds_in(fault))

    def spoiled_after(self, request: web.Request, fault: str) -> web.Response | None:
        """The answer a fault gives once everything is made and billed."""
        match fault:
            case "reset-after":
                return reset(request)
            case "504":
                return page(504, "504 Gateway Time-out")
            case _:
                return None
