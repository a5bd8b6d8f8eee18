"""Answers and files of the platforms: asked for uncompressed, and read up to a limit."""

import gzip
from pathlib import Path

import pytest

from adapters.shared.http_client import MOST_TEXT_BYTES, PlatformFiles, open_session, send
from bot.config.tls import trust
from bot.errors import RefusalCode, RefusedError
from tests.fakes.wire import Wire, opened, says

BOMB = gzip.compress(bytes(50_000_000))


def asks_for_no_compression(wire: Wire) -> bool:
    return all(b"accept-encoding: identity\r\n" in request.lower() for request in wire.requests)


async def test_little_is_read_of_an_answer(tmp_path: Path) -> None:
    """Whatever it becomes."""
    (tmp_path / "x").touch()
    for behaviour in (says(b"x" * (3 * MOST_TEXT_BYTES)), says(BOMB, content_encoding="gzip")):
        async with opened(behaviour) as wire, open_session(trust(None), total_s=5) as session:
            for content in ({"a": 1}, tmp_path / "x"):
                answer = await send(session, wire.url(), content=content, total_s=5, proxy=None)
                assert len(answer.text) == MOST_TEXT_BYTES

        assert asks_for_no_compression(wire)


async def test_a_compressed_file_is_not_decoded() -> None:
    """Its limit counts the bytes that arrive, and those are what is kept."""
    async with opened(says(BOMB, content_type="image/png", content_encoding="gzip")) as wire:
        files = PlatformFiles(origins=frozenset({wire.url()}), tls=trust(None))
        try:
            assert await files.fetch(wire.url("/x"), most_bytes=len(BOMB)) == BOMB
            with pytest.raises(RefusedError) as caught:
                await files.fetch(wire.url("/x"), most_bytes=len(BOMB) - 1)
        finally:
            await files.close()

    assert caught.value.refusal is RefusalCode.REF_TOO_BIG
    assert asks_for_no_compression(wire)
