"""Whether a gateway accepts its key, as far as a free call can tell."""

import ssl
from typing import Literal

from bot.catalog.profiles import GatewayProfile
from bot.clock import Clock
from bot.config.settings import GatewaySettings, Secret
from bot.errors import UpstreamKind
from bot.upstream.decoding.failures import DecodeContext, recognise
from bot.upstream.dialects.table import WIRE_FORMATS
from bot.upstream.transport.http_client import GatewayClient, Timeouts
from bot.upstream.transport.http_messages import Answer, HttpRequest
from bot.values import dataclass

MOST_BYTES = 1024 * 1024
TIMEOUTS = Timeouts(connect_s=10.0, read_s=10.0, write_s=10.0, total_s=15.0)
NO_KEY = Secret("sk-00000000000000000000000000000000")
REFUSED = frozenset({UpstreamKind.AUTH, UpstreamKind.ACCOUNT})


@dataclass(frozen=True, kw_only=True)
class KeyCheck:
    """`unproven`: the gateway's answer does not depend on the key. `detail`: what it said, without secrets."""

    state: Literal["accepted", "refused", "unproven"]
    detail: str = ""


async def check_key(settings: GatewaySettings, profile: GatewayProfile, *, tls: ssl.SSLContext, clock: Clock) -> KeyCheck:
    """Call the gateway for free. Raises UpstreamError where it cannot be reached, ConfigurationError.

    A call that is answered proves the key only if the same call with another key is refused.
    """
    dialect = WIRE_FORMATS[profile.dialect.name]
    context = DecodeContext(faults=dialect.faults, secrets=(settings.api_key.value,), now=clock.now())
    answer = await _call(settings, profile, dialect.free_call, settings.api_key, tls)
    kind, detail = _kind(answer, context)
    if kind in REFUSED:
        return KeyCheck(state="refused", detail=detail)
    if answer.status >= 500 or kind is UpstreamKind.RATE:
        return KeyCheck(state="unproven", detail=detail)
    other, _ = _kind(await _call(settings, profile, dialect.free_call, NO_KEY, tls), context)
    return KeyCheck(state="accepted") if other in REFUSED else KeyCheck(state="unproven", detail=detail)


def _kind(answer: Answer, context: DecodeContext) -> tuple[UpstreamKind | None, str]:
    """The kind of a failure, None for a success, and what the gateway said."""
    if answer.status < 300:
        return None, str(answer.status)
    error = recognise(answer, context)
    return error.kind, error.detail


async def _call(
    settings: GatewaySettings, profile: GatewayProfile, call: HttpRequest, key: Secret, tls: ssl.SSLContext
) -> Answer:
    client = GatewayClient(
        name=settings.name, base_url=profile.base_url, api_key=key, verify=tls, proxy=settings.proxy, timeouts=TIMEOUTS
    )
    try:
        async with client.send(call, most_bytes=MOST_BYTES) as answer:
            return answer
    finally:
        await client.close()
