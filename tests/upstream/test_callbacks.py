"""A callback from a gateway ends the pause between two polls, and nothing else."""

import asyncio

from bot.upstream.callbacks import Callbacks
from tests.fakes.clock import FakeClock


class StillClock(FakeClock):
    """A clock whose sleeps never end."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_a_callback_ends_one_pause() -> None:
    """The poller wakes at once, and its next pause has its full length."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.expect() as pending:
        pause_task = asyncio.create_task(pending.pause(StillClock(), 600.0))
        await asyncio.sleep(0)

        accepted = callbacks.notify(pending.address.removeprefix("https://bot.example"))
        async with asyncio.timeout(60):
            await pause_task

        assert (accepted, pending.received.is_set()) == (True, False)


async def test_without_a_callback_the_pause_has_its_full_length() -> None:
    """Polls follow the clock."""
    clock = FakeClock()
    with Callbacks("https://bot.example/callbacks/{token}").expect() as pending:
        before = clock.now()
        await pending.pause(clock, 5.0)

    assert clock.now() == before + 5.0


def test_an_unknown_callback_is_ignored() -> None:
    """A path that was never issued, or whose task has ended, is unknown."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.expect() as pending:
        path = pending.address.removeprefix("https://bot.example")

    assert (callbacks.notify(path), callbacks.notify("/callbacks/guess"), callbacks.notify("/callbacks/")) == (
        False,
        False,
        False,
    )


def test_each_task_has_its_own_address() -> None:
    """A callback for one task does not wake another."""
    callbacks = Callbacks("https://bot.example/callbacks/{token}")
    with callbacks.expect() as one, callbacks.expect() as other:
        callbacks.notify(one.address.removeprefix("https://bot.example"))

        assert (one.received.is_set(), other.received.is_set()) == (True, False)
