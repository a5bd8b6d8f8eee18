"""A gateway for loads in a process of its own: the official API's synchronous answer with prepared pictures.

It checks and bills nothing, so that its own work is not measured. No two results have the same bytes. Further endpoints:
`POST /release` answers the held calls; `GET /calls` returns when each call arrived, was answered and had its last picture
downloaded (seconds since 1970); `GET /picture/SIDE` is a picture; `GET /raw/BYTES` is that many bytes.
"""

import argparse
import asyncio
import json
import struct
import sys
import time
from dataclasses import asdict, dataclass

from aiohttp import web

from sandbox.contracts import JsonObject
from sandbox.gateways.drawing.pictures import Picture, draw

SIDES = {"1K": 1024, "2K": 2048, "3K": 3072, "4K": 4096}
HEAD_BYTES = 2
"""A JPEG begins with a two-byte marker, after which a comment may follow."""


@dataclass(kw_only=True)
class CallRecord:
    """One call. `answered_at` and `fetched_at` (the last byte of the last picture) are 0 until then."""

    prompt: str
    at: float
    answered_at: float = 0.0
    fetched_at: float = 0.0


class Pictures:
    """One drawn picture for each size; every copy contains a different comment."""

    def __init__(self) -> None:
        self._drawn: dict[int, bytes] = {}

    def copy(self, side: int, comment: str) -> bytes:
        if side not in self._drawn:
            self._drawn[side] = draw(Picture(prompt="a prepared picture", size=(side, side)))
        content, words = self._drawn[side], comment.encode()
        return content[:HEAD_BYTES] + b"\xff\xfe" + struct.pack(">H", len(words) + 2) + words + content[HEAD_BYTES:]


class LoadGateway:
    """`side` is that of every picture, 0 for the requested one. With `held`, calls are answered only after a release."""

    def __init__(self, *, side: int, held: bool) -> None:
        self._side = side
        self._open = asyncio.Event()
        if not held:
            self._open.set()
        self._calls: list[CallRecord] = []
        self._sides: list[int] = []
        self._pictures = Pictures()
        self.origin = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v3/images/generations", self._generate),
            web.get("/result/{call}/{index}", self._result),
            web.get("/picture/{side}", self._picture),
            web.get("/raw/{bytes}", self._raw),
            web.get("/calls", self._list_calls),
            web.post("/release", self._release),
        ]

    async def _generate(self, request: web.Request) -> web.Response:
        body: JsonObject = await request.json()
        call = len(self._calls)
        record = CallRecord(prompt=str(body["prompt"]), at=time.time())
        self._calls.append(record)
        self._sides.append(self._side or SIDES.get(str(body.get("size")), SIDES["2K"]))
        await self._open.wait()
        count = int((body.get("sequential_image_generation_options") or {}).get("max_images", 1))
        data = [{"url": f"{self.origin}/result/{call}/{index}", "size": "2048x2048"} for index in range(count)]
        record.answered_at = time.time()
        return web.json_response({"model": body["model"], "created": 1, "data": data, "usage": {"generated_images": count}})

    async def _result(self, request: web.Request) -> web.StreamResponse:
        call, index = int(request.match_info["call"]), request.match_info["index"]
        content = self._pictures.copy(self._sides[call], f"{call} {index}")
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        response.content_length = len(content)
        await response.prepare(request)
        await response.write(content)
        await response.write_eof()
        self._calls[call].fetched_at = time.time()
        return response

    async def _picture(self, request: web.Request) -> web.Response:
        side = int(request.match_info["side"])
        return web.Response(body=self._pictures.copy(side, "alone"), content_type="image/jpeg")

    async def _raw(self, request: web.Request) -> web.Response:
        return web.Response(body=bytes(int(request.match_info["bytes"])), content_type="image/jpeg")

    async def _list_calls(self, request: web.Request) -> web.Response:
        del request
        return web.json_response([asdict(record) for record in self._calls])

    async def _release(self, request: web.Request) -> web.Response:
        del request
        self._open.set()
        return web.json_response({})


async def serve(*, side: int, held: bool) -> None:
    gateway = LoadGateway(side=side, held=held)
    application = web.Application()
    application.add_routes(gateway.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    gateway.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    sys.stdout.write(json.dumps({"url": gateway.origin}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.gateway")
    parser.add_argument("--side", type=int, default=0)
    parser.add_argument("--held", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(serve(side=arguments.side, held=arguments.held))


if __name__ == "__main__":
    main()
