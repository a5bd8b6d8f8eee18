"""References that a gateway fetches itself: for real, and only from this machine."""

import asyncio
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp

from sandbox.gateways.references import MOST_BYTES, Reference, broken, decode_reference

_MOST_S = 10.0


def is_address(text: str) -> bool:
    """Whether this is an address a gateway could fetch."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_here(address: str) -> bool:
    """Whether an address leads to this machine: a stand-in asks nobody else."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def fetch_references(addresses: tuple[str, ...]) -> tuple[Reference, ...]:
    """Get every reference, in order; raises GatewayRefusal naming the position of one that cannot be had."""
    numbered = enumerate(addresses, start=1)
    return tuple(await asyncio.gather(*(_fetched(address, position) for position, address in numbered)))


async def _fetched(address: str, position: int) -> Reference:
    if not is_here(address):
        raise broken(position, "it could not be downloaded")
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_MOST_S)) as client,
            client.get(address, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise broken(position, f"it could not be downloaded, its host answered {response.status}")
            content = await _at_most(response, MOST_BYTES + 1)
    except (aiohttp.ClientError, TimeoutError):
        raise broken(position, "it could not be downloaded") from None
    return await asyncio.to_thread(decode_reference, content, position, address=address)


async def _at_most(response: aiohttp.ClientResponse, most: int) -> bytes:
    content = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        content += piece
        if len(content) >= most:
            break
    return bytes(content[:most])
