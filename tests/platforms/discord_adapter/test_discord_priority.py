"""Acknowledgements go before other work, and other work is not kept waiting for ever."""

import asyncio

from adapters.discord.inbound.priority import AcknowledgementsFirst


async def let_tasks_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def waiting(first: AcknowledgementsFirst, done: list[str], name: str) -> asyncio.Task[None]:
    async def wait() -> None:
        await first.others_turn()
        done.append(name)

    return asyncio.create_task(wait())


async def test_other_work_waits_for_all_open_acknowledgements() -> None:
    """Other work passes when the last open acknowledgement has ended, in the order in which it came."""
    first, done = AcknowledgementsFirst(), list[str]()
    with first.acknowledging():
        with first.acknowledging():
            tasks = [waiting(first, done, name) for name in ("a", "b")]
            await let_tasks_run()
            assert done == []
        await let_tasks_run()
        assert done == []
    await asyncio.gather(*tasks)
    assert done == ["a", "b"]


async def test_other_work_passes_a_slow_acknowledgement() -> None:
    """An acknowledgement that Discord does not answer holds nobody up for long: those who wait, wait together."""
    first, done = AcknowledgementsFirst(), list[str]()
    with first.acknowledging():
        await asyncio.gather(*(waiting(first, done, str(number)) for number in range(50)))
    assert len(done) == 50


async def test_nobody_waits_without_an_acknowledgement() -> None:
    """Where none is open, other work goes on within the same turn of the loop."""
    first = AcknowledgementsFirst()
    turn = first.others_turn()
    try:
        turn.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")
