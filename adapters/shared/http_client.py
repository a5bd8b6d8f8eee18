"""Connections to the platforms and downloads of members' files. No other module uses aiohttp's client."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.errors import DeliveryCode, DeliveryError, RefusalCode, RefusedError
from bot.values import dataclass

CONNECTION_FAILURES: tuple[type[Exception], ...] = (aiohttp.ClientError, TimeoutError, ConnectionError, ssl.SSLError)
"""Errors of a request that got no answer."""
TOTAL_SECONDS = 60.0
CHUNK_BYTES = 64 * 1024
MIB = 1024 * 1024
MOST_TEXT_BYTES = MIB
UNCOMPRESSED: Mapping[str, str] = MappingProxyType({"Accept-Encoding": "identity"})
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def open_connector(tls: ssl.SSLContext) -> aiohttp.TCPConnector:
    """A connection pool without a limit, because the platforms have rate limits."""
    return aiohttp.TCPConnector(limit=0, ssl=tls)


Session = aiohttp.ClientSession


def open_session(tls: ssl.SSLContext, *, total_s: float) -> Session:
    """A session for calls to a platform that each end within `total_s`. Call it inside a running event loop."""
    return aiohttp.ClientSession(
        connector=open_connector(tls),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=total_s),
        trust_env=False,
    )


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    text: str


async def send(session: Session, address: str, *, content: Path | Mapping[str, Any], total_s: float, proxy: str | None) -> Answer:
    """POST a file's bytes, or an object as JSON, without following redirects."""
    timeout = aiohttp.ClientTimeout(total=total_s)
    if not isinstance(content, Path):
        headers = dict(UNCOMPRESSED)
        posting = session.post(address, json=content, headers=headers, timeout=timeout, proxy=proxy, allow_redirects=False)
        async with posting as answer:
            return Answer(status=answer.status, text=await read_text(answer))
    # The library streams the file, so that a set of large files is never in memory at once.
    with await asyncio.to_thread(content.open, "rb") as file:
        headers = {**UNCOMPRESSED, "Content-Type": "application/octet-stream"}
        posting = session.post(address, data=file, headers=headers, timeout=timeout, proxy=proxy, allow_redirects=False)
        async with posting as answer:
            return Answer(status=answer.status, text=await read_text(answer))


async def read_text(answer: aiohttp.ClientResponse) -> str:
    """The text of an answer, at most `MOST_TEXT_BYTES` of it."""
    text = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        text += chunk
        if len(text) > MOST_TEXT_BYTES:
            break
    return text[:MOST_TEXT_BYTES].decode("utf-8", "replace")


class PlatformFiles:
    """Downloads only from the given origins (such as `https://cdn.discordapp.com`), without following redirects.

    The headers can therefore contain a token.
    """

    def __init__(
        self,
        *,
        origins: frozenset[str],
        tls: ssl.SSLContext,
        proxy: str | None = None,
        total_s: float = TOTAL_SECONDS,
    ) -> None:
        self._origins = origins
        self._tls = tls
        self._proxy = proxy
        self._total_s = total_s
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, address: str, *, most_bytes: int, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
        """The file's bytes. Raises RefusedError (REF_TOO_BIG, REF_GONE) or a retryable DeliveryError."""
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" not in self._origins:
            raise RefusedError(RefusalCode.REF_GONE)
        try:
            async with asyncio.timeout(self._total_s):
                return await self._read(address, most_bytes, headers)
        except CONNECTION_FAILURES as error:
            raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail=type(error).__name__) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _read(self, address: str, most_bytes: int, headers: Mapping[str, str]) -> bytes:
        # No compression: the limit then counts the bytes that are kept.
        sent = {**UNCOMPRESSED, **headers}
        async with self._opened().get(address, headers=sent, proxy=self._proxy, allow_redirects=False) as answer:
            _check(answer)
            if (answer.content_length or 0) > most_bytes:
                raise _too_big(most_bytes)
            content = bytearray()
            async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                content += chunk
                if len(content) > most_bytes:
                    raise _too_big(most_bytes)
            return bytes(content)

    def _opened(self) -> aiohttp.ClientSession:
        """The session, opened on first use, inside a running event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=open_connector(self._tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def _check(answer: aiohttp.ClientResponse) -> None:
    if answer.status == 429 or answer.status >= 500:
        raise DeliveryError(DeliveryCode.UNAVAILABLE, retryable=True, detail=f"file answered {answer.status}")
    # A platform that does not accept the token sends a login page with status 200.
    # The header itself, because the library's parser takes quadratic time for many semicolons.
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.status != 200 or media_type == "text/html":
        raise RefusedError(RefusalCode.REF_GONE)


def _too_big(most_bytes: int) -> RefusedError:
    return RefusedError(RefusalCode.REF_TOO_BIG, limit=max(1, most_bytes // MIB))
