"""A budget of the whole bot: two members who ask at once on both platforms do not pass it together."""

from concurrent.futures import ThreadPoolExecutor

from sandbox.driver import Sandbox
from tests.whole.running import PLENTY, PREPARED, started, stop, wait_until
from tests.whole.scene import Scene, said

BUDGET = f'{PLENTY}\n[[budget]]\npictures = 4\nper = "day"\n'
LEFT = "This bot may make only 1 more image today."
USED_UP = "This bot has made all the images that it may make today"


def refusals(scene: Scene, after: str | None, words: str) -> int:
    """How many members were told this, each alone."""
    messages = scene.sandbox.seen(scene.platform, scene.channel, after)
    return sum(bool(message.get("private_to")) and words in said(message) for message in messages)


def test_two_members_race_for_a_budget() -> None:
    """One of them gets the three images, the other a plain refusal that says what is left; after that nothing more, once logged."""
    with Sandbox.start("--pace", "0.05", *PREPARED, "--no-message-limits") as sandbox:
        discord, slack = scenes = (Scene(sandbox, "discord"), Scene(sandbox, "slack"))
        bot = started(sandbox, BUDGET)
        marks = [scene.mark() for scene in scenes]
        with ThreadPoolExecutor() as pool:
            pool.submit(discord.command, "imagine", "a red fox --count 3 --model 4.5", user="ada")
            pool.submit(slack.command, "imagine", "a red fox --count 3 --model 4.5", user="bob")
        wait_until(lambda: sum(refusals(scene, mark, LEFT) for scene, mark in zip(scenes, marks, strict=True)) == 1)
        wait_until(lambda: len(sandbox.calls()) == 1)

        for scene in scenes:
            mark = scene.mark()
            scene.command("imagine", "a lighthouse")
            if len(sandbox.calls()) == 1:
                scene.pictures(mark)
        wait_until(lambda: refusals(slack, marks[1], USED_UP) == 1)
        stop(bot)
        assert sum(call["billed"] for call in sandbox.calls()) == 4

        second, mark = started(sandbox, BUDGET), discord.mark()
        discord.command("imagine", "a boat")
        wait_until(lambda: refusals(discord, mark, USED_UP) == 1)
        stop(second)
        log = f"{bot.text}\n{second.text}"
        assert (log.count("budget nearly used"), log.count("budget reached")) == (1, 1)
        assert len(sandbox.calls()) == 2
