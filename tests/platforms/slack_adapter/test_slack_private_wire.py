"""A private request in a Slack channel, with a real core: the member reads there where the answer goes, and others read nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.ids import JobId
from tests.platforms.process import Environment, Process, open_environment, pictures, start

WORDS = "I answer in our direct messages"


@pytest.fixture
async def environment(tmp_path: Path) -> AsyncIterator[Environment]:
    async with open_environment("slack", tmp_path) as opened:
        opened.upstream.scripts = [pictures(1) for _ in range(3)]
        yield opened


async def by_command(environment: Environment) -> Any:
    return await environment.command("a red fox --private")


async def by_mention(environment: Environment) -> Any:
    return await environment.act("message", text="@bot a red fox --private")


async def by_form(environment: Environment) -> Any:
    opened = await environment.act("command", name="imagine", text="")
    return await environment.act("submit", action=opened["modal"]["id"], fields={"prompt": "a red fox --private"})


@pytest.mark.parametrize("gesture", [by_command, by_mention, by_form])
async def test_the_channel_says_where_the_answer_goes(environment: Environment, gesture: Any) -> None:
    """At once and to the member alone, once; the set comes by direct message."""
    async with start(environment) as process:
        await gesture(environment)
        job = await process.next_job()
        await environment.until(lambda: environment.channels_with_text(WORDS) == ["general"])
        assert (await process.run_to_end(job)).notified

    assert [channel for channel, _ in environment.posted_sets()] == ["dm:ada"]
    assert environment.channels_with_text(WORDS) == ["general"]
    assert all(message.get("private_to") for message in environment.bot_messages()["general"])


async def again(environment: Environment, process: Process) -> JobId:
    """A set for the member alone, and the job of its button."""
    await environment.command("a red fox --private")
    await process.run_to_end(await process.next_job())
    found = environment.find_button("Again")
    assert found is not None
    channel, message = found
    action = next(button["action"] for button in message["buttons"])
    await environment.act("press", channel=channel, message=message["id"], action=action)
    return await process.next_job()


async def test_a_button_in_direct_messages_says_nothing_more(environment: Environment) -> None:
    """Its answer comes where it was pressed."""
    async with start(environment) as process:
        assert (await process.run_to_end(await again(environment, process))).notified

    assert [channel for channel, _ in environment.posted_sets()] == ["dm:ada", "dm:ada"]
    assert environment.channels_with_text(WORDS) == ["general"]
