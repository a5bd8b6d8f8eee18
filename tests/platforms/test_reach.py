"""Wherever the way to the member is closed, and whenever it closes: they have their pictures once, or know where they are."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from bot.ids import JobId
from tests.platforms.process import KILLED, TAKEN, Ground, Message, nothing, open_ground, pictures, start
from tests.platforms.scene import WAIT_S

OLD_S = 2000
"""Older than Discord's tokens and Slack's response URLs."""
UNDONE = {
    "archive": "reopen",
    "lock": "reopen",
    "forbid-files": "allow-files",
    "forbid-posts": "allow-posts",
    "hide": "show",
    "remove": "invite",
    "close-direct": "open-direct",
    "deactivate": "activate",
}
Moment = Literal["before", "while", "after"]
"""Before the job has begun; while the paid call is made; between two processes, half an hour apart."""


@dataclass(frozen=True)
class Row:
    """What happens on the platform, and where pictures and receipt are in the end: where the member `asked`, `direct` or nowhere."""

    platform: str
    gesture: str
    moment: Moment
    changes: str
    pictures: Literal["asked", "direct"] | None
    receipt: Literal["asked", "direct"] | None
    paid: int = 1

    @property
    def words(self) -> list[str]:
        return self.changes.split()

    def __str__(self) -> str:
        return f"{self.platform} {self.gesture} {self.moment} {self.changes or 'nothing'}"


ROWS = [
    # A response of Discord's, for a quarter of an hour.
    Row("discord", "command", "while", "forbid-files", "asked", "asked"),
    Row("discord", "command", "while", "forbid-posts close-direct", "asked", "asked"),
    Row("discord", "command", "while", "remove", "asked", "asked"),
    Row("discord", "command", "before", "delete", "direct", "direct"),
    Row("discord", "command", "while", "delete close-direct", None, None),
    Row("discord", "command", "after", "", "asked", "asked"),
    Row("discord", "command", "after", "forbid-files", "direct", "asked"),
    Row("discord", "command", "after", "forbid-files close-direct", None, "asked"),
    Row("discord", "command", "after", "hide", "direct", "direct"),
    Row("discord", "command", "after", "remove", None, None),
    Row("discord", "command", "after", "delete close-direct", None, None),
    # The same, older than that from the start.
    Row("discord", "old command", "before", "", "asked", "asked"),
    Row("discord", "old command", "while", "forbid-files", "direct", "asked"),
    Row("discord", "old command", "while", "hide", "direct", "direct"),
    Row("discord", "old command", "before", "remove", None, None, paid=0),
    Row("discord", "old command", "while", "remove", None, None),
    Row("discord", "old private", "before", "", "direct", "direct"),
    Row("discord", "old private", "before", "close-direct", None, None, paid=0),
    Row("discord", "old private", "while", "close-direct", None, "direct"),
    Row("discord", "old own app", "before", "", "direct", "direct"),
    Row("discord", "old own app", "before", "close-direct", None, None, paid=0),
    Row("discord", "old own app", "after", "close-direct", None, "direct"),
    # A response that the member alone sees, and an app that only they have installed.
    Row("discord", "private", "while", "close-direct hide", "asked", "asked"),
    Row("discord", "private", "after", "", "direct", "direct"),
    Row("discord", "private", "after", "close-direct", None, None),
    Row("discord", "own app", "while", "close-direct", "asked", "asked"),
    Row("discord", "own app", "after", "", "direct", "direct"),
    Row("discord", "own app", "after", "close-direct", None, None),
    # A message, which has no response.
    Row("discord", "mention", "before", "forbid-files", "direct", "asked"),
    Row("discord", "mention", "before", "forbid-posts", "direct", "direct"),
    Row("discord", "mention", "before", "forbid-posts close-direct", None, None, paid=0),
    Row("discord", "mention", "while", "hide", "direct", "direct"),
    Row("discord", "mention", "while", "delete", "direct", "direct"),
    Row("discord", "mention", "while", "remove", None, None),
    Row("discord", "mention", "after", "", "asked", "asked"),
    Row("discord", "mention", "after", "forbid-posts", "direct", "asked"),
    Row("discord", "direct", "before", "close-direct", None, None, paid=0),
    Row("discord", "direct", "while", "close-direct", None, "direct"),
    Row("discord", "direct command", "while", "close-direct", "direct", "direct"),
    # A thread that is archived opens again with what is posted; one that is locked does not.
    *(
        Row("discord", gesture, moment, "archive", "asked", "asked")
        for gesture in ("thread", "thread command")
        for moment in ("before", "while", "after")
    ),
    *(
        Row("discord", gesture, moment, "lock", "direct", "direct")
        for gesture in ("thread", "thread command")
        for moment in ("before", "while", "after")
    ),
    Row("discord", "thread", "while", "delete", "direct", "direct"),
    # Slack: where it was asked, or by direct message.
    Row("slack", "command", "before", "remove", "direct", "direct"),
    Row("slack", "command", "before", "remove close-direct", None, None, paid=0),
    Row("slack", "command", "before", "archive", "direct", "direct"),
    Row("slack", "command", "while", "remove", "direct", "asked"),
    Row("slack", "command", "while", "remove close-direct", None, "asked"),
    Row("slack", "command", "while", "forbid-files", None, "asked"),
    Row("slack", "command", "while", "forbid-posts", "direct", "asked"),
    Row("slack", "command", "while", "archive", "direct", "direct"),
    Row("slack", "command", "while", "archive close-direct", None, None),
    Row("slack", "command", "while", "delete", "direct", "direct"),
    Row("slack", "command", "after", "", "asked", "asked"),
    Row("slack", "command", "after", "archive", "direct", "direct"),
    Row("slack", "command", "after", "delete deactivate", None, None),
    Row("slack", "old command", "before", "", "asked", "asked"),
    Row("slack", "old command", "while", "remove", "direct", "asked"),
    Row("slack", "mention", "before", "archive close-direct", None, None, paid=0),
    Row("slack", "mention", "while", "forbid-posts", "direct", "asked"),
    Row("slack", "mention", "after", "archive", "direct", "direct"),
    Row("slack", "mention", "after", "", "asked", "asked"),
    Row("slack", "thread", "while", "delete", "direct", "direct"),
    Row("slack", "thread", "after", "remove close-direct", None, "asked"),
    Row("slack", "private", "before", "close-direct", None, None, paid=0),
    Row("slack", "private", "while", "deactivate", None, "direct"),
    Row("slack", "private", "after", "", "direct", "direct"),
    Row("slack", "direct", "while", "forbid-files", None, "direct"),
]


@dataclass
class Gesture:
    """Something asked, and the channel in which it was."""

    place: str
    act: Awaitable[Message]


async def gesture(ground: Ground, name: str) -> Gesture:
    words = "a red fox"
    age_s, name = (OLD_S, name.removeprefix("old ")) if name.startswith("old ") else (0, name)
    if name.startswith("thread"):
        begun = await ground.act("message", text="a thread begins")
        place = "general"
        if ground.name == "discord":
            await ground.act("message", text="it goes on", thread=begun["id"])
            place = begun["id"]
        if name == "thread command":
            return Gesture(place, ground.command(words, thread=begun["id"]))
        return Gesture(place, ground.act("message", text=f"@bot {words}", thread=begun["id"]))
    match name:
        case "private":
            return Gesture("general", ground.command(f"{words} --private", age_s=age_s))
        case "mention":
            return Gesture("general", ground.act("message", text=f"@bot {words}"))
        case "direct":
            return Gesture("dm:ada", ground.act("message", channel="dm:ada", text=words))
        case "direct command":
            return Gesture("dm:ada", ground.command(words, channel="dm:ada"))
        case "own app":
            return Gesture("elsewhere", ground.command(words, channel="elsewhere", age_s=age_s))
        case _:
            return Gesture("general", ground.command(words, age_s=age_s))


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_the_member_has_the_pictures_or_knows_where_they_are(row: Row, tmp_path: Path) -> None:
    """Once, whatever is closed; what cannot reach its member is not paid for; what did not reach its member is shown at the next contact."""
    async with open_ground(row.platform, tmp_path) as ground:
        place, job = await play(ground, row)

        places = {"asked": channel_name(ground, place), "direct": "dm:ada"}
        assert len(ground.upstream.asked) == row.paid
        assert [channel for channel, _ in ground.sets()] == ([places[row.pictures]] if row.pictures else [])
        receipts = ground.words(" s: 1 image with") + ground.words("Your images are ready")
        assert receipts == ([places[row.receipt]] if row.receipt else [])
        if row.pictures is None and row.paid:
            await has_them_after_all(ground, row, place, job)


def channel_name(ground: Ground, place: str) -> str:
    """Threads are found by their id, and named by the beginning of their first message."""
    found = ground.stand_in.world.find_channel(place)
    return place if found is None else found.name


async def play(ground: Ground, row: Row) -> tuple[str, JobId]:
    """The gesture, what happens to the place it was made in, and the job to its end."""
    place = ""

    async def change() -> None:
        for what in row.words:
            ground.change(what, channel="general" if place.startswith("dm:") or place == "elsewhere" else place)

    killed = row.moment == "after"
    ground.upstream.scripts.append([TAKEN, KILLED] if killed else [TAKEN, *pictures(1)])
    ground.upstream.later.append(pictures(1))
    async with start(ground) as process:
        asked = await gesture(ground, row.gesture)
        place = asked.place
        job = await process.asked(asked.act)
        if killed:
            with pytest.raises(KeyboardInterrupt):
                await process.step(job)
        else:
            if row.moment == "while":
                ground.upstream.meanwhile = change
            else:
                await change()
            await process.end(job)
    if killed:
        ground.age(OLD_S)
        await change()
        async with start(ground) as process:
            await process.end(job)
    return place, job


async def has_them_after_all(ground: Ground, row: Row, place: str, job: JobId) -> None:
    """A button where the member was notified, or at the member's next command anywhere; and then never again."""
    async with start(ground) as process:
        if row.receipt is None:
            assert ground.button("Show result") is None
            await ground.question(channel="art")
        for what in row.words:
            if what in UNDONE:
                ground.change(UNDONE[what], channel="general" if row.platform == "discord" or place.startswith("dm:") else place)
        found = ground.button("Show result")
        assert found is not None
        channel, message = found
        await ground.act("press", channel=channel, message=message["id"], action="Show result")
        async with asyncio.timeout(WAIT_S):
            while (await process.load(job)).way is None:  # noqa: ASYNC110 (what is waited for happens behind the press)
                await asyncio.sleep(0.01)
        again = await ground.question(channel="art")

        assert len(ground.sets()) == 1
        assert [message["buttons"] for message in again["private"]] == [[]]


@pytest.mark.parametrize("platform", ["discord", "slack"])
async def test_a_later_receipt_speaks_of_the_set_that_waits(platform: str, tmp_path: Path) -> None:
    """With a button, for a member who asks for nothing else; once it was shown, it is not mentioned again."""
    async with open_ground(platform, tmp_path) as ground:
        ground.upstream.scripts += [[TAKEN, *pictures(1)]] * 3

        async def close() -> None:
            ground.upstream.meanwhile = nothing
            for what in ("delete", "close-direct"):
                ground.change(what, channel="art")

        async with start(ground) as process:
            ground.upstream.meanwhile = close
            lost = await process.asked(ground.command("a lost fox", channel="art"))
            await process.end(lost)
            assert (ground.sets(), ground.button("Show result")) == ([], None)

            await process.end(await process.asked(ground.command("a second fox")))
            assert ground.words("An earlier set of images could not be posted") == ["general"]
            found = ground.button("Show result")
            assert found is not None
            await ground.act("press", channel=found[0], message=found[1]["id"], action="Show result")
            await ground.until(lambda: len(ground.sets()) == 2)
            async with asyncio.timeout(WAIT_S):
                while (await process.load(lost)).way is None:  # noqa: ASYNC110 (what is waited for happens behind the press)
                    await asyncio.sleep(0.01)

            await process.end(await process.asked(ground.command("a third fox")))
            assert ground.words("An earlier set of images could not be posted") == ["general"]
            assert len(ground.sets()) == 3
