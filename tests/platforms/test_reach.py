"""Every set reaches its member exactly once, or the member learns where it is, even when a channel or direct messages close."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from bot.ids import JobId
from tests.platforms.process import KILLED, STARTED, Environment, Message, do_nothing, open_environment, pictures, start
from tests.platforms.scene import WAIT_S

OLD_S = 2000
"""Longer than Discord's tokens and Slack's response URLs are valid."""
UNDO = {
    "archive": "reopen",
    "lock": "reopen",
    "forbid-files": "allow-files",
    "forbid-posts": "allow-posts",
    "hide": "show",
    "remove": "invite",
    "close-direct": "open-direct",
    "deactivate": "activate",
}
Moment = Literal["before", "during", "after"]
"""Before the job starts, during the paid call, or after a kill and half an hour before the next process."""


@dataclass(frozen=True)
class Row:
    """Changes on the platform, and where pictures and receipt are in the end: in the request's conversation, in direct messages or nowhere."""

    platform: str
    gesture: str
    moment: Moment
    changes: str
    pictures: Literal["conversation", "direct"] | None
    receipt: Literal["conversation", "direct"] | None
    paid: int = 1

    @property
    def change_names(self) -> list[str]:
        return self.changes.split()

    def __str__(self) -> str:
        return f"{self.platform} {self.gesture} {self.moment} {self.changes or 'nothing'}"


ROWS = [
    # Discord: the interaction's token is valid.
    Row("discord", "command", "during", "forbid-files", "conversation", "conversation"),
    Row("discord", "command", "during", "forbid-posts close-direct", "conversation", "conversation"),
    Row("discord", "command", "during", "remove", "conversation", "conversation"),
    Row("discord", "command", "before", "delete", "direct", "direct"),
    Row("discord", "command", "during", "delete close-direct", None, None),
    Row("discord", "command", "after", "", "conversation", "conversation"),
    Row("discord", "command", "after", "forbid-files", "direct", "conversation"),
    Row("discord", "command", "after", "forbid-files close-direct", None, "conversation"),
    Row("discord", "command", "after", "hide", "direct", "direct"),
    Row("discord", "command", "after", "remove", None, None),
    Row("discord", "command", "after", "delete close-direct", None, None),
    # Discord: the token has expired before the job starts.
    Row("discord", "old command", "before", "", "conversation", "conversation"),
    Row("discord", "old command", "during", "forbid-files", "direct", "conversation"),
    Row("discord", "old command", "during", "hide", "direct", "direct"),
    Row("discord", "old command", "before", "remove", None, None, paid=0),
    Row("discord", "old command", "during", "remove", None, None),
    Row("discord", "old private", "before", "", "direct", "direct"),
    Row("discord", "old private", "before", "close-direct", None, None, paid=0),
    Row("discord", "old private", "during", "close-direct", "direct", "direct"),
    Row("discord", "old own app", "before", "", "direct", "direct"),
    Row("discord", "old own app", "before", "close-direct", None, None, paid=0),
    Row("discord", "old own app", "after", "close-direct", "direct", "direct"),
    # Discord: ephemeral responses, and an app installed by the user only.
    Row("discord", "private", "during", "close-direct hide", "conversation", "conversation"),
    Row("discord", "private", "after", "", "direct", "direct"),
    Row("discord", "private", "after", "close-direct", None, None),
    Row("discord", "own app", "during", "close-direct", "conversation", "conversation"),
    Row("discord", "own app", "after", "", "direct", "direct"),
    Row("discord", "own app", "after", "close-direct", None, None),
    # Discord: messages, which have no response.
    Row("discord", "mention", "before", "forbid-files", "direct", "conversation"),
    Row("discord", "mention", "before", "forbid-posts", "direct", "direct"),
    Row("discord", "mention", "before", "forbid-posts close-direct", None, None, paid=0),
    Row("discord", "mention", "during", "hide", "direct", "direct"),
    Row("discord", "mention", "during", "delete", "direct", "direct"),
    Row("discord", "mention", "during", "remove", None, None),
    Row("discord", "mention", "after", "", "conversation", "conversation"),
    Row("discord", "mention", "after", "forbid-posts", "conversation", "conversation"),
    Row("discord", "direct", "before", "close-direct", None, None, paid=0),
    # A message that stands is edited even then.
    Row("discord", "direct", "during", "close-direct", "direct", "direct"),
    Row("discord", "direct command", "during", "close-direct", "direct", "direct"),
    # Discord: a post reopens an archived thread, but not a locked one.
    *(
        Row("discord", gesture, moment, "archive", "conversation", "conversation")
        for gesture in ("thread", "thread command")
        for moment in ("before", "during", "after")
    ),
    *(
        Row("discord", gesture, moment, "lock", "direct", "direct")
        for gesture in ("thread", "thread command")
        for moment in ("before", "during", "after")
    ),
    Row("discord", "thread", "during", "delete", "direct", "direct"),
    # Slack: the conversation or direct messages.
    Row("slack", "command", "before", "remove", "direct", "direct"),
    Row("slack", "command", "before", "remove close-direct", None, None, paid=0),
    Row("slack", "command", "before", "archive", "direct", "direct"),
    Row("slack", "command", "during", "remove", "direct", "conversation"),
    Row("slack", "command", "during", "remove close-direct", None, "conversation"),
    Row("slack", "command", "during", "forbid-files", None, "conversation"),
    Row("slack", "command", "during", "forbid-posts", "direct", "conversation"),
    Row("slack", "command", "during", "archive", "direct", "direct"),
    Row("slack", "command", "during", "archive close-direct", None, None),
    Row("slack", "command", "during", "delete", "direct", "direct"),
    Row("slack", "command", "after", "", "conversation", "conversation"),
    Row("slack", "command", "after", "archive", "direct", "direct"),
    Row("slack", "command", "after", "delete deactivate", None, None),
    Row("slack", "old command", "before", "", "conversation", "conversation"),
    Row("slack", "old command", "during", "remove", "direct", "conversation"),
    Row("slack", "mention", "before", "archive close-direct", None, None, paid=0),
    Row("slack", "mention", "during", "forbid-posts", "direct", "conversation"),
    Row("slack", "mention", "after", "archive", "direct", "direct"),
    Row("slack", "mention", "after", "", "conversation", "conversation"),
    Row("slack", "thread", "during", "delete", "direct", "direct"),
    Row("slack", "thread", "after", "remove close-direct", None, "conversation"),
    Row("slack", "private", "before", "close-direct", None, None, paid=0),
    Row("slack", "private", "during", "deactivate", None, "direct"),
    Row("slack", "private", "after", "", "direct", "direct"),
    Row("slack", "direct", "during", "forbid-files", None, "direct"),
]


@dataclass
class Gesture:
    """A request and its channel."""

    place: str
    act: Awaitable[Message]


async def gesture(environment: Environment, name: str) -> Gesture:
    prompt = "a red fox"
    age_s, name = (OLD_S, name.removeprefix("old ")) if name.startswith("old ") else (0, name)
    if name.startswith("thread"):
        root = await environment.act("message", text="a thread begins")
        place = "general"
        if environment.name == "discord":
            await environment.act("message", text="it goes on", thread=root["id"])
            place = root["id"]
        if name == "thread command":
            return Gesture(place, environment.command(prompt, thread=root["id"]))
        return Gesture(place, environment.act("message", text=f"@bot {prompt}", thread=root["id"]))
    match name:
        case "private":
            return Gesture("general", environment.command(f"{prompt} --private", age_s=age_s))
        case "mention":
            return Gesture("general", environment.act("message", text=f"@bot {prompt}"))
        case "direct":
            return Gesture("dm:ada", environment.act("message", channel="dm:ada", text=prompt))
        case "direct command":
            return Gesture("dm:ada", environment.command(prompt, channel="dm:ada"))
        case "own app":
            return Gesture("elsewhere", environment.command(prompt, channel="elsewhere", age_s=age_s))
        case _:
            return Gesture("general", environment.command(prompt, age_s=age_s))


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_member_gets_pictures_or_a_receipt(row: Row, tmp_path: Path) -> None:
    """Each set is posted at most once. A set without any open way is not paid for; one that was paid is offered at the next contact."""
    async with open_environment(row.platform, tmp_path) as environment:
        place, job = await run_row(environment, row)

        places = {"conversation": channel_name(environment, place), "direct": "dm:ada"}
        assert len(environment.upstream.asked) == row.paid
        assert [channel for channel, _ in environment.posted_sets()] == ([places[row.pictures]] if row.pictures else [])
        receipts = environment.channels_with_text(" s: 1 image with") + environment.channels_with_text("Your images are ready")
        # The result has its receipt; where it went elsewhere, the conversation says so.
        assert sorted(receipts) == sorted({places[place] for place in (row.pictures, row.receipt) if place})
        if row.pictures is None and row.paid:
            await check_late_delivery(environment, row, place, job)


def channel_name(environment: Environment, place: str) -> str:
    """Return a thread's name, which is the start of its first message; threads are found by id."""
    found = environment.stand_in.world.find_channel(place)
    return place if found is None else found.name


async def run_row(environment: Environment, row: Row) -> tuple[str, JobId]:
    """Make the gesture, apply the changes at their moment, and run the job to its end."""
    place = ""

    async def change() -> None:
        for what in row.change_names:
            environment.change(what, channel="general" if place.startswith("dm:") or place == "elsewhere" else place)

    killed = row.moment == "after"
    environment.upstream.scripts.append([STARTED, KILLED] if killed else [STARTED, *pictures(1)])
    environment.upstream.later.append(pictures(1))
    async with start(environment) as process:
        made = await gesture(environment, row.gesture)
        place = made.place
        job = await process.job_from(made.act)
        if killed:
            with pytest.raises(KeyboardInterrupt):
                await process.step(job)
        else:
            if row.moment == "during":
                environment.upstream.during_call = change
            else:
                await change()
            await process.run_to_end(job)
    if killed:
        environment.advance(OLD_S)
        await change()
        async with start(environment) as process:
            await process.run_to_end(job)
    return place, job


async def check_late_delivery(environment: Environment, row: Row, place: str, job: JobId) -> None:
    """The member gets a button on the receipt or at the next command anywhere, and it works once."""
    async with start(environment) as process:
        if row.receipt is None:
            assert environment.find_button("Show result") is None
            await environment.ask_quota(channel="art")
        for what in row.change_names:
            if what in UNDO:
                environment.change(
                    UNDO[what], channel="general" if row.platform == "discord" or place.startswith("dm:") else place
                )
        found = environment.find_button("Show result")
        assert found is not None
        channel, message = found
        await environment.act("press", channel=channel, message=message["id"], action="Show result")
        async with asyncio.timeout(WAIT_S):
            while (await process.load(job)).way is None:  # noqa: ASYNC110 (the press is handled in the background)
                await asyncio.sleep(0.01)
        again = await environment.ask_quota(channel="art")

        assert len(environment.posted_sets()) == 1
        assert [message["buttons"] for message in again["private"]] == [[]]


@pytest.mark.parametrize("platform", ["discord", "slack"])
async def test_later_receipt_offers_an_unposted_set(platform: str, tmp_path: Path) -> None:
    """The next receipt has a button for the set that could not be posted; once shown, it is not offered again."""
    async with open_environment(platform, tmp_path) as environment:
        environment.upstream.scripts += [[STARTED, *pictures(1)]] * 3

        async def close() -> None:
            environment.upstream.during_call = do_nothing
            for what in ("delete", "close-direct"):
                environment.change(what, channel="art")

        async with start(environment) as process:
            environment.upstream.during_call = close
            lost = await process.job_from(environment.command("a lost fox", channel="art"))
            await process.run_to_end(lost)
            assert (environment.posted_sets(), environment.find_button("Show result")) == ([], None)

            await process.run_to_end(await process.job_from(environment.command("a second fox")))
            assert environment.channels_with_text("An earlier set of images could not be posted") == ["general"]
            found = environment.find_button("Show result")
            assert found is not None
            await environment.act("press", channel=found[0], message=found[1]["id"], action="Show result")
            await environment.until(lambda: len(environment.posted_sets()) == 2)
            async with asyncio.timeout(WAIT_S):
                while (await process.load(lost)).way is None:  # noqa: ASYNC110 (the press is handled in the background)
                    await asyncio.sleep(0.01)

            await process.run_to_end(await process.job_from(environment.command("a third fox")))
            assert environment.channels_with_text("An earlier set of images could not be posted") == ["general"]
            assert len(environment.posted_sets()) == 3
