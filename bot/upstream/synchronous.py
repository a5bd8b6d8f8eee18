"""Gateways that answer a paid call with its pictures and nothing else."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from bot.request import Request
from bot.upstream.answer import Answer
from bot.upstream.line import Line
from bot.upstream.outcome import Call, UpstreamEvent
from bot.upstream.picture_list import room_for


class Decode(Protocol):
    def __call__(self, answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> tuple[UpstreamEvent, ...]: ...


class SynchronousUpstream:
    """One gateway of a dialect that has one call and one answer."""

    def __init__(self, line: Line, *, encode: Callable[[Request, Sequence[str]], Call], decode: Decode) -> None:
        self._line = line
        self._encode = encode
        self._decode = decode

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent]:
        gateway = self._line.gateway
        answer = await gateway.send(self._encode(request, references), most_bytes=room_for(request))
        for event in self._decode(answer, now=self._line.clock.now(), secrets=gateway.secrets):
            yield event

    async def close(self) -> None:
        await self._line.close()
