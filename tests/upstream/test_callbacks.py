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
    with callbacks.expect() as pending:
        pausing = asyncio.create_task(pending.pause(StillClock(), 600.0))
        await asyncio.sleep(0)

        known = callbacks.notify(pending.address.removeprefix("https://bot.example"))
        async with asyncio.timeout(5):
            await pausing

        assert (known, pending.received.is_set()) == (True, False)


async def test_without_a_call_the_pause_lasts() -> None:
    """Polling goes on by the clock."""
    clock = FakeClock()
    with Callbacks("https://bot.example/callbacks/{token}").expect() as pending:
        before = clock.now()
        await pending.pause(clock, 5.0)

    assert clock.now() == before + 5.0


def test_an_unknown_callback() -> None:
    """A mark that was never given, or whose task has ended, is unknown."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.expect() as pending:
        path = pending.address.removeprefix("https://bot.example")

    assert (callbacks.notify(path), callbacks.notify("/callbacks/guess"), callbacks.notify("/callbacks/")) == (
        False,
        False,
        False,
    )


def test_two_tasks_have_two_marks() -> None:
    """A call for one does not wake the other."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.expect() as one, callbacks.expect() as other:
        callbacks.notify(one.address.removeprefix("https://bot.example"))

        assert (one.received.is_set(), other.received.is_set()) == (True, False)
