"""The gateways that the sandbox offers, named after their dialects, and how an operator configures each."""

from collections.abc import Mapping, Sequence

from sandbox.gateways.dialects.acedata import AceData
from sandbox.gateways.dialects.ark import Ark, ArkCn
from sandbox.gateways.dialects.opeai import OpeAi
from sandbox.gateways.dialects.sinancode import Sinancode
from sandbox.gateways.dialects.uniall import UniAll
from sandbox.gateways.dialects.unode import Unode
from sandbox.gateways.gateway import FakeGateway

GATEWAY_TYPES: Mapping[str, type[FakeGateway]] = {
    "ark_intl": Ark,
    "ark_cn": ArkCn,
    "acedata": AceData,
    "sinancode": Sinancode,
    "uniall": UniAll,
    "unode": Unode,
    "opeai": OpeAi,
}
"""The first is the default."""


def environment(gateways: Sequence[FakeGateway], listen: str) -> dict[str, str]:
    """Return the API keys and, if a gateway downloads references, the bot's PUBLIC_URL: its own listen address."""
    keys = {_key_variable(gateway): gateway.key for gateway in gateways}
    return keys | ({"PUBLIC_URL": f"http://{listen}"} if any(gateway.url_references_only for gateway in gateways) else {})


def config_tables(gateways: Sequence[FakeGateway]) -> str:
    """Return the `[[gateway]]` tables of the configuration file."""
    return "\n".join(_config_table(gateway) for gateway in gateways)


def _key_variable(gateway: FakeGateway) -> str:
    return f"{gateway.name.upper()}_API_KEY"


def _config_table(gateway: FakeGateway) -> str:
    rows = {"name": gateway.name, "dialect": gateway.dialect, "api_key_env": _key_variable(gateway), **gateway.settings()}
    lines = ["[[gateway]]", *(f'{key} = "{value}"' for key, value in rows.items()), "allow_private_results = true"]
    if gateway.prices:
        prices = ", ".join(f'"{model}" = "{price}"' for model, price in gateway.prices.items())
        lines.append(f"prices = {{ {prices} }}")
    if gateway.limits:
        lines.append(f"limits = {{ {', '.join(f'{key} = {value}' for key, value in gateway.limits.items())} }}")
    return "\n".join(lines) + "\n"
