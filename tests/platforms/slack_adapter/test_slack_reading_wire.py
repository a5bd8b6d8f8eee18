"""The pictures that members point at, over the real protocol: forwarded, in a thread, and where Slack does not say; and edits."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands.command import Attachment, Generate, Options
from bot.commands.message import Heard, MemberMessage, Relation
from bot.ids import MessageId
from sandbox.slack.api.tokens import SCOPES
from tests.platforms.scene import member_file, png, result, result_message
from tests.platforms.slack_adapter.slack_scene import Scene, open_scene

FOX, OWL, HEN = (member_file(f"{name}.png", png(side, side)) for side, name in enumerate(("fox", "owl", "hen"), 5))
GIPHY = {
    "attachments": [{"id": 1, "title": "fox", "image_url": "https://media.giphy.com/fox.gif", "from_url": "https://giphy.com/1"}]
}
PICKED_GIF = {"blocks": [{"type": "image", "image_url": "https://media.tenor.com/fox.gif", "alt_text": "fox"}]}
DIRECT = "dm:ada"


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


async def heard(slack: Scene, kind: str, *, said: str = "make it night", **more: Any) -> MemberMessage:
    """What the core is asked to interpret; a mention comes twice."""
    before = len(slack.core.messages)
    await slack.act(kind, text=more.pop("text", f"@bot {said}"), **more)

    def found() -> list[MemberMessage]:
        return [message for message in slack.core.messages[before:] if message.text == said]

    await slack.until(lambda: bool(found()))
    return found()[0]


def names(attachments: tuple[Attachment, ...]) -> list[str]:
    return [attachment.name for attachment in attachments]


@pytest.mark.parametrize("channel", ["general", DIRECT])
async def test_a_forwarded_message_brings_its_files(slack: Scene, channel: str) -> None:
    """They are the new message's own, and *Edit with Seedream* finds the same ones."""
    original = await slack.act("message", user="bob", text="my fox", files=[FOX])
    options = {"from": slack.channel()}
    message = await heard(slack, "forward", channel=channel, message=original["id"], options=options, text="@bot make it night")
    assert (message.text, names(message.attachments)) == ("make it night", ["fox.png"])
    assert await slack.platform.fetch(message.attachments[0], most_bytes=1 << 20) == png(5, 5)
    forwarded = slack.last(channel)["id"] if channel == DIRECT else slack.seen()[1]["id"]
    await slack.act("menu", channel=channel, name="edit_with", message=forwarded)
    await slack.until(lambda: bool(slack.core.drafts))
    ((_, pictures),) = slack.core.drafts.items()
    assert pictures.attachments == message.attachments


async def test_the_whole_thread_is_pointed_at(slack: Scene, tmp_path: Path) -> None:
    """Its first message and earlier replies with pictures, ours too, in their order; by one call, and nothing later."""
    start = (await slack.act("message", user="bob", text="my fox", files=[FOX]))["id"]
    await slack.act("reply", message=start, user="cyd", text="nice")
    owl = (await slack.act("reply", message=start, user="cyd", text="and an owl", files=[OWL]))["id"]
    first = await slack.act_and_receive("reply", message=start, text="@bot make it night", files=[HEN])
    posted = await slack.platform.post(result_message(first.origin, result(tmp_path, 1)))
    calls = len(slack.calls("conversations.replies"))
    message = await heard(slack, "reply", message=start, said="as a watercolour")
    await slack.until(lambda: [one.text for one in slack.core.messages].count("as a watercolour") == 2)
    assert len(slack.calls("conversations.replies")) == calls + 1

    channel = slack.channel()
    root, *earlier = message.pointed
    assert (root.message, root.relation, names(root.pictures)) == (f"{channel}:{start}", Relation.THREAD_START, ["fox.png"])
    assert root.aliases == (f"{channel}:{start}:thread",)
    assert [(one.by_bot, names(one.pictures)[0]) for one in earlier[:2]] == [(False, "owl.png"), (False, "hen.png")]
    assert (earlier[0].message, earlier[2].message, earlier[2].by_bot) == (f"{channel}:{owl}", posted.message, True)
    assert {one.relation for one in earlier} == {Relation.EARLIER_IN_THREAD}
    assert [one.unread for one in message.pointed] == [False] * 4


@pytest.mark.parametrize("fault", ["429:30", "slow:3", "error:missing_scope", "503"])
async def test_a_thread_that_cannot_be_read_is_unread(slack: Scene, fault: str) -> None:
    """The event is still acknowledged in time, the member is answered, and nothing is made."""
    start = (await slack.act("message", user="bob", text="my fox", files=[FOX]))["id"]
    slack.fault("slack.api:conversations.replies", fault, times=9)
    message = await heard(slack, "reply", message=start)
    (root,) = message.pointed
    assert (root.unread, root.pictures, root.aliases) == (True, (), (f"{slack.channel()}:{start}:thread",))
    await slack.until(lambda: slack.last()["text"] == "refused REF UNREAD")
    assert (slack.last()["private_to"], slack.core.arrivals.empty()) == ("ada", True)


async def test_a_thread_is_unread_without_the_scope(tmp_path: Path) -> None:
    """The workspace did not grant the history of channels."""
    granted = [scope for scope in SCOPES if not scope.endswith(":history")]
    async with open_scene(tmp_path, scopes=granted) as slack:
        start = (await slack.act("message", user="bob", text="my fox", files=[FOX]))["id"]
        message = await heard(slack, "reply", message=start)
        assert message.pointed[0].unread


@pytest.mark.parametrize("options", [GIPHY, PICKED_GIF])
async def test_a_picture_that_slack_does_not_hold(slack: Scene, options: dict[str, Any]) -> None:
    """It is known to be there and not to be usable, at a thread's start and in the member's own message."""
    start = (await slack.act("message", user="bob", text="look", options=options))["id"]
    message = await heard(slack, "reply", message=start)
    assert (message.pointed[0].unusable, message.pointed[0].unread, message.pointed[0].pictures) == (True, False, ())
    own = await heard(slack, "message", said="as night", options=options)
    assert (own.unusable, own.attachments) == (True, ())


async def test_the_preview_of_a_page(slack: Scene) -> None:
    """It is no picture that a thread is about: most links have one."""
    page = {"id": 1, "title": "News", "text": "What happened", "image_url": "https://news.example/1.jpg"}
    small = {"id": 2, "title": "News", "thumb_url": "https://news.example/2.jpg"}
    start = (await slack.act("message", user="bob", text="look", options={"attachments": [page, small]}))["id"]
    message = await heard(slack, "reply", message=start, said="a red fox")
    assert [(one.unusable, one.pictures) for one in message.pointed] == [(False, ())]


async def test_a_message_edited_after_a_refusal_is_answered_again(slack: Scene) -> None:
    """Each edition once; and what is right then becomes a job."""
    asked = await slack.act("message", text="@bot a fox --cuont 2")
    await slack.until(lambda: len(slack.seen()) == 2)
    await slack.act("edit", message=asked["id"], text="@bot a fox --cuont 3")
    await slack.until(lambda: len(slack.seen()) == 3)
    assert [one["text"] for one in slack.seen()[1:]] == ["refused UNKNOWN FLAG"] * 2
    await slack.act("edit", message=asked["id"], text="@bot a fox --count 3")
    assert (await slack.arrival()).command == Generate(verb="imagine", prompt="a fox", options=Options(count=3))
    assert len(slack.seen()) == 3


async def test_an_edit_of_a_message_that_became_a_job_makes_nothing(slack: Scene) -> None:
    """Neither a second job nor an answer, in a channel and in direct messages."""
    for channel, text in (("general", "@bot a fox"), (DIRECT, "a fox")):
        asked = await slack.act("message", channel=channel, text=text)
        await slack.arrival()
        await slack.act("edit", channel=channel, message=asked["id"], text=f"{text} in snow")
        await slack.act("edit", channel=channel, message=asked["id"], text=f"{text} --cuont 3")
        assert await slack.nothing_arrives()
        assert [one["author"] for one in slack.seen(channel) if one["id"] > asked["id"] and one["author"] == "bot"][1:] == []


async def test_an_edited_direct_message_is_read_again(slack: Scene) -> None:
    """Of it Slack sends only the change; a preview that is added is none, and neither is an edit long after."""
    asked = await slack.act("message", channel=DIRECT, text="a fox --cuont 2")
    await slack.until(lambda: len(slack.seen(DIRECT)) == 2)
    await slack.act("edit", channel=DIRECT, message=asked["id"], text="a fox --count 2")
    arrival = await slack.arrival()
    assert arrival.command == Generate(verb="imagine", prompt="a fox", options=Options(count=2))
    assert arrival.events[0] == f"slack:{slack.slack.world.find_channel(DIRECT).id}:{asked['id']}"  # type: ignore[union-attr]
    old = await slack.act("message", channel=DIRECT, text="hello", age_s=3600)
    await slack.until(lambda: slack.last(DIRECT)["text"] == "SayGreeting")
    await slack.act("edit", channel=DIRECT, message=old["id"], text="a red hen")
    assert await slack.nothing_arrives()


async def test_names_and_emoji_in_a_message(slack: Scene) -> None:
    """As members read them; Slack sends no names."""
    text = "@bot a :fox_face: for @bob and :pepe:"
    message = await heard(slack, "message", text=text, said="a 🦊 for someone and :pepe:")
    assert message.heard is Heard.MENTION


async def test_the_place_of_a_thread_is_one(slack: Scene) -> None:
    """For the mention that begins it, for replies and for buttons there; a channel is none, direct messages are one."""
    asked = await slack.act("message", text="@bot a red fox")
    first = (await slack.arrival()).origin
    await slack.act("reply", message=asked["id"], text="@bot a hen")
    second = (await slack.arrival()).origin
    assert (first.place, second.place) == (f"{slack.channel()}:{asked['id']}",) * 2
    assert (await slack.act_and_receive("command", name="imagine", text="a fox")).origin.place is None
    direct = slack.slack.world.find_channel(DIRECT)
    assert direct is not None
    for kind, more in (("message", {"text": "a fox"}), ("command", {"name": "imagine", "text": "a fox"})):
        assert (await slack.act_and_receive(kind, channel=DIRECT, **more)).origin.place == direct.id


async def test_a_thread_too_long_to_be_read_whole(slack: Scene) -> None:
    """What is beyond one page could show a picture."""
    start = (await slack.act("message", user="bob", text="a long talk"))["id"]
    for _ in range(200):
        await asyncio.sleep(0)
        await slack.act("reply", message=start, user="cyd", text="yes")
    message = await heard(slack, "reply", message=start)
    assert message.pointed[0].unread
    assert MessageId(f"{slack.channel()}:{start}") == message.pointed[0].message
