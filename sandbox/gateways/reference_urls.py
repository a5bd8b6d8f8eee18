"""References that a gateway downloads itself. The fakes download from this machine only."""

import asyncio
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp

from sandbox.gateways.references import MOST_BYTES, Reference, decode_reference, invalid_image

_TIMEOUT_S = 10.0


def is_url(text: str) -> bool:
    """Return whether this is a URL that a gateway could download."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine; a fake never contacts another one."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def fetch_references(urls: tuple[str, ...]) -> tuple[Reference, ...]:
    """Download all references, in order. Raises GatewayError with the position of one that cannot be downloaded."""
    return tuple(await asyncio.gather(*(_fetch(url, position) for position, url in enumerate(urls, start=1))))


async def with_downloads(references: tuple[Reference, ...], *, most_bytes: int) -> tuple[Reference, ...]:
    """Download those references that are URLs on this machine, and leave the others as they are."""
    return tuple(
        [
            await _fetch(each.url, position, most_bytes=most_bytes) if each.content is None and is_loopback(each.url) else each
            for position, each in enumerate(references, start=1)
        ]
    )


async def _fetch(url: str, position: int, *, most_bytes: int = MOST_BYTES) -> Reference:
    if not is_loopback(url):
        raise invalid_image(position, "it could not be downloaded")
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as client,
            client.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise invalid_image(position, f"it could not be downloaded, its host answered {response.status}")
            content = await _read_at_most(response, most_bytes + 1)
    except (aiohttp.ClientError, TimeoutError):
        raise invalid_image(position, "it could not be downloaded") from None
    return await asyncio.to_thread(decode_reference, content, position, url=url, most_bytes=most_bytes)


async def _read_at_most(response: aiohttp.ClientResponse, most: int) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        content += chunk
        if len(content) >= most:
            break
    return bytes(content[:most])
