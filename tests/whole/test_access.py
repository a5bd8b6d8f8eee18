"""Whom the operator does not admit gets one sentence, and nothing of what they asked is stored, fetched or paid for."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.driver import Bot, Sandbox
from tests.whole.program import arrived
from tests.whole.running import PLENTY, PREPARED, started, stop
from tests.whole.scene import PLATFORMS, Message, Scene, attached, painted

RED = (200, 30, 30)
CLOSED = '[access]\nguilds = ["discord:1"]\nworkspaces = ["slack:T1"]\n'
PLACE = "This bot is not open to this server or workspace."
STRANGER = "this bot is open only to members of certain servers or workspaces."
INSTALLED = "This bot works only in servers that have added it, not where only you have."
DIRECT = "This bot takes no direct messages."
TABLES = ("job", "event", "draft", "reference", "question", "hold")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start("--pace", "0.05", *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Scene]:
    yield Scene(sandbox, request.param)
    for bot in sandbox._bots:
        bot.kill()
    for what, where in (("join", {"user": "bob"}), ("remove-elsewhere", {})):
        sandbox.change("discord", what, **where)


def admitting(sandbox: Sandbox) -> str:
    """The settings that admit the sandbox's own server and workspace."""
    discord, slack = sandbox.line["discord"]["guild"], sandbox.line["slack"]["team"]
    return f'[access]\nguilds = ["discord:{discord}"]\nworkspaces = ["slack:{slack}"]\n'


def start(sandbox: Sandbox, access: str) -> Bot:
    return started(sandbox, f"{PLENTY}\n{access}")


def written(sandbox: Sandbox) -> tuple[int, ...]:
    """The paid calls, the rows of every table that a command writes to, and the files on disk."""
    path = Path(sandbox.env["DATA_DIR"]) / "seedream-bot.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    return (len(sandbox.calls()), *rows, arrived(sandbox))


def alone(scene: Scene, acted: Message, after: str | None, user: str = "ada") -> str:
    return scene.told(acted, after, user=user)


def test_a_strangers_place(scene: Scene) -> None:
    """A command, a question, a mention, a menu, a button and a form of before are each refused with one sentence."""
    sandbox, mark = scene.sandbox, scene.mark()
    open_bot = start(sandbox, "")
    scene.command("imagine", "a red fox")
    result = scene.pictures(mark)
    scene.words(mark, " s: 1 image with")
    posted = scene.say("look at my cat", files=[attached(painted(RED))])
    form = scene.ways().open_menu(posted["id"])
    stop(open_bot)
    closed_bot = start(sandbox, CLOSED)
    before = written(sandbox)

    acts: list[Callable[[], Message]] = [
        lambda: scene.command("imagine", "a fox"),
        lambda: scene.command("imagine", "a fox --nonsense"),
        lambda: scene.question("help"),
        lambda: scene.press(result, "Again"),
        lambda: scene.ways().open_menu(posted["id"]),
        lambda: scene.ways().submit(form, {"prompt": "a hat"}, []),
    ]
    for act in acts:
        mark = scene.mark()
        assert PLACE in alone(scene, act(), mark)
    mark = scene.mark()
    scene.say("@bot a fox", files=[attached(painted(RED))])
    scene.words(mark, PLACE)

    assert written(sandbox) == before
    stop(closed_bot)


def test_a_strangers_direct_message(scene: Scene) -> None:
    """Who belongs to no listed workspace is refused in direct messages too."""
    bot, channel = start(scene.sandbox, CLOSED), "dm:ada"
    before, mark = written(scene.sandbox), scene.mark(channel)

    scene.say("a fox", channel=channel, files=[attached(painted(RED))])
    scene.words(mark, STRANGER, channel=channel)
    again = scene.ways(channel=channel).command("imagine", "a fox")
    told = alone(Scene(scene.sandbox, scene.platform, channel), again, mark) if again["private"] else ""

    assert STRANGER in told or scene.words(mark, STRANGER, channel=channel)
    assert written(scene.sandbox) == before
    stop(bot)


def test_members_of_a_listed_workspace(scene: Scene) -> None:
    """They use the bot there and in direct messages."""
    bot = start(scene.sandbox, admitting(scene.sandbox))
    mark, direct = scene.mark(), scene.mark("dm:ada")

    scene.command("imagine", "a red fox")
    scene.say("a lighthouse", channel="dm:ada")

    assert scene.pictures(mark)
    assert scene.pictures(direct, channel="dm:ada")
    stop(bot)


def test_direct_messages_can_be_switched_off(scene: Scene) -> None:
    """For members as well."""
    bot = start(scene.sandbox, f"{admitting(scene.sandbox)}direct_messages = false\n")
    before, mark = written(scene.sandbox), scene.mark("dm:ada")

    scene.say("a fox", channel="dm:ada")
    scene.words(mark, DIRECT, channel="dm:ada")

    assert written(scene.sandbox) == before
    stop(bot)


def test_another_server_that_has_added_the_bot(sandbox: Sandbox) -> None:
    """A member of it alone is refused there and in direct messages; a member of both is refused only there."""
    here, there = Scene(sandbox, "discord"), Scene(sandbox, "discord", "elsewhere")
    sandbox.change("discord", "invite-elsewhere")
    sandbox.change("discord", "leave", user="bob")
    bot = start(sandbox, admitting(sandbox))
    before, mark = written(sandbox), here.mark("dm:bob")

    assert PLACE in alone(there, there.command("imagine", "a fox", user="bob"), None, "bob")
    assert PLACE in alone(there, there.command("imagine", "a fox"), None)
    for _ in range(2):
        here.say("a fox", user="bob", channel="dm:bob")
        mark = here.words(mark, STRANGER, channel="dm:bob")["id"]
    assert written(sandbox) == before
    asked = [line for line in sandbox.record() if "/members/" in line.get("path", "")]
    assert len({line["path"] for line in asked[-2:]}) == len(asked[-2:]), "the answer is remembered"

    direct = here.mark("dm:ada")
    here.say("a fox", channel="dm:ada")
    assert here.pictures(direct, channel="dm:ada")
    stop(bot)
    sandbox.change("discord", "join", user="bob")
    sandbox.change("discord", "remove-elsewhere")


def test_where_only_a_member_has_installed_the_bot(sandbox: Sandbox) -> None:
    """Refused, unless the operator allows it: then to members of a listed server."""
    there = Scene(sandbox, "discord", "elsewhere")
    bot = start(sandbox, "")
    before = written(sandbox)
    assert INSTALLED in alone(there, there.command("imagine", "a fox"), None)
    assert written(sandbox) == before
    stop(bot)

    sandbox.change("discord", "leave", user="bob")
    bot, mark = start(sandbox, f"{admitting(sandbox)}user_installs = true\n"), there.mark()
    there.command("imagine", "a fox")
    assert there.pictures(mark)
    acted = there.command("imagine", "a fox", user="bob")
    there.words(mark, STRANGER)
    assert acted["acknowledged_ms"] is not None
    assert len(sandbox.calls()) == before[0] + 1
    stop(bot)
    sandbox.change("discord", "join", user="bob")
