"""Reservations a second: a job received, claimed and accepted with its hold, in three durable transactions."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Aim, Figure, Measure, Readings, alternate
from bench.references.raw_store import Dumper, open_raw
from bench.samples import sample_hold, sample_job, sample_request
from bench.scale import Scale
from bot.catalog.price import flat_price
from bot.jobs.job import NewJob
from bot.money import parse_money
from bot.requests.quote import quote
from bot.requests.request import Request
from bot.store import Store, open_store

NAME = "store.reservations"
AT_ONCE = 32
"""Concurrent members."""
DIALECT = "ark_intl"
PRICE = parse_money("0.035 USD")
LEASE_S = 60.0
AIM = Aim(least=1000.0)


def measure(scale: Scale) -> list[Figure]:
    measures = [Measure(name=NAME, unit="/s", beside="sqlite3 in one thread, the same writes", aim=AIM)]
    return alternate(measures, scale.rounds, lambda: _ours(scale.reservations), lambda: _bare(scale.reservations))


def _ours(count: int) -> Readings:
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        return asyncio.run(_reserve_all(Path(folder), count))


async def _reserve_all(folder: Path, count: int) -> Readings:
    request = sample_request(DIALECT)
    jobs = iter([sample_job(number) for number in range(count)])
    async with open_store(folder) as store:
        began = time.perf_counter()
        await asyncio.gather(*(_reserve_each(store, jobs, request) for _ in range(AT_ONCE)))
        return {NAME: count / (time.perf_counter() - began)}


async def _reserve_each(store: Store, jobs: Iterator[NewJob], request: Request) -> None:
    priced = quote(request, flat_price(PRICE))
    for job in jobs:
        now = time.time()
        await store.jobs.receive(job, now=now)
        claimed = await store.claims.claim(job.id, owner="bench", now=now, lease_s=LEASE_S)
        if claimed is None:
            raise ValueError(f"job {job.id} could not be claimed")
        hold = sample_hold(job)
        await store.jobs.accept(claimed, request=request, quote=priced, hold=hold, now=now)


def _bare(count: int) -> Readings:
    dump, request = Dumper(), sample_request(DIALECT)
    jobs = [sample_job(number) for number in range(count)]
    rows = [dump(job, sample_hold(job), request) for job in jobs]
    with tempfile.TemporaryDirectory(prefix="bench-raw-") as folder, open_raw(Path(folder)) as raw:
        began = time.perf_counter()
        for row in rows:
            now = time.time()
            raw.receive(row, now)
            raw.claim(row, now)
            raw.accept(row, now)
        return {NAME: count / (time.perf_counter() - began)}
