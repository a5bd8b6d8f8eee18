"""A bare client of the fake Discord: raw REST calls and gateway connections, for what discord.py would never send."""

import asyncio
import base64
import io
import json
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import zstandard
from PIL import Image

from sandbox.contracts import JsonObject
from sandbox.discord.fake_discord import FakeDiscord
from sandbox.runtime import Runtime

GUILDS, MESSAGES, DIRECT = 1 << 0, 1 << 9, 1 << 12
INTENTS = GUILDS | MESSAGES | DIRECT
IMAGINE: JsonObject = {
    "name": "imagine",
    "description": "Make pictures",
    "options": [
        {"type": 3, "name": "prompt", "description": "What to see", "required": True, "max_length": 50},
        {"type": 11, "name": "image1", "description": "A picture"},
        {"type": 11, "name": "image2", "description": "A picture"},
        {"type": 4, "name": "count", "description": "How many", "min_value": 1, "max_value": 4},
        {"type": 3, "name": "size", "description": "How large", "choices": [{"name": "Large", "value": "4K"}]},
        {"type": 5, "name": "private", "description": "Only for you"},
        {"type": 6, "name": "who", "description": "For whom"},
    ],
}
EDIT: JsonObject = {"name": "Edit with Seedream", "type": 3}


def png(width: int = 8, height: int = 6) -> bytes:
    into = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 40)).save(into, "PNG")
    return into.getvalue()


def act_files(*files: tuple[str, bytes]) -> list[JsonObject]:
    """Return the `files` of an act."""
    return [{"name": name, "base64": base64.b64encode(content).decode()} for name, content in files]


def row(*buttons: JsonObject) -> list[JsonObject]:
    return [{"type": 1, "components": list(buttons)}]


def button(custom_id: str, label: str = "Press", **more: Any) -> JsonObject:
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id, **more}


@dataclass(frozen=True, kw_only=True)
class Response:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, int]:
        """The status and the JSON code."""
        return self.status, self.body["code"]


class GatewaySocket:
    """One gateway connection, with its compression undone."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, compress: str | None) -> None:
        self.raw = socket
        self._inflate = zstandard.ZstdDecompressor().decompressobj() if compress == "zstd-stream" else zlib.decompressobj()

    async def send(self, op: int, data: Any = None) -> None:
        await self.raw.send_str(json.dumps({"op": op, "d": data}))

    async def next(self) -> JsonObject:
        """Return the next payload, or `{"closed": code}` when the connection ends."""
        message = await self.raw.receive(timeout=60)
        if message.type == aiohttp.WSMsgType.BINARY:
            return dict(json.loads(self._inflate.decompress(message.data)))
        if message.type == aiohttp.WSMsgType.TEXT:
            return dict(json.loads(message.data))
        return {"closed": self.raw.close_code}

    async def event(self, name: str) -> JsonObject:
        """Skip to the next event of this name and return its data."""
        while (payload := await self.next()).get("t") != name:
            assert "closed" not in payload, f"closed with {payload['closed']} while waiting for {name}"
        return dict(payload["d"])

    async def is_quiet(self) -> bool:
        """Return whether a heartbeat's acknowledgement is the next payload."""
        await self.send(1, None)
        return bool((await self.next())["op"] == 11)


class RawClient:
    """REST calls with the bot's token, and gateway connections."""

    def __init__(self, discord: FakeDiscord, runtime: Runtime, http: aiohttp.ClientSession) -> None:
        environment = discord.environment()
        self.discord = discord
        self.runtime = runtime
        self.world = discord.world
        self.app = self.world.application_id
        self.channels: dict[str, str] = discord.describe()["channel_names"]
        self.users: dict[str, str] = discord.describe()["users"]
        self.http = http
        self.proxy = environment["DISCORD_PROXY"]
        self.token = environment["DISCORD_TOKEN"]
        self.tls = ssl.create_default_context(cafile=environment["TLS_CA_FILE"])

    async def get(self, url: str) -> tuple[int, dict[str, str], bytes]:
        async with self.http.get(url, proxy=self.proxy, ssl=self.tls) as answer:
            return answer.status, dict(answer.headers), await answer.read()

    async def call(
        self,
        method: str,
        path: str,
        json_body: Any = None,
        *,
        files: list[tuple[str, bytes]] | None = None,
        token: str | None = None,
    ) -> Response:
        headers = {"Authorization": f"Bot {self.token if token is None else token}"}
        data: aiohttp.FormData | bytes | None = None
        if files is not None:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(json_body))
            for index, (name, content) in enumerate(files):
                data.add_field(f"files[{index}]", io.BytesIO(content), filename=name, content_type="application/octet-stream")
        elif isinstance(json_body, bytes):
            data, headers["Content-Type"] = json_body, "application/json"
        elif json_body is not None:
            data, headers["Content-Type"] = json.dumps(json_body).encode(), "application/json"
        url = f"https://discord.com/api/v10{path}"
        async with self.http.request(method, url, data=data, headers=headers, proxy=self.proxy, ssl=self.tls) as answer:
            return Response(status=answer.status, headers=dict(answer.headers), text=await answer.text())

    async def sync(self, *commands: JsonObject) -> Response:
        return await self.call("PUT", f"/applications/{self.app}/commands", list(commands))

    async def post(self, channel: str, **payload: Any) -> Response:
        return await self.call("POST", f"/channels/{self.channels[channel]}/messages", payload)

    async def connect(self, compress: str | None = None) -> GatewaySocket:
        """Open a connection and read its HELLO."""
        query = f"?v=10&encoding=json{f'&compress={compress}' if compress else ''}"
        url = f"wss://gateway.discord.gg/{query}"
        socket = GatewaySocket(await self.http.ws_connect(url, proxy=self.proxy, ssl=self.tls, max_msg_size=0), compress)
        assert (await socket.next())["op"] == 10
        return socket

    async def identify(self, compress: str | None = None, **changes: Any) -> GatewaySocket:
        """Open a connection, identify, and read up to GUILD_CREATE; the session's id is kept in `session`."""
        socket = await self.connect(compress)
        await socket.send(2, {"token": self.token, "intents": INTENTS, "properties": {}} | changes)
        self.session = (await socket.event("READY"))["session_id"]
        await socket.event("GUILD_CREATE")
        return socket

    async def invoke(self, socket: GatewaySocket, **act: Any) -> tuple["asyncio.Task[JsonObject]", JsonObject]:
        """Start an act, and return its task and the interaction that the bot receives."""
        task = asyncio.create_task(self.discord.act({"user": "ada", "channel": "art", **act}))
        waiting = asyncio.create_task(socket.event("INTERACTION_CREATE"))
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if task.done() and not waiting.done():
            waiting.cancel()
            task.result()
        return task, await waiting

    async def answer(self, interaction: JsonObject, kind: int, data: JsonObject | None = None, query: str = "") -> Response:
        path = f"/interactions/{interaction['id']}/{interaction['token']}/callback{query}"
        return await self.call("POST", path, {"type": kind} | ({"data": data} if data else {}), token="")

    async def webhook(self, interaction: JsonObject, method: str, rest: str = "", body: Any = None, **more: Any) -> Response:
        return await self.call(method, f"/webhooks/{self.app}/{interaction['token']}{rest}", body, token="", **more)


@asynccontextmanager
async def open_client(folder: Path, **settings: Any) -> AsyncIterator[RawClient]:
    """Start a fake Discord and yield a client; message limits are off by default."""
    runtime = Runtime()
    discord = await FakeDiscord.start(runtime, folder, **{"message_limits": False, **settings})
    async with aiohttp.ClientSession() as http:
        yield RawClient(discord, runtime, http)
    await discord.close()
