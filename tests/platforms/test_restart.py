"""What an earlier process left: its progress messages are updated again, and what it posted without recording is not posted twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ids import JobId
from sandbox.faults import Fault
from tests.platforms.process import KILLED, TAKEN, Ground, open_ground, pictures, said, start

PLATFORMS = ("discord", "slack")
LATE_S = 1500.0
"""Longer than a nonce is remembered and a response can be written."""
NUMBERS = [str(number) for number in range(1, 16)]


@pytest.fixture(params=PLATFORMS)
async def ground(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ground]:
    async with open_ground(request.param, tmp_path) as opened:
        yield opened


async def asked(ground: Ground, gesture: str, *, count: int = 1) -> JobId:
    """A job whose process dies in the middle of the paid call, its message written and recorded."""
    ground.upstream.scripts.append([TAKEN, KILLED])
    ground.upstream.later.append(pictures(count))
    words = f"a fox --count {count}"
    async with start(ground) as process:
        match gesture:
            case "mention":
                acting = ground.act("message", text=f"@bot {words}")
            case "direct":
                acting = ground.act("message", channel="dm:ada", text=words)
            case _:
                acting = ground.command(f"{words} --private" if gesture == "private" else words)
        job = await process.asked(acting)
        with pytest.raises(KeyboardInterrupt):
            await process.step(job)
        await ground.until(lambda: bool(words_without_pictures(ground)))
        async with asyncio.timeout(5):
            while (await process.load(job)).progress_message is None:  # noqa: ASYNC110 (it is written beside the job)
                await asyncio.sleep(0.01)
    return job


def words_without_pictures(ground: Ground) -> list[tuple[str, str, str]]:
    """Channel, id and text of the bot's messages without pictures."""
    return [
        (channel, message["id"], said(message).split("\n")[0])
        for channel, messages in ground.ours().items()
        for message in messages
        if not message["files"]
    ]


async def seen_at_resumption(ground: Ground, job: JobId) -> list[tuple[str, str, str]]:
    """The messages while the next process continues with the task; then it ends."""
    seen: list[tuple[str, str, str]] = []

    async def look() -> None:
        await ground.until(lambda: any("Generating your image" in words for _, _, words in words_without_pictures(ground)))
        seen.extend(words_without_pictures(ground))

    ground.upstream.meanwhile = look
    async with start(ground) as process:
        await process.end(job)
    return seen


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("gesture", ["command", "mention", "direct"])
async def test_a_message_that_stood_still_comes_alive(ground: Ground, gesture: str, *, late: bool) -> None:
    """The same message shows at once how far the job is, and becomes its receipt."""
    job = await asked(ground, gesture)
    ((place, message, _),) = words_without_pictures(ground)
    ground.age(LATE_S if late else 1.0)

    assert await seen_at_resumption(ground, job) == [(place, message, "Generating your image with Seedream 4.5…")]
    ((_, told, words),) = words_without_pictures(ground)
    assert (told, " s: 1 image with" in words) == (message, True)


@pytest.mark.parametrize("gesture", ["command", "mention"])
async def test_a_message_that_was_deleted_is_replaced_once(ground: Ground, gesture: str) -> None:
    """In the same place, within the minutes in which Discord takes a nonce for the deleted one."""
    job = await asked(ground, gesture)
    ((place, message, _),) = words_without_pictures(ground)
    ground.delete(place, message)

    ((where, new, words),) = await seen_at_resumption(ground, job)

    assert (where, new != message, words) == (place, True, "Generating your image with Seedream 4.5…")
    ((_, told, words),) = words_without_pictures(ground)
    assert (told, " s: 1 image with" in words) == (new, True)
    assert ground.sets() == [(place, ["1"])]


async def test_a_response_that_is_over_is_replaced_by_a_direct_message(tmp_path: Path) -> None:
    """A message that the member alone could see cannot be edited any more."""
    async with open_ground("discord", tmp_path) as ground:
        job = await asked(ground, "private")
        ((_, old, _),) = words_without_pictures(ground)
        ground.age(LATE_S)

        seen = [entry for entry in await seen_at_resumption(ground, job) if entry[1] != old]

        assert [(place, words) for place, _, words in seen] == [("dm:ada", "Generating your image with Seedream 4.5…")]
        assert ground.words(" s: 1 image with") == ["dm:ada"]
        assert ground.sets() == [("dm:ada", ["1"])]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("gesture", ["mention", "thread"])
async def test_a_first_word_that_nobody_recorded_is_found_again(ground: Ground, gesture: str, *, late: bool) -> None:
    """Sent, and its process died before it could write that down: there is one message in the end, and it is the receipt."""
    ground.deaths.append("progress")
    ground.upstream.scripts.append([TAKEN, *pictures(1)])
    async with start(ground) as process:
        begun = await ground.act("message", text="a thread begins") if gesture == "thread" else None
        more = {} if begun is None else {"thread": begun["id"]}
        job = await process.asked(ground.act("message", text="@bot a red fox", **more))
        with pytest.raises(KeyboardInterrupt):
            await process.step(job)
    ground.age(LATE_S if late else 1.0)

    async with start(ground) as process:
        await process.end(job)

    ((_, _, words),) = words_without_pictures(ground)
    assert " s: 1 image with" in words


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("gesture", ["command", "mention", "direct", "old private"])
@pytest.mark.parametrize("moment", ["picture 1", "picture 11"])
async def test_a_set_that_was_posted_and_not_recorded_is_not_posted_again(
    ground: Ground, gesture: str, moment: str, *, late: bool
) -> None:
    """Killed between the platform's success and our record of it, at either message of a set that takes two: every picture is posted once."""
    ground.deaths.append(moment)
    ground.upstream.scripts.append([TAKEN, *pictures(15)])
    words = "a fox --count 15"
    async with start(ground) as process:
        match gesture:
            case "mention":
                acting = ground.act("message", text=f"@bot {words}")
            case "direct":
                acting = ground.act("message", channel="dm:ada", text=words)
            case "old private":
                acting = ground.command(f"{words} --private", age_s=2000)
            case _:
                acting = ground.command(words)
        job = await process.asked(acting)
        if moment in {"picture 1", "picture 11" if ground.name == "discord" else ""}:
            with pytest.raises(KeyboardInterrupt):
                await process.step(job)
    ground.age(LATE_S if late else 1.0)

    async with start(ground) as process:
        done = await process.end(job)

    assert [number for _, shown in ground.sets() for number in shown] == NUMBERS
    assert len(ground.words(" s: 15 images with")) == 1
    assert done.way is not None


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("moment", ["picture 1", "picture 11"])
async def test_a_response_for_all_to_see_is_found_again(tmp_path: Path, moment: str, *, late: bool) -> None:
    """Where the bot may not attach files the response shows them: written over while it can be, and found when it is over."""
    async with open_ground("discord", tmp_path) as ground:
        ground.deaths.append(moment)
        ground.upstream.scripts.append([TAKEN, *pictures(15)])
        ground.change("forbid-files")
        async with start(ground) as process:
            job = await process.asked(ground.command("a fox --count 15"))
            with pytest.raises(KeyboardInterrupt):
                await process.step(job)
        ground.age(LATE_S if late else 1.0)

        async with start(ground) as process:
            await process.end(job)

        assert [number for _, shown in ground.sets() for number in shown] == NUMBERS


async def test_a_set_of_several_requests_is_completed(tmp_path: Path) -> None:
    """The first request got through and the second did not: the next process adds what is missing, in order."""
    async with open_ground("discord", tmp_path) as ground:
        ground.upstream.scripts.append([TAKEN, *pictures(3)])
        ground.heavy.update(f"picture {number}" for number in (1, 2, 3))
        async with start(ground) as process:
            job = await process.asked(ground.command("a fox --count 3"))
            ground.stage.faults.add(Fault(where="discord.rest:PATCH /channels/*", what="503", times=99))
            await process.step(job)
        ground.stage.faults.clear()
        assert [len(shown) for _, shown in ground.sets()] == [2]
        ground.age(LATE_S)

        async with start(ground) as process:
            await process.end(job)

        assert ground.sets() == [("general", ["1", "2", "3"])]


async def test_a_share_that_is_on_its_way_is_waited_for(tmp_path: Path) -> None:
    """Slack accepted the files of a process that died before the message appeared: the next one starts at once and finds it."""
    async with open_ground("slack", tmp_path) as ground:
        ground.upstream.scripts.append([TAKEN, *pictures(2)])
        ground.stage.faults.add(Fault(where="slack.share", what="late:8", times=1))
        async with start(ground) as process:
            job = await process.asked(ground.command("a fox --count 2"))
            stepping = asyncio.create_task(process.step(job))
            await ground.until(
                lambda: "files.completeUploadExternal" in [line["method"] for line in ground.stage.recording.lines]
            )
            stepping.cancel()
            await asyncio.gather(stepping, return_exceptions=True)
        assert ground.sets() == []

        async with start(ground) as process:
            await process.end(job)
        ground.age(60.0)
        await asyncio.sleep(0.2)

        assert ground.sets() == [("general", ["1", "2"])]


async def test_a_busy_place_is_looked_through(ground: Ground) -> None:
    """After a hundred and fifty later messages, what was posted is still found."""
    ground.deaths.append("picture 1")
    ground.upstream.scripts.append([TAKEN, *pictures(1)])
    async with start(ground) as process:
        job = await process.asked(ground.command("a fox"))
        with pytest.raises(KeyboardInterrupt):
            await process.step(job)
    for number in range(150):
        await ground.act("message", text=f"talk {number}")
    ground.age(LATE_S)

    async with start(ground) as process:
        await process.end(job)

    assert ground.sets() == [("general", ["1"])]
