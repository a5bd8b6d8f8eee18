"""The only httpx: one gateway's HTTP, one file a dialect, and the downloads of results.

outcome.py                      what a gateway tells while it works, and the call that made it
answer.py failures.py           what came back, and what its refusals mean; pure
gateway.py tls.py line.py       address, key, time limits, trust; httpx's errors become ours
picture_list.py picture_stream.py    the two shapes that pictures come in
synchronous.py tasks.py         the two ways that work is waited for
ark.py acedata.py sinancode.py uniall.py unode.py opeai.py    a dialect: encode, decode, and the exchange between them
health.py reachability.py       paid calls at once and pictures a minute; is anybody there
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
from bot.request import Request
from bot.upstream import acedata, ark, opeai, sinancode, uniall, unode
from bot.upstream.callbacks import Callbacks
from bot.upstream.gateway import PATIENT, Gateway, Timeouts
from bot.upstream.line import Line
from bot.upstream.outcome import Call, Upstream
from bot.upstream.synchronous import SynchronousUpstream
from bot.upstream.tls import trust


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How one dialect is spoken."""

    encode: Callable[[Request, Sequence[str]], Call]
    open: Callable[[Line], Upstream]


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
    timeouts: Timeouts = PATIENT,
) -> Upstream:
    """One configured gateway, ready to be asked; close it in the end. Raises ConfigurationError."""
    answer_s = settings.limits.answer_s
    patience = timeouts if answer_s is None else replace(timeouts, read_s=answer_s, total_s=max(answer_s, timeouts.total_s))
    connect = partial(
        Gateway,
        name=settings.name,
        api_key=settings.api_key,
        verify=trust(None) if verify is None else verify,
        proxy=settings.proxy,
        timeouts=patience,
    )
    line = Line(
        gateway=connect(base_url=profile.base_url),
        clock=SystemClock() if clock is None else clock,
        polls=profile.dialect.polls,
        uploads=None if profile.upload_url is None else connect(base_url=profile.upload_url),
        callbacks=callbacks,
    )
    return WIRES[profile.dialect.name].open(line)
