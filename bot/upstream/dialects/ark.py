"""The official wire: Volcengine Ark and BytePlus ModelArk (`facts/upstreams.md` 3). Encode and decode are pure."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from bot.requests.request import Request
from bot.upstream.connection import GatewayConnection
from bot.upstream.contract import Call, UpstreamEvent
from bot.upstream.modes.stream import listen
from bot.upstream.picture_list import decode, room_for

PATH = "/images/generations"


def encode(request: Request, references: Sequence[str]) -> Call:
    """The paid call. What nobody asked for and no policy requires is left out."""
    body: dict[str, Any] = {"model": request.model_id, "prompt": request.prompt}
    if references:
        body["image"] = references[0] if len(references) == 1 else list(references)
    body["size"] = str(request.size)
    body["response_format"] = "b64_json" if request.delivery == "b64" else "url"
    if request.watermark is not None:
        body["watermark"] = request.watermark
    if request.count > 1:
        body["sequential_image_generation"] = "auto"
        body["sequential_image_generation_options"] = {"max_images": request.count}
    if request.mode == "stream":
        body["stream"] = True
    if request.format is not None:
        body["output_format"] = request.format
    if request.search:
        body["tools"] = [{"type": "web_search"}]
    if request.prompt_mode is not None:
        body["optimize_prompt_options"] = {"mode": request.prompt_mode}
    return Call(method="POST", path=PATH, body=body)


class ArkUpstream:
    """One Ark gateway."""

    def __init__(self, connection: GatewayConnection) -> None:
        self._gateway = connection.gateway
        self._clock = connection.clock

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent]:
        call = encode(request, references)
        if request.mode == "stream":
            async with aclosing(listen(self._gateway, call, clock=self._clock, most_bytes=room_for(request))) as events:
                async for event in events:
                    yield event
            return
        answer = await self._gateway.send(call, most_bytes=room_for(request))
        for event in decode(answer, now=self._clock.now(), secrets=self._gateway.secrets):
            yield event

    async def close(self) -> None:
        await self._gateway.close()
