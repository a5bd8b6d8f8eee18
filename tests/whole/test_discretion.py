"""Who sees what: nothing of a refused request is shown to others, at no moment, and nothing of the operator's affairs that is hidden."""

import json
import re
from collections.abc import Iterator

import pytest

from sandbox.driver import Sandbox
from tests.whole.running import PREPARED, started, stop, wait_until
from tests.whole.scene import PLATFORMS, Message, Scene, attached, painted, said

RED = (200, 30, 30)
DAMAGED = painted(RED, size=(1200, 900))[:700]
CONTACT = "#image-bot"
FILES = {"discord": "discord.cdn", "slack": "slack.files"}
SLOW = {"discord": "slow:3", "slack": "slow:3"}
RENEWS = {
    "discord": r"Your quota renews <t:\d{10}:R>\.",
    "slack": r"Your quota renews in \d+ \w+( \(\w{3} \d\d, \d{4} at 00:00\))?\.",
}
"""When it renews: in each reader's own time, and in words where the platform has none."""
SHOWN_CALLBACKS, EPHEMERAL = {4, 5}, 64
"""A message and a deferred one, which others see unless it has this flag."""
TAKEN = {"discord": "/typing", "slack": "chat.postEphemeral"}
"""By which request the one who asked sees that a message with pictures was taken."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start("--pace", "0.05", *PREPARED, "--no-message-limits") as opened:
        yield opened


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Scene]:
    scene = Scene(sandbox, request.param)
    yield scene
    sandbox.clear_faults()
    for bot in sandbox._bots:
        bot.kill()


def discreet(sandbox: Sandbox) -> str:
    """Settings that hide gateways and prices, and let nobody called bob in."""
    bobs = [f'"discord:{sandbox.line["discord"]["users"]["bob"]}"']
    bobs.append(f'"slack:{sandbox.line["slack"]["team"]}/{sandbox.line["slack"]["users"]["bob"]}"')
    return f"""
[defaults]
show_costs = "private"
show_gateways = false

[access]
contact = "{CONTACT}"

[[quota.tier]]
name = "nobody"
images_per_day = 0
members = [{", ".join(bobs)}]

[[quota.tier]]
name = "plenty"
images_per_day = 10000
jobs_at_once = 1000
jobs_waiting = 1000
"""


def posted(scene: Scene, since: int) -> list[Message]:
    """The requests that showed, changed or took away something in the channel for all to see."""
    requests = [line for line in scene.sandbox.record()[since:] if line["platform"] == scene.platform]
    if scene.platform == "slack":
        return [line for line in requests if line["method"].startswith("chat.") and line["method"] != "chat.postEphemeral"]
    return [line for line in requests if line["method"] != "GET" and is_public(line)]


def is_public(line: Message) -> bool:
    """Whether a request to Discord writes in a channel: a message of the bot, or what answers an interaction for all to see."""
    if re.search(r"/channels/\d+/messages", line["path"]):
        return True
    payload = line["payload"] or {}
    if re.search(r"/interactions/\d+/[^/]+/callback", line["path"]):
        return payload["type"] in SHOWN_CALLBACKS and not (payload.get("data") or {}).get("flags", 0) & EPHEMERAL
    follows_up = re.search(r"/webhooks/\d+/[^/]+$", line["path"]) is not None and line["method"] == "POST"
    return follows_up and not payload.get("flags", 0) & EPHEMERAL


@pytest.mark.parametrize(
    ("method", "path", "payload", "public"),
    [
        ("POST", "/api/v10/channels/1/messages", {}, True),
        ("POST", "/api/v10/interactions/1/token/callback", {"type": 5}, True),
        ("POST", "/api/v10/interactions/1/token/callback", {"type": 5, "data": {"flags": 64}}, False),
        ("POST", "/api/v10/interactions/1/token/callback", {"type": 4, "data": {"content": "x"}}, True),
        ("POST", "/api/v10/interactions/1/token/callback", {"type": 4, "data": {"content": "x", "flags": 68}}, False),
        ("POST", "/api/v10/interactions/1/token/callback", {"type": 9, "data": {}}, False),
        ("POST", "/api/v10/webhooks/1/token", {"content": "x"}, True),
        ("POST", "/api/v10/webhooks/1/token", {"content": "x", "flags": 64}, False),
        ("PATCH", "/api/v10/webhooks/1/token/messages/@original", {"content": "x"}, False),
        ("POST", "/api/v10/channels/1/typing", None, False),
    ],
)
def test_what_others_see(method: str, path: str, payload: Message | None, *, public: bool) -> None:
    """The other tests here count these requests; the edit of a response shows no more than its callback did."""
    assert is_public({"method": method, "path": path, "payload": payload}) is public


@pytest.mark.parametrize("slow", [False, True], ids=["at once", "slowly"])
def test_a_refused_mention_shows_others_only_the_refusal(scene: Scene, *, slow: bool) -> None:
    """A damaged picture is refused, to its member alone where the platform can, and nothing public came before and was taken back."""
    bot, mark, since = started(scene.sandbox), scene.mark(), len(scene.sandbox.record())
    if slow:
        scene.sandbox.fault(FILES[scene.platform], SLOW[scene.platform])

    scene.say("@bot make it night", files=[attached(DAMAGED)])
    scene.words(mark, "Image 1 is damaged")

    requests = posted(scene, since)
    assert [line["method"] for line in requests] == {"discord": ["POST"], "slack": []}[scene.platform]
    assert all("damaged" in json.dumps(line["payload"]) for line in requests)
    taken = [line for line in scene.sandbox.record()[since:] if TAKEN[scene.platform] in f"{line['path']} {line['method']}"]
    told = [line for line in taken if "damaged" not in json.dumps(line["payload"])]
    assert told or not slow
    stop(bot)


def test_a_refused_command_shows_others_nothing(scene: Scene) -> None:
    """The same for a command or form: the bot posts nothing in the channel."""
    bot, mark, since = started(scene.sandbox), scene.mark(), len(scene.sandbox.record())

    acted = scene.command("edit", "make it night", files=[attached(DAMAGED)])

    assert "Image 1 is damaged" in scene.told(acted, mark)
    assert posted(scene, since) == []
    assert scene.in_public(mark) == []
    stop(bot)


def test_a_private_request_says_where_its_answer_goes(scene: Scene) -> None:
    """The member alone reads in the channel that the images go to their direct messages, or has them there for themselves."""
    bot = started(scene.sandbox)
    # On one platform files make a command, on the other a form.
    for files in ([], [attached(painted(RED))]):
        mark, direct = scene.mark(), scene.mark("dm:ada")
        acted = scene.command("imagine", "a red fox --private", files=files)
        if scene.platform == "slack":
            assert "I answer in our direct messages" in scene.told(acted, mark)
        scene.anywhere([(scene.channel, mark), ("dm:ada", direct)])
        assert scene.in_public(mark) == []
    stop(bot)


def test_a_private_mention_says_where_its_answer_goes(scene: Scene) -> None:
    """So does a mention, once, although a platform may deliver it twice; the images come by direct message."""
    bot, mark, direct = started(scene.sandbox), scene.mark(), scene.mark("dm:ada")

    scene.say("@bot a red fox --private")
    scene.pictures(direct, channel="dm:ada")

    if scene.platform == "slack":
        words = [message for message in scene.sandbox.seen("slack", scene.channel, mark) if message.get("private_to")]
        assert ["direct messages" in said(message) for message in words] == [True]
        assert scene.in_public(mark) == []
    stop(bot)


def test_hidden_gateways_are_named_nowhere(scene: Scene) -> None:
    """Not in the menus, in progress, receipts, refusals, failures or answers; and a member cannot choose one."""
    sandbox = scene.sandbox
    since, bot = len(sandbox.record()), started(sandbox, discreet(sandbox))
    told: list[str] = []

    def ask(words: str) -> str:
        mark = scene.mark()
        told.append(scene.told(scene.command("imagine", words), mark))
        return told[-1]

    assert "There is no flag --gateway." in ask("a fox --gateway unode")
    assert "has no size 1K" in ask("a fox --model 4.5 --size 1K")
    assert "does not offer the model" in ask("a fox --model 9.9")
    assert "--gateway" not in ask("a fox --gatway x")
    for question in ("models", "help", "quota"):
        mark = scene.mark()
        told.append(scene.told(scene.question(question), mark))
    mark = scene.mark()
    scene.command("imagine", "a red fox")
    first = scene.pictures(mark)
    receipt = said(scene.words(mark, " s: 1 image with"))
    mark = scene.mark()
    scene.follow(first, "make it night")
    second, mark = scene.pictures(mark), scene.mark()
    scene.press(second, "Again")
    scene.pictures(mark)
    gateway = next(iter(sandbox.line["gateways"]))
    for what, words in (
        ("error:401:AuthenticationError", "The image service rejected the bot's key."),
        ("quoted", "The image service answered with a server error (HTTP 500). I cannot tell"),
    ):
        sandbox.fault(f"{gateway}.submit", what, times=1)
        mark = scene.mark()
        scene.command("imagine", "a boat")
        scene.words(mark, words)

    shown = "\n".join([*told, json.dumps(sandbox.record()[since:])])
    names = "|".join(map(re.escape, sandbox.line["gateways"]))
    assert re.findall(rf"(?<![\w.-])(?:{names})(?![\w.-])", shown) == []
    assert "left today" not in receipt
    assert "Cost" not in receipt
    stop(bot)


def test_costs_are_read_by_the_member_alone(scene: Scene) -> None:
    """With `show_costs = "private"` they stand in a receipt that nobody else reads."""
    bot, mark = started(scene.sandbox, discreet(scene.sandbox)), scene.mark("dm:ada")

    scene.say("a red fox", channel="dm:ada")

    assert scene.words(mark, "images left today", channel="dm:ada")
    quota = scene.told(scene.question("quota"), scene.mark())
    assert re.search(RENEWS[scene.platform], quota), quota
    stop(bot)


def test_a_member_without_a_quota_reads_whom_to_ask(scene: Scene) -> None:
    """Nothing is made, fetched or shown to others, and no number of images is named."""
    bot, calls, mark = started(scene.sandbox, discreet(scene.sandbox)), len(scene.sandbox.calls()), scene.mark()
    refusal = f"This bot is not open to you here. To be let in, ask {CONTACT}."

    for acted in (scene.command("imagine", "a red fox", user="bob"), scene.question("quota", user="bob")):
        assert refusal in scene.told(acted, mark, user="bob")
        wait_until(lambda: scene.in_public(mark) == [])
    scene.say("@bot a red fox", user="bob")
    scene.words(mark, refusal)

    assert len(scene.sandbox.calls()) == calls
    stop(bot)
