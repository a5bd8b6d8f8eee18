"""Which gateways the sandbox offers, named after their dialects, and what an operator would write for each."""

from collections.abc import Mapping, Sequence

from sandbox.gateways.dialects.acedata import AceData
from sandbox.gateways.dialects.ark import Ark, ArkCn
from sandbox.gateways.dialects.opeai import OpeAi
from sandbox.gateways.dialects.sinancode import Sinancode
from sandbox.gateways.dialects.uniall import UniAll
from sandbox.gateways.dialects.unode import Unode
from sandbox.gateways.gateway import Gateway

OFFERED: Mapping[str, type[Gateway]] = {
    "ark_intl": Ark,
    "ark_cn": ArkCn,
    "acedata": AceData,
    "sinancode": Sinancode,
    "uniall": UniAll,
    "unode": Unode,
    "opeai": OpeAi,
}
"""The first is the default."""


def environment(gateways: Sequence[Gateway], listen: str) -> dict[str, str]:
    """Keys, and where the bot is reached if a gateway fetches references: at the address it listens on."""
    keys = {_key_variable(gateway): gateway.key for gateway in gateways}
    return keys | ({"PUBLIC_URL": f"http://{listen}"} if any(gateway.addresses_only for gateway in gateways) else {})


def tables(gateways: Sequence[Gateway]) -> str:
    """The `[[gateway]]` tables of the configuration file."""
    return "\n".join(_table(gateway) for gateway in gateways)


def _key_variable(gateway: Gateway) -> str:
    return f"{gateway.name.upper()}_API_KEY"


def _table(gateway: Gateway) -> str:
    rows = {"name": gateway.name, "dialect": gateway.dialect, "api_key_env": _key_variable(gateway), **gateway.settings()}
    lines = ["[[gateway]]", *(f'{key} = "{value}"' for key, value in rows.items()), "allow_private_results = true"]
    if gateway.prices:
        prices = ", ".join(f'"{model}" = "{price}"' for model, price in gateway.prices.items())
        lines.append(f"prices = {{ {prices} }}")
    if gateway.limits:
        lines.append(f"limits = {{ {', '.join(f'{key} = {value}' for key, value in gateway.limits.items())} }}")
    return "\n".join(lines) + "\n"
