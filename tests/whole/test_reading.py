"""Where a message points at a picture, the picture is used or nothing is made; over the real wire."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.whole.running import Running
from tests.whole.scene import Message, Scene, attached, painted

RED, BLUE = painted((200, 30, 30)), painted((30, 30, 200), size=(200, 320))
FOX: dict[str, Any] = {"files": [attached(RED, "fox.png")]}
OWL: dict[str, Any] = {"files": [attached(BLUE, "owl.png")]}
EMBED = {"embeds": [{"title": "A fox", "image": {"url": "attachment://fox.png"}}]}
GALLERY = {"components": [{"type": 12, "items": [{"media": {"url": "attachment://fox.png"}}]}]}
TENOR = {
    "type": "gifv",
    "url": "https://tenor.com/view/fox-1",
    "provider": {"name": "Tenor"},
    "thumbnail": {"url": "https://media.tenor.com/fox.png", "width": 4, "height": 3},
    "video": {"url": "https://media.tenor.com/fox.mp4", "width": 4, "height": 3},
}
GIPHY = {"attachments": [{"id": 1, "title": "fox", "image_url": "https://media.giphy.com/fox.gif"}]}
NIGHT = "make it night"


@pytest.fixture
def discord(running: Running) -> Iterator[Scene]:
    yield Scene(running.sandbox, "discord")
    running.sandbox.clear_faults()


@pytest.fixture
def slack(running: Running) -> Iterator[Scene]:
    yield Scene(running.sandbox, "slack")
    running.sandbox.clear_faults()


def do(scene: Scene, kind: str, *, user: str = "ada", channel: str | None = None, **more: Any) -> str:
    acted: Message = scene.ways(user, channel).do(kind, **more)
    return str(acted["id"])


def widths(scene: Scene, before: int) -> list[int]:
    """The references of the one paid call since."""
    (call,) = scene.calls_since(before)
    return [image["width"] for image in call["images"]]


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        pytest.param("ada", {**FOX, "options": EMBED}, id="embed"),
        pytest.param("bob", {**FOX, "options": GALLERY}, id="gallery"),
        pytest.param("cyd", {"options": {"stickers": ["wave"]}}, id="sticker"),
    ],
)
@pytest.mark.parametrize("forward", [False, True])
def test_discord_a_reply_to_a_picture_wherever_it_is(discord: Scene, user: str, shown: dict[str, Any], *, forward: bool) -> None:
    """Embedded, laid out, a sticker, or forwarded: one reference."""
    place = f"dm:{user}"
    before, start = len(discord.sandbox.calls()), discord.mark(place)
    message = do(discord, "message", user=user, channel=place, **shown)
    if forward:
        message = do(discord, "forward", user=user, channel=place, message=message)
    do(discord, "reply", user=user, channel=place, message=message, text=NIGHT)
    discord.pictures(start, channel=place)
    assert widths(discord, before) == [320]


@pytest.mark.parametrize("options", [{"embeds": [TENOR]}, {"stickers": ["blob"]}], ids=["tenor", "lottie"])
def test_discord_a_reply_to_what_cannot_be_fetched(discord: Scene, options: dict[str, Any]) -> None:
    """Nothing is paid."""
    message = do(discord, "message", channel="dm:ada", options=options)
    before, start = len(discord.sandbox.calls()), discord.mark("dm:ada")
    replied = do(discord, "reply", channel="dm:ada", message=message, text=NIGHT)
    discord.sandbox.wait_for(
        "discord", "dm:ada", lambda one: one["author"] == "bot" and one.get("reply_to") == replied, after=start
    )
    assert discord.calls_since(before) == []


def test_discord_a_reply_whose_message_did_not_come_with_it(discord: Scene) -> None:
    """It is asked for, and used; where it cannot be had, nothing is paid."""
    message = do(discord, "message", channel="dm:bob", user="bob", **FOX)
    before, start = len(discord.sandbox.calls()), discord.mark("dm:bob")
    reply = {"user": "bob", "channel": "dm:bob", "message": message, "text": NIGHT}
    do(discord, "reply", **reply, options={"referenced": "absent"})
    discord.pictures(start, channel="dm:bob")
    assert widths(discord, before) == [320]

    discord.sandbox.fault("discord.rest:GET /channels/*", "error:404:10008")
    before, start = len(discord.sandbox.calls()), discord.mark("dm:bob")
    replied = do(discord, "reply", **reply, options={"referenced": "null"})
    discord.sandbox.wait_for(
        "discord", "dm:bob", lambda one: one["author"] == "bot" and one.get("reply_to") == replied, after=start
    )
    assert discord.calls_since(before) == []


def test_discord_a_mention_in_the_thread_of_a_picture(discord: Scene) -> None:
    """The picture at its start is the reference."""
    start = discord.mark()
    discord.command("imagine", "a lighthouse at noon")
    first = discord.pictures(start)
    discord.words(start, " s: 1 image with")
    before = len(discord.sandbox.calls())
    do(discord, "message", thread=first["id"], text=f"@bot {NIGHT}")
    discord.pictures(None, channel=first["id"])
    assert widths(discord, before) == [first["files"][0]["width"]]


def test_slack_a_forwarded_picture(slack: Scene) -> None:
    """One reference, as for *Edit with Seedream* on the same message."""
    original = do(slack, "message", user="bob", text="my fox", **FOX)
    before, start = len(slack.sandbox.calls()), slack.mark()
    do(slack, "forward", message=original, text=f"@bot {NIGHT}")
    slack.pictures(start)
    assert widths(slack, before) == [320]


def test_slack_the_pictures_of_a_thread(slack: Scene) -> None:
    """One in an earlier reply is meant; the one at the start is meant beside the mention's own."""
    talk = do(slack, "message", user="bob", text="what shall we do?")
    do(slack, "reply", user="cyd", message=talk, text="look", **FOX)
    before, start = len(slack.sandbox.calls()), slack.mark()
    do(slack, "reply", message=talk, text=f"@bot {NIGHT}")
    slack.pictures(start)
    assert widths(slack, before) == [320]

    root = do(slack, "message", user="bob", text="my owl", **OWL)
    before, start = len(slack.sandbox.calls()), slack.mark()
    do(slack, "reply", message=root, text="@bot put them together", **FOX)
    slack.pictures(start)
    assert widths(slack, before) == [200, 320]


@pytest.mark.parametrize("fault", ["429:30", "slow:3", "error:missing_scope"])
def test_slack_a_thread_that_cannot_be_read(slack: Scene, fault: str) -> None:
    """Nothing is paid, and the member is told."""
    root = do(slack, "message", user="bob", text="my fox", **FOX)
    before, start = len(slack.sandbox.calls()), slack.mark()
    slack.sandbox.fault("slack.api:conversations.replies", fault, times=4)
    acted = slack.ways("ada").do("reply", message=root, text=f"@bot {NIGHT}")
    assert slack.told(acted, start)
    assert slack.calls_since(before) == []


def test_slack_a_picture_of_another_site(slack: Scene) -> None:
    """Nothing is paid, and the member is told."""
    root = do(slack, "message", user="bob", text="look", options=GIPHY)
    before, start = len(slack.sandbox.calls()), slack.mark()
    acted = slack.ways("ada").do("reply", message=root, text=f"@bot {NIGHT}")
    assert slack.told(acted, start)
    assert slack.calls_since(before) == []


def test_slack_a_message_edited_after_a_refusal(slack: Scene) -> None:
    """Each edition is answered, the right one is made, and an edit after that makes nothing."""
    before, start = len(slack.sandbox.calls()), slack.mark()
    asked = do(slack, "message", text="@bot a fox --cuont 2")
    first = slack.sandbox.wait_for("slack", "general", lambda one: one.get("private_to") == "ada", after=start)
    do(slack, "edit", message=asked, text="@bot a fox --cuont 3")
    slack.sandbox.wait_for("slack", "general", lambda one: one.get("private_to") == "ada", after=first["id"])
    do(slack, "edit", message=asked, text="@bot a fox in snow")
    slack.pictures(start)
    do(slack, "edit", message=asked, text="@bot a hen in snow")
    do(slack, "message", text="@bot a last goat")
    slack.pictures(slack.mark())
    assert [call["body"]["prompt"] for call in slack.calls_since(before)] == ["a fox in snow", "a last goat"]


@pytest.mark.parametrize(
    ("platform", "typed", "prompt"),
    [
        ("discord", "a portrait of @bob as :pepe: on <t:1796120400:D>", "a portrait of Bob as :pepe: on 2026-12-01"),
        ("slack", "a :fox_face: and @bob as :pepe:", "a 🦊 and someone as :pepe:"),
    ],
)
def test_a_prompt_has_no_tokens(running: Running, platform: str, typed: str, prompt: str) -> None:
    """The model reads names, emoji and dates as members do."""
    scene = Scene(running.sandbox, platform)
    before, start = len(scene.sandbox.calls()), scene.mark()
    scene.say(f"@bot {typed}")
    scene.pictures(start)
    (call,) = scene.calls_since(before)
    assert call["body"]["prompt"] == prompt
