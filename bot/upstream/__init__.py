"""The only httpx: one gateway's HTTP, one file a dialect, and the downloads of results.

contract.py                     what a gateway tells while it works, and the call that made it
answer.py failures.py           what came back, and what its refusals mean; pure
http_client.py tls.py           address, key, time limits, trust; httpx's errors become ours
connection.py                   what a dialect speaks over
picture_list.py                 the shape that pictures come in
modes/                          the ways that work is waited for: synchronous, stream, tasks
dialects/                       one file a dialect: encode, decode, and the exchange between them
limiter.py reachability.py      paid calls at once and pictures a minute; is anybody there
callbacks.py                    a gateway calls us when a task has ended
download.py                     results, from checked and pinned addresses
"""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from bot.catalog.profiles import GatewayProfile
from bot.clock import Clock, SystemClock
from bot.config.settings import GatewaySettings
from bot.config.tls import trust
from bot.requests.request import Request
from bot.upstream.callbacks import Callbacks
from bot.upstream.connection import GatewayConnection
from bot.upstream.contract import Call, Upstream
from bot.upstream.dialects import acedata, ark, opeai, sinancode, uniall, unode
from bot.upstream.http_client import DEFAULT_TIMEOUTS, GatewayClient, Timeouts
from bot.upstream.modes.synchronous import SynchronousUpstream


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How one dialect is spoken."""

    encode: Callable[[Request, Sequence[str]], Call]
    open: Callable[[GatewayConnection], Upstream]


_ARK = Wire(encode=ark.encode, open=ark.ArkUpstream)
WIRES: Mapping[str, Wire] = MappingProxyType(
    {
        "ark_cn": _ARK,
        "ark_intl": _ARK,
        "acedata": Wire(encode=acedata.encode, open=acedata.AcedataUpstream),
        "sinancode": Wire(encode=sinancode.encode, open=sinancode.SinancodeUpstream),
        "uniall": Wire(
            encode=uniall.encode,
            open=partial(SynchronousUpstream, encode=uniall.encode, decode=uniall.decode),
        ),
        "unode": Wire(
            encode=unode.encode,
            open=partial(SynchronousUpstream, encode=unode.encode, decode=unode.decode),
        ),
        "opeai": Wire(
            encode=opeai.encode,
            open=partial(SynchronousUpstream, encode=opeai.encode, decode=opeai.decode),
        ),
    },
)


def encode(request: Request, references: Sequence[str]) -> Call:
    """The exact call a request becomes. `references` are data URLs or addresses, in order."""
    return WIRES[request.dialect].encode(request, references)


def open_upstream(
    settings: GatewaySettings,
    profile: GatewayProfile,
    *,
    verify: ssl.SSLContext | None = None,
    clock: Clock | None = None,
    callbacks: Callbacks | None = None,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
) -> Upstream:
    """One configured gateway, ready to be asked; close it in the end. Raises ConfigurationError."""
    answer_s = settings.limits.answer_s
    applied = timeouts if answer_s is None else replace(timeouts, read_s=answer_s, total_s=max(answer_s, timeouts.total_s))
    connect = partial(
        GatewayClient,
        name=settings.name,
        api_key=settings.api_key,
        verify=trust(None) if verify is None else verify,
        proxy=settings.proxy,
        timeouts=applied,
    )
    connection = GatewayConnection(
        gateway=connect(base_url=profile.base_url),
        clock=SystemClock() if clock is None else clock,
        polls=profile.dialect.polls,
        uploads=None if profile.upload_url is None else connect(base_url=profile.upload_url),
        callbacks=callbacks,
    )
    return WIRES[profile.dialect.name].open(connection)
