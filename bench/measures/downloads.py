"""Many results downloaded at once: time and peak memory, each side in a fresh process."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from bench.children import Server, run_child
from bench.figures import Figure, Measure, Readings, alternate
from bench.resources import peak_mb
from bench.scale import Scale
from bot.store.blobs import Blobs
from bot.upstream.download import ResultDownloader

RESULT_BYTES = 2_000_000
TIMEOUT_S = 120.0
SIDE = 64
BESIDE = "httpx.stream into bytes"

Fetch = Callable[[str], Awaitable[int]]
"""An address → how many bytes there were."""


def measure(scale: Scale) -> list[Figure]:
    named = f"downloads.{scale.downloads}×2MB"
    measures = [
        Measure(name=f"{named}.time", unit="s", beside=BESIDE),
        Measure(name=f"{named}.peak", unit="MB", beside=BESIDE),
    ]
    gateway = Server("bench.gateway", "--side", str(SIDE))

    def session(side: str) -> Readings:
        measured = run_child("bench.measures.downloads", side, f"{gateway.url}/raw/{RESULT_BYTES}", str(scale.downloads))
        return {f"{named}.time": measured["seconds"], f"{named}.peak": measured["peak_mb"]}

    try:
        return alternate(measures, scale.rounds, lambda: session("ours"), lambda: session("bare"))
    finally:
        gateway.close()


async def _fetch_all(fetch: Fetch, address: str, count: int) -> float:
    await fetch(address)
    began = time.perf_counter()
    lengths = await asyncio.gather(*(fetch(address) for _ in range(count)))
    seconds = time.perf_counter() - began
    if lengths != [RESULT_BYTES] * count:
        raise ValueError("a download is incomplete")
    return seconds


async def _ours(address: str, count: int) -> float:
    downloader = ResultDownloader(allow_private=True)
    with tempfile.TemporaryDirectory() as folder:
        blobs = Blobs(Path(folder))

        async def fetch(url: str) -> int:
            async with blobs.incoming() as incoming:
                await downloader.fetch(url, incoming.write)
                return incoming.size_bytes

        try:
            return await _fetch_all(fetch, address, count)
        finally:
            await downloader.close()


async def _bare(address: str, count: int) -> float:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S, limits=limits) as client:

        async def fetch(url: str) -> int:
            body = bytearray()
            async with client.stream("GET", url) as response:
                async for chunk in response.aiter_raw():
                    body += chunk
            return len(bytes(body))

        return await _fetch_all(fetch, address, count)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.measures.downloads")
    parser.add_argument("side", choices=("ours", "bare"))
    parser.add_argument("address")
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    work = _ours if arguments.side == "ours" else _bare
    seconds = asyncio.run(work(arguments.address, arguments.count))
    json.dump({"seconds": seconds, "peak_mb": peak_mb()}, sys.stdout)


if __name__ == "__main__":
    main()
