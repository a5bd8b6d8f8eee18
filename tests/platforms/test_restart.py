"""After a restart, progress messages of an earlier process are updated, and a set that it posted without recording is not posted again."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ids import JobId
from sandbox.faults import Fault
from tests.platforms.process import KILLED, STARTED, Environment, open_environment, pictures, start, text_of
from tests.platforms.scene import WAIT_S

PLATFORMS = ("discord", "slack")
LATE_S = 1500.0
"""Longer than a nonce is remembered and a token is valid."""
NAMED = re.compile(r"^<@\d+> ")
NUMBERS = [str(number) for number in range(1, 16)]


@pytest.fixture(params=PLATFORMS)
async def environment(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Environment]:
    async with open_environment(request.param, tmp_path) as opened:
        yield opened


async def job_killed_while_running(environment: Environment, gesture: str, *, count: int = 1) -> JobId:
    """Return a job whose process died during the paid call, after its progress message was recorded."""
    environment.upstream.scripts.append([STARTED, KILLED])
    environment.upstream.later.append(pictures(count))
    text = f"a fox --count {count}"
    async with start(environment) as process:
        match gesture:
            case "mention":
                act = environment.act("message", text=f"@bot {text}")
            case "direct":
                act = environment.act("message", channel="dm:ada", text=text)
            case _:
                act = environment.command(f"{text} --private" if gesture == "private" else text)
        job = await process.job_from(act)
        with pytest.raises(KeyboardInterrupt):
            await process.step(job)
        await environment.until(lambda: bool(messages_without_pictures(environment)))
        async with asyncio.timeout(WAIT_S):
            while (await process.load(job)).progress_message is None:  # noqa: ASYNC110 (it is recorded in the background)
                await asyncio.sleep(0.01)
    return job


def messages_without_pictures(environment: Environment) -> list[tuple[str, str, str]]:
    """Return channel, id and text of the bot's messages without pictures."""
    return [shown[:3] for shown in all_messages(environment) if not shown[3]]


def all_messages(environment: Environment) -> list[tuple[str, str, str, int]]:
    """Return channel, id, first line and number of pictures of the bot's messages, but not those that only mention the member."""
    return [
        (channel, message["id"], NAMED.sub("", text_of(message).strip().split("\n")[0]), len(message["files"]))
        for channel, messages in environment.bot_messages().items()
        for message in messages
        if not message["pings"] or message["files"]
    ]


def check_result(environment: Environment, place: str, progress: str) -> None:
    """The result has the receipt. On Discord it is the progress message; on Slack that one is gone."""
    ((where, result, text, pictures),) = all_messages(environment)
    assert (where, result == progress, pictures) == (place, environment.name == "discord", 1)
    assert " s: 1 image with" in text


async def messages_during_resumption(environment: Environment, job: JobId, *, besides: str = "") -> list[tuple[str, str, str]]:
    """Return the messages while the next process resumes the task; then run the job to its end."""
    seen: list[tuple[str, str, str]] = []

    def messages() -> list[tuple[str, str, str]]:
        return [entry for entry in messages_without_pictures(environment) if entry[1] != besides]

    async def look() -> None:
        await environment.until(lambda: any("Generating your image" in text for _, _, text in messages()))
        seen.extend(messages())

    environment.upstream.during_call = look
    async with start(environment) as process:
        await process.run_to_end(job)
    return seen


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("gesture", ["command", "mention", "direct"])
async def test_progress_message_is_updated_after_a_restart(environment: Environment, gesture: str, *, late: bool) -> None:
    """The next process updates the same message, which becomes the receipt."""
    job = await job_killed_while_running(environment, gesture)
    ((place, message, _),) = messages_without_pictures(environment)
    environment.advance(LATE_S if late else 1.0)

    assert await messages_during_resumption(environment, job) == [(place, message, "Generating your image with Seedream 4.5…")]
    check_result(environment, place, message)


@pytest.mark.parametrize("gesture", ["command", "mention"])
async def test_deleted_progress_message_is_replaced_once(environment: Environment, gesture: str) -> None:
    """The new message is in the same channel, even while Discord still maps the nonce to the deleted one."""
    job = await job_killed_while_running(environment, gesture)
    ((place, message, _),) = messages_without_pictures(environment)
    environment.delete(place, message)

    ((where, new, text),) = await messages_during_resumption(environment, job)

    assert (where, new != message, text) == (place, True, "Generating your image with Seedream 4.5…")
    check_result(environment, place, new)
    assert environment.posted_sets() == [(place, ["1"])]


async def test_expired_private_response_is_replaced_by_a_direct_message(tmp_path: Path) -> None:
    """An ephemeral message cannot be edited after its token has expired."""
    async with open_environment("discord", tmp_path) as environment:
        job = await job_killed_while_running(environment, "private")
        ((_, old, _),) = messages_without_pictures(environment)
        environment.advance(LATE_S)

        seen = await messages_during_resumption(environment, job, besides=old)

        assert [(place, text) for place, _, text in seen] == [("dm:ada", "Generating your image with Seedream 4.5…")]
        assert environment.channels_with_text(" s: 1 image with") == ["dm:ada"]
        assert environment.posted_sets() == [("dm:ada", ["1"])]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("gesture", ["mention", "thread"])
async def test_unrecorded_progress_message_is_found(environment: Environment, gesture: str, *, late: bool) -> None:
    """A process that dies after it sends its progress message and before it records it leaves one message, which becomes the receipt."""
    environment.crashes.append("progress")
    environment.upstream.scripts.append([STARTED, *pictures(1)])
    async with start(environment) as process:
        root = await environment.act("message", text="a thread begins") if gesture == "thread" else None
        fields = {} if root is None else {"thread": root["id"]}
        job = await process.job_from(environment.act("message", text="@bot a red fox", **fields))
        with pytest.raises(KeyboardInterrupt):
            await process.step(job)
    environment.advance(LATE_S if late else 1.0)

    async with start(environment) as process:
        await process.run_to_end(job)

    ((_, _, text, shown),) = all_messages(environment)
    assert (" s: 1 image with" in text, shown) == (True, 1)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("gesture", ["command", "mention", "direct", "old private"])
@pytest.mark.parametrize("moment", ["picture 1", "picture 11"])
async def test_unrecorded_set_is_not_posted_again(environment: Environment, gesture: str, moment: str, *, late: bool) -> None:
    """A process that dies between the platform's success and the record, at either message of the set, posts every picture once."""
    environment.crashes.append(moment)
    environment.upstream.scripts.append([STARTED, *pictures(15)])
    text = "a fox --count 15"
    async with start(environment) as process:
        match gesture:
            case "mention":
                act = environment.act("message", text=f"@bot {text}")
            case "direct":
                act = environment.act("message", channel="dm:ada", text=text)
            case "old private":
                act = environment.command(f"{text} --private", age_s=2000)
            case _:
                act = environment.command(text)
        job = await process.job_from(act)
        if moment in {"picture 1", "picture 11" if environment.name == "discord" else ""}:
            with pytest.raises(KeyboardInterrupt):
                await process.step(job)
    environment.advance(LATE_S if late else 1.0)

    async with start(environment) as process:
        done = await process.run_to_end(job)

    assert [number for _, shown in environment.posted_sets() for number in shown] == NUMBERS
    assert len(environment.channels_with_text(" s: 15 images with")) == 1
    assert done.way is not None


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("moment", ["picture 1", "picture 11"])
async def test_unrecorded_public_response_is_found(tmp_path: Path, moment: str, *, late: bool) -> None:
    """Without permission to attach files the response shows the set: it is edited while its token is valid, and found after that."""
    async with open_environment("discord", tmp_path) as environment:
        environment.crashes.append(moment)
        environment.upstream.scripts.append([STARTED, *pictures(15)])
        environment.change("forbid-files")
        async with start(environment) as process:
            job = await process.job_from(environment.command("a fox --count 15"))
            with pytest.raises(KeyboardInterrupt):
                await process.step(job)
        environment.advance(LATE_S if late else 1.0)

        async with start(environment) as process:
            await process.run_to_end(job)

        assert [number for _, shown in environment.posted_sets() for number in shown] == NUMBERS


@pytest.mark.parametrize("moment", ["picture 1", "recorded 1", "picture 3"])
async def test_partly_posted_set_is_completed(tmp_path: Path, moment: str) -> None:
    """A set that is larger than one message is completed in order, wherever the process died between its messages."""
    async with open_environment("discord", tmp_path) as environment:
        environment.crashes.append(moment)
        environment.upstream.scripts.append([STARTED, *pictures(3)])
        environment.large_addresses.update(f"picture {number}" for number in (1, 2, 3))
        async with start(environment) as process:
            job = await process.job_from(environment.command("a fox --count 3"))
            with pytest.raises(KeyboardInterrupt):
                await process.step(job)
        environment.advance(LATE_S)

        async with start(environment) as process:
            await process.run_to_end(job)

        assert environment.posted_sets() == [("general", ["1", "2"]), ("general", ["3"])]


@pytest.mark.parametrize("moment", ["picture 1", "recorded 1"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("gesture", ["command", "mention", "direct"])
async def test_a_kill_around_the_record_leaves_one_message(
    environment: Environment, gesture: str, moment: str, *, late: bool
) -> None:
    """Whether the result was recorded or not when the process died: one message with the picture, and no progress beside it."""
    environment.crashes.append(moment)
    environment.upstream.scripts.append([STARTED, *pictures(1)])
    async with start(environment) as process:
        match gesture:
            case "mention":
                act = environment.act("message", text="@bot a fox")
            case "direct":
                act = environment.act("message", channel="dm:ada", text="a fox")
            case _:
                act = environment.command("a fox")
        job = await process.job_from(act)
        with pytest.raises(KeyboardInterrupt):
            await process.step(job)
    environment.advance(LATE_S if late else 1.0)

    async with start(environment) as process:
        await process.run_to_end(job)

    ((_, _, text, shown),) = all_messages(environment)
    assert (" s: 1 image with" in text, shown) == (True, 1)


@pytest.mark.parametrize("first_attempt_long_ago", [False, True])
async def test_pending_share_is_found(tmp_path: Path, first_attempt_long_ago: bool) -> None:
    """Slack accepted the files and the process died before the message appeared: the next process waits for it.

    So it does where the first attempt to post the set began long before that one.
    """
    async with open_environment("slack", tmp_path) as environment:
        environment.upstream.scripts.append([STARTED, *pictures(2)])
        async with start(environment) as process:
            job = await process.job_from(environment.command("a fox --count 2"))
            if first_attempt_long_ago:
                environment.stage.faults.add(Fault(where="slack.api:files.getUploadURLExternal", what="503", times=99))
                await process.step(job)
                environment.stage.faults.clear()
                environment.advance(LATE_S)
        environment.stage.faults.add(Fault(where="slack.share", what="late:8", times=1))
        async with start(environment) as process:
            stepping = asyncio.create_task(process.step(job))
            await environment.until(
                lambda: "files.completeUploadExternal" in [line["method"] for line in environment.stage.recording.lines]
            )
            stepping.cancel()
            await asyncio.gather(stepping, return_exceptions=True)
        assert environment.posted_sets() == []

        async with start(environment) as process:
            await process.run_to_end(job)
        environment.advance(60.0)
        await asyncio.sleep(0.2)

        assert environment.posted_sets() == [("general", ["1", "2"])]


async def test_busy_channel_is_searched(environment: Environment) -> None:
    """The posted set is found behind 150 later messages."""
    environment.crashes.append("picture 1")
    environment.upstream.scripts.append([STARTED, *pictures(1)])
    async with start(environment) as process:
        job = await process.job_from(environment.command("a fox"))
        with pytest.raises(KeyboardInterrupt):
            await process.step(job)
    for number in range(150):
        await environment.act("message", text=f"talk {number}")
    environment.advance(LATE_S)

    async with start(environment) as process:
        await process.run_to_end(job)

    assert environment.posted_sets() == [("general", ["1"])]
