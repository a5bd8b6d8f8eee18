"""The only httpx: one gateway's HTTP, one file a dialect, and the downloads of results.

outcome.py              what a gateway tells while it works, and the call that made it
answer.py failures.py   what came back, and what its refusals mean; pure
gateway.py tls.py       address, key, time limits, trust; httpx's errors become ours
ark.py                  a dialect: encode, decode, and the exchange between them
download.py             results, from checked and pinned addresses
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.catalog.profiles import GatewayProfile
from bot.clock import Clock, SystemClock
from bot.config.settings import GatewaySettings
from bot.request import Request
from bot.upstream import ark
from bot.upstream.gateway import PATIENT, Gateway, Timeouts
from bot.upstream.outcome import Call, Upstream
from bot.upstream.tls import trust


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How one dialect is spoken."""

    encode: Callable[[Request, Sequence[str]], Call]
    open: Callable[[Gateway, Clock], Upstream]


_ARK = Wire(encode=ark.encode, open=ark.ArkUpstream)
WIRES: Mapping[str, Wire] = MappingProxyType({"ark_cn": _ARK, "ark_intl": _ARK})


def encode(request: Request, references: Sequence[str]) -> Call:
    """The exact call a request becomes. `references` are data URLs or addresses, in order."""
    return WIRES[request.dialect].encode(request, references)


def open_upstream(
    settings: GatewaySettings,
    profile: GatewayProfile,
    *,
    tls_ca_file: Path | None = None,
    clock: Clock | None = None,
    timeouts: Timeouts = PATIENT,
) -> Upstream:
    """One configured gateway, ready to be asked; close it in the end. Raises ConfigurationError."""
    gateway = Gateway(
        name=settings.name,
        base_url=profile.base_url,
        api_key=settings.api_key,
        verify=trust(tls_ca_file),
        proxy=settings.proxy,
        timeouts=timeouts,
    )
    return WIRES[profile.dialect.name].open(gateway, SystemClock() if clock is None else clock)
