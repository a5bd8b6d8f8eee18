"""Gateways that answer the paid call with its pictures."""

from collections.abc import AsyncGenerator

from bot.requests.request import Request
from bot.upstream.contract import UpstreamEvent
from bot.upstream.dialect import Dialect
from bot.upstream.modes.connection import GatewayConnection, decode_aside
from bot.upstream.transport.http_messages import MOST_ANSWER_BYTES, HttpRequest


async def receive(
    connection: GatewayConnection, dialect: Dialect, call: HttpRequest, request: Request
) -> AsyncGenerator[UpstreamEvent]:
    """Make the paid call and yield the events of its answer."""
    async with connection.gateway.send(call, most_bytes=MOST_ANSWER_BYTES) as answer:
        context = connection.context(dialect.faults, request)
        for event in await decode_aside(answer.body, lambda: dialect.decode(answer, context)):
            yield event
