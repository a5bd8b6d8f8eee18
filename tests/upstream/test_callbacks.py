"""A gateway's call ends the waiting, and nothing else."""

import asyncio

from bot.upstream.callbacks import Callbacks
from tests.fakes.clock import FakeClock


class StillClock(FakeClock):
    """Time that never comes."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_a_call_ends_one_pause() -> None:
    """Whoever waits asks at once."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.waiting() as waiting:
        pausing = asyncio.create_task(waiting.pause(StillClock(), 600.0))
        await asyncio.sleep(0)

        heard = callbacks.hear(waiting.address.removeprefix("https://bot.example"))
        async with asyncio.timeout(5):
            await pausing

        assert (heard, waiting.called.is_set()) == (True, False)


async def test_without_a_call_the_pause_lasts() -> None:
    """Polling goes on by the clock."""
    clock = FakeClock()
    with Callbacks("https://bot.example/callbacks/{token}").waiting() as waiting:
        before = clock.now()
        await waiting.pause(clock, 5.0)

    assert clock.now() == before + 5.0


def test_a_call_for_nobody_is_told_so() -> None:
    """A mark that was never given, or whose task has ended, is unknown."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.waiting() as waiting:
        path = waiting.address.removeprefix("https://bot.example")

    assert (callbacks.hear(path), callbacks.hear("/callbacks/guess"), callbacks.hear("/callbacks/")) == (False, False, False)


def test_two_tasks_have_two_marks() -> None:
    """A call for one does not wake the other."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.waiting() as one, callbacks.waiting() as other:
        callbacks.hear(one.address.removeprefix("https://bot.example"))

        assert (one.called.is_set(), other.called.is_set()) == (True, False)
