"""Gateways that answer the paid call with its pictures."""

from collections.abc import AsyncGenerator

from bot.upstream.contract import UpstreamEvent
from bot.upstream.dialect import Dialect
from bot.upstream.http_messages import HttpRequest
from bot.upstream.modes.connection import GatewayConnection


async def receive(
    connection: GatewayConnection, dialect: Dialect, request: HttpRequest, *, most_bytes: int
) -> AsyncGenerator[UpstreamEvent]:
    """Make the paid call and yield the events of its answer."""
    answer = await connection.gateway.send(request, most_bytes=most_bytes)
    for event in dialect.decode(answer, connection.context(dialect.faults)):
        yield event
