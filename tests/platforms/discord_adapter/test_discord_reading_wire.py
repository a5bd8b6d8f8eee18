"""The pictures that members point at, over the real protocol: wherever they are in a message, and where Discord does not say."""

from typing import Any

import pytest

from bot.commands.command import Attachment, Generate, MessagePictures
from bot.commands.message import Heard, MemberMessage, PointedMessage, Relation
from bot.commands.pointing import MessageJob
from bot.ids import JobId, MessageId, UserId
from sandbox.faults import Fault
from tests.platforms.discord_adapter.discord_scene import Scene
from tests.platforms.scene import member_file, png

FOX = member_file("fox.png", png(5, 5))
EMBEDDED = {"embeds": [{"title": "A fox", "image": {"url": "attachment://fox.png"}}]}
GALLERY = {"type": 12, "items": [{"media": {"url": "attachment://fox.png"}}]}
TENOR = {
    "type": "gifv",
    "url": "https://tenor.com/view/fox-1",
    "provider": {"name": "Tenor", "url": "https://tenor.co"},
    "thumbnail": {"url": "https://media.tenor.com/fox.png", "width": 4, "height": 3},
    "video": {"url": "https://media.tenor.com/fox.mp4", "width": 4, "height": 3},
}
PAGE = {"type": "article", "url": "https://news.example/1", "thumbnail": {"url": "https://news.example/1.jpg"}}
DIRECT = "dm:ada"


async def heard(scene: Scene, kind: str, **more: Any) -> MemberMessage:
    """What the core is asked to interpret."""
    return (await written(scene, kind, **more))[1]


async def written(scene: Scene, kind: str, **more: Any) -> tuple[MessageId, MemberMessage]:
    """The id of a message, and what the core is asked to interpret."""
    before = len(scene.core.messages)
    act = await scene.act(kind, **more)
    await scene.until(lambda: len(scene.core.messages) > before)
    return act["id"], scene.core.messages[-1]


async def fetched(scene: Scene, attachment: Attachment) -> bytes:
    return await scene.platform.fetch(attachment, most_bytes=1 << 20)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param({"text": "a fox", "files": [FOX]}, id="a file"),
        pytest.param({"files": [FOX], "options": EMBEDDED}, id="an embed"),
        pytest.param({"files": [FOX], "options": {"components": [{"type": 17, "components": [GALLERY]}]}}, id="a gallery"),
        pytest.param({"text": "look", "options": {"stickers": ["wave"]}}, id="a sticker"),
        pytest.param({"text": "look", "options": {"stickers": ["spin"]}}, id="an animated sticker"),
        pytest.param({"text": "look", "options": {"stickers": ["dance"]}}, id="a GIF sticker"),
        pytest.param({"text": "a fox", "files": [FOX], "forward": True}, id="a forward"),
        pytest.param({"files": [FOX], "options": EMBEDDED, "forward": True}, id="a forwarded embed"),
        pytest.param({"options": {"stickers": ["wave"]}, "forward": True}, id="a forwarded sticker"),
        pytest.param({"text": "a fox", "files": [FOX], "options": {"embeds": [TENOR]}}, id="a file beside a preview"),
    ],
)
async def test_every_way_and_the_menu_see_the_same_picture(scene: Scene, shown: dict[str, Any]) -> None:
    """A reply and *Edit with Seedream* on one message bring one picture, the same, and it can be fetched."""
    original, _ = await written(scene, "message", channel=DIRECT, **{name: shown[name] for name in shown.keys() - {"forward"}})
    if "forward" in shown:
        original, _ = await written(scene, "forward", channel=DIRECT, message=original)
    message = await heard(scene, "reply", channel=DIRECT, message=original, text="make it night")
    (replied,) = message.pointed
    assert (replied.message, replied.relation, replied.unread, replied.unusable) == (original, Relation.REPLIED, False, False)
    (picture,) = replied.pictures
    assert len(await fetched(scene, picture)) > 50

    await scene.act("menu", channel=DIRECT, name="Edit with Seedream", message=original)
    await scene.until(lambda: bool(scene.core.drafts))
    ((_, pictures),) = scene.core.drafts.items()
    assert [one.address.partition("?")[0] for one in pictures.attachments] == [picture.address.partition("?")[0]]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"embeds": [TENOR]}, id="tenor"),
        pytest.param({"stickers": ["blob"]}, id="a Lottie sticker"),
    ],
)
async def test_a_picture_that_discord_does_not_hold(scene: Scene, options: dict[str, Any]) -> None:
    """It is known to be there and not to be usable, in a message replied to and in the member's own."""
    original, own = await written(scene, "message", channel=DIRECT, text="look at this", options=options)
    assert (own.unusable, own.attachments) == (True, ())
    message = await heard(scene, "reply", channel=DIRECT, message=original, text="make it night")
    assert message.pointed == (PointedMessage(message=original, relation=Relation.REPLIED, unusable=True),)
    await scene.until(lambda: scene.last(DIRECT)["text"] == "refused REF UNUSABLE")
    act = await scene.act("menu", channel=DIRECT, name="Edit with Seedream", message=original)
    assert [one["text"] for one in act["private"]] == ["refused REFS REQUIRED"]


async def test_the_preview_of_a_page(scene: Scene) -> None:
    """Who replies to it points at its picture; who only names an address does not."""
    original, own = await written(
        scene, "message", channel=DIRECT, text="as on https://news.example/1", options={"embeds": [PAGE]}
    )
    message = await heard(scene, "reply", channel=DIRECT, message=original, text="make it night")
    assert (own.unusable, message.pointed[0].unusable) == (False, True)


async def test_a_forward_is_read_like_an_own_message(scene: Scene) -> None:
    """Forwarded files are the message's own; a sticker alone is small talk."""
    original = await scene.act("message", text="a fox", files=[FOX])
    source = scene.channel
    message = await heard(scene, "forward", channel=DIRECT, message=original["id"], options={"from": source})
    assert (message.text, message.pointed, [file.name for file in message.attachments]) == ("", (), ["fox.png"])
    alone = await heard(scene, "message", channel=DIRECT, options={"stickers": ["wave"]})
    assert alone == MemberMessage(text="", heard=Heard.DIRECT)


@pytest.mark.parametrize("referenced", ["null", "absent"])
async def test_a_reply_without_its_message_asks_for_it(scene: Scene, referenced: str) -> None:
    """Once, and the picture is used."""
    original, _ = await written(scene, "message", channel=DIRECT, text="a fox", files=[FOX])
    options = {"referenced": referenced}
    message = await heard(scene, "reply", channel=DIRECT, message=original, text="as night", options=options)
    assert [picture.name for picture in message.pointed[0].pictures] == ["fox.png"]
    assert len(scene.requests("GET", f"/messages/{original}")) == 1


@pytest.mark.parametrize("fault", ["error:404:10008", "error:403:50001", "503"])
async def test_a_replied_message_that_cannot_be_had_is_unread(scene: Scene, fault: str) -> None:
    """It is not taken for one without a picture."""
    original, _ = await written(scene, "message", channel=DIRECT, text="a fox", files=[FOX])
    scene.stage.faults.add(Fault(where="discord.rest:GET /channels/*", what=fault, times=9))
    options = {"referenced": "absent"}
    message = await heard(scene, "reply", channel=DIRECT, message=original, text="as night", options=options)
    assert message.pointed == (PointedMessage(message=original, relation=Relation.REPLIED, unread=True),)


async def test_a_reply_whose_message_is_missing_is_heard_by_its_ping(scene: Scene) -> None:
    """Whether it is a reply to the bot is then known only from whom it pings."""
    await scene.act("message", text="@bot hello")
    await scene.until(lambda: scene.last()["author"] == "bot")
    ours = scene.last()["id"]
    message = await heard(scene, "reply", message=ours, text="make it night", options={"referenced": "absent"})
    assert (message.heard, message.pointed[0].message, message.pointed[0].by_bot) == (Heard.REPLY, ours, True)


async def test_withheld_content_is_unread(scene: Scene) -> None:
    """Without the privileged intent Discord sends nothing of a message between members, not over REST either; stickers it sends."""
    original = await scene.act("message", user="bob", text="a fox", files=[FOX])
    message = await heard(scene, "reply", message=original["id"], text="@bot make it night")
    assert (message.pointed[0].unread, scene.requests("GET", "/messages/")) == (True, [])
    await scene.until(lambda: scene.last()["text"] == "refused REF HIDDEN")
    waving = await scene.act("message", user="bob", text="hi", options={"stickers": ["wave"]})
    message = await heard(scene, "reply", message=waving["id"], text="@bot make it night")
    assert (message.pointed[0].unread, len(message.pointed[0].pictures)) == (False, 1)


async def test_a_mention_in_the_thread_of_a_picture(scene: Scene) -> None:
    """The thread's first message is asked for once, if the mention points at nothing else; both have one place."""
    start = await scene.act("message", text="@bot like this fox", files=[FOX])
    await scene.arrival()
    await scene.act("message", thread=start["id"], text="@bot make it night")
    arrival = await scene.arrival()
    assert isinstance(arrival.command, Generate)
    (source,) = arrival.command.references
    assert isinstance(source, MessagePictures)
    assert (source.message, [picture.name for picture in source.attachments]) == (start["id"], ["fox.png"])
    assert scene.core.messages[-1].pointed[0].relation is Relation.THREAD_START
    asked = len(scene.requests("GET", f"/messages/{start['id']}"))
    own = await heard(scene, "message", thread=start["id"], text="@bot as night", files=[FOX])
    assert (asked, own.pointed, len(scene.requests("GET", f"/messages/{start['id']}"))) == (1, (), 1)
    await scene.act("command", name="imagine", options={"prompt": "a hen"}, thread=start["id"])
    places = {(await scene.arrival()).origin.place, (await scene.arrival()).origin.place, arrival.origin.place}
    assert places == {start["id"]}


async def test_the_thread_of_a_result(scene: Scene) -> None:
    """The core finds the job by the message's id, even where the message could not be read."""
    await scene.act("message", text="@bot hello")
    await scene.until(lambda: scene.last()["author"] == "bot")
    ours = scene.last()["id"]
    scene.core.jobs[MessageId(ours)] = MessageJob(job=JobId("0123456789ab"), requester=UserId("discord:1"), pictures=())
    scene.stage.faults.add(Fault(where="discord.rest:GET /channels/*", what="503", times=9))
    message = await heard(scene, "message", thread=ours, text="@bot make it night")
    assert message.pointed == (PointedMessage(message=MessageId(ours), relation=Relation.THREAD_START, unread=True),)


async def test_a_thread_that_discord_does_not_show_takes_mentions(scene: Scene) -> None:
    """Its first message is withheld for ever: refusing would close most threads to the bot."""
    start = await scene.act("message", user="bob", text="what shall we do?")
    message = await heard(scene, "message", thread=start["id"], text="@bot a red fox")
    assert message.pointed == ()


async def test_names_and_emoji_in_a_message(scene: Scene) -> None:
    """As members read them."""
    message = await heard(scene, "message", text="@bot a portrait of @bob with :pepe: <t:1796120400:D>")
    assert message.text == "a portrait of Bob with :pepe: 2026-12-01"
    await scene.act("command", name="imagine", options={"prompt": f"<@{scene.ada}> and <:pepe:12>"})
    await scene.arrival()
    command = (await scene.arrival()).command
    assert isinstance(command, Generate)
    assert command.prompt == "someone and :pepe:"
