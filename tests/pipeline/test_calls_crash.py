"""A process that dies at any of its writes: the next one brings the job to its end, and no call is paid for twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.errors import UpstreamError, UpstreamKind
from bot.ids import TaskId
from bot.images.processor import ImageProcessor
from bot.jobs.call import CallState
from bot.upstream.contract import Completed, PictureReady, Started
from bot.wallet.ledger import Usage
from tests.fakes.several_calls import SplittingStore, UnhurriedGateway, build_split
from tests.fakes.upstream import Script
from tests.fakes.worker import OVERLOADED, imagine

WRITES = ("accept", "move", "move_call", "postpone_call", "defer", "put_picture", "set_notified", "set_progress_message")
MOST_WRITES = 23
BALANCE = UpstreamError(UpstreamKind.BALANCE, certain=True, gateway="ark", model="4.5")
PAINTED: Script = [Started(task=TaskId("t")), PictureReady(index=0, address="red"), Completed(billed=1)]


class Killed(BaseException):
    """The process ends."""


class MortalStore(SplittingStore):
    """The process that uses it dies at its write `last`, before or after it takes effect; from then on it writes nothing."""

    def __init__(self, last: int, *, after: bool) -> None:
        super().__init__()
        self.last = last
        self.after = after
        self.writes = 0
        self.dead = False

    def __getattribute__(self, name: str) -> Any:  # any of the store's methods
        found = super().__getattribute__(name)
        return self._mortal(found) if name in WRITES else found

    def _mortal(self, write: Any) -> Any:
        async def writing(*arguments: Any, **more: Any) -> Any:
            dies = self.writes == self.last
            self.writes += 1
            if self.dead or (dies and not self.after):
                self.dead = True
                raise Killed
            result = await write(*arguments, **more)
            if dies:
                self.dead = True
                raise Killed
            return result

        return writing


FATES: dict[str, list[Script]] = {
    "painted": [PAINTED] * 9,
    "put back and failed": [[OVERLOADED], PAINTED, [BALANCE], *[PAINTED] * 6],
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fates", FATES)
@pytest.mark.parametrize("last", range(MOST_WRITES))
async def test_death_at_any_write(processor: ImageProcessor, tmp_path: Path, last: int, fates: str, *, after: bool) -> None:
    """Three calls, of which each is submitted at most as often as nothing was spent for it."""
    store = MortalStore(last, after=after)
    gateway = UnhurriedGateway(FATES[fates], later=[PAINTED[1:]] * 9)
    harness, _ = build_split(processor, tmp_path, gateway, store=store)
    job_id = await harness.receive(imagine(3))
    claimed = await store.claim(job_id, owner="mortal", now=harness.clock.now(), lease_s=30.0)
    assert claimed is not None
    await asyncio.wait({asyncio.create_task(harness.worker.advance(claimed))})
    store.dead, store.last = False, -1
    harness.clock.advance(60.0)

    loaded = await harness.load(job_id)
    job = loaded if loaded.notified else await harness.advance_to_end(job_id)

    assert all(call.is_over for call in job.calls)
    free = fates != "painted"
    made = sum(call.submitted_at is not None for call in job.calls) + free
    assert len(gateway.asked) <= made
    booked = sum(spend.images for spend in store.call_spends.values())
    stored = sum(row.state == "stored" for row in await store.pictures(job_id))
    uncertain = sum(call.state is CallState.UNCERTAIN for call in job.calls)
    answered = sum(call.state is CallState.ANSWERED for call in job.calls)
    assert (booked, answered + uncertain >= stored) == (answered + uncertain, True)
    assert await harness.usage() == Usage(settled=stored, held=0)
