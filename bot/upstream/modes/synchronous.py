"""Gateways that answer a paid call with its pictures and nothing else."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from bot.requests.request import Request
from bot.upstream.answer import Answer
from bot.upstream.connection import GatewayConnection
from bot.upstream.contract import Call, UpstreamEvent
from bot.upstream.picture_list import room_for


class Decode(Protocol):
    def __call__(self, answer: Answer, *, now: float, secrets: tuple[str, ...] = ()) -> tuple[UpstreamEvent, ...]: ...


class SynchronousUpstream:
    """One gateway of a dialect that has one call and one answer."""

    def __init__(
        self, connection: GatewayConnection, *, encode: Callable[[Request, Sequence[str]], Call], decode: Decode
    ) -> None:
        self._connection = connection
        self._encode = encode
        self._decode = decode

    async def submit(self, request: Request, references: Sequence[str]) -> AsyncGenerator[UpstreamEvent]:
        gateway = self._connection.gateway
        answer = await gateway.send(self._encode(request, references), most_bytes=room_for(request))
        for event in self._decode(answer, now=self._connection.clock.now(), secrets=gateway.secrets):
            yield event

    async def close(self) -> None:
        await self._connection.close()
