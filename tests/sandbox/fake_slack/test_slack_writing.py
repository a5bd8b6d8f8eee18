"""What members write beyond words and files: forwards, previews, emoji; and what Slack sends of an edit."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.contracts import ControlError, JsonObject
from tests.sandbox.fake_slack.workspace import Workspace, act_file, connected, open_workspace, picture


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as opened:

        @opened.app.event("message")
        async def message(event: dict[str, Any]) -> None:
            opened.received.append(event)

        @opened.app.event("app_mention")
        async def mention(event: dict[str, Any]) -> None:
            opened.received.append(event)

        async with connected(opened):
            yield opened


async def received(workspace: Workspace, count: int) -> list[JsonObject]:
    await workspace.wait_until(lambda: len(workspace.received) >= count)
    return workspace.received


async def test_a_forward(workspace: Workspace) -> None:
    """The message comes in an attachment with its files; what is typed with it is the new message's text."""
    original = await workspace.act(kind="message", text="my *fox*", files=[act_file("fox.png", picture())])
    await received(workspace, 1)
    await workspace.act(kind="forward", user="bob", message=original["id"], text="@bot make it night")
    event = next(one for one in await received(workspace, 3) if one["type"] == "app_mention")
    (share,) = event["attachments"]
    assert ("files" in event, share["is_share"], share["is_msg_unfurl"], share["ts"]) == (False, True, True, original["id"])
    assert (share["text"], share["channel_id"], share["author_name"]) == ("my *fox*", workspace.channel("art"), "ada")
    assert [file["name"] for file in share["files"]] == ["fox.png"]
    assert share["message_blocks"][0]["message"]["blocks"][0]["type"] == "rich_text"
    assert share["from_url"].endswith(f"/archives/{workspace.channel('art')}/p{original['id'].replace('.', '')}")


async def test_what_slack_adds_to_a_message(workspace: Workspace) -> None:
    """Previews of links, and a picture from the picker of GIFs."""
    preview = {"id": 1, "image_url": "https://media.giphy.com/1.gif", "from_url": "https://giphy.com/1"}
    gif = {"type": "image", "image_url": "https://media.tenor.com/1.gif", "alt_text": "a fox"}
    await workspace.act(kind="message", text="look", options={"attachments": [preview], "blocks": [gif]})
    (event,) = await received(workspace, 1)
    assert (event["attachments"], event["blocks"][1:]) == ([preview], [gif])


async def test_emoji_in_a_line(workspace: Workspace) -> None:
    """Rich text says which character an emoji is; the workspace's own is none."""
    await workspace.act(kind="message", text="a :fox_face: and :pepe: at 10:30:15")
    (event,) = await received(workspace, 1)
    elements = event["blocks"][0]["elements"][0]["elements"]
    assert event["text"] == "a :fox_face: and :pepe: at 10:30:15"
    assert [one for one in elements if one["type"] == "emoji"] == [
        {"type": "emoji", "name": "fox_face", "unicode": "1f98a"},
        {"type": "emoji", "name": "pepe"},
    ]


async def test_an_edit_sends_the_mention_once_more(workspace: Workspace) -> None:
    """Under the message's own timestamp, beside the change; without a mention the change alone, in direct messages too."""
    asked = await workspace.act(kind="message", text="@bot a fox")
    await received(workspace, 2)
    await workspace.act(kind="edit", message=asked["id"], text="@bot a hen")
    changed, again = (await received(workspace, 4))[2:]
    if changed["type"] == "app_mention":
        changed, again = again, changed
    assert (changed["subtype"], changed["hidden"], changed["message"]["ts"]) == ("message_changed", True, asked["id"])
    assert (changed["previous_message"]["text"].endswith("a fox"), changed["message"]["text"].endswith("a hen")) == (True, True)
    assert (again["type"], again["ts"], again["edited"]["ts"]) == ("app_mention", asked["id"], again["event_ts"])
    direct = await workspace.act(kind="message", channel="dm:ada", text="a fox")
    await workspace.act(kind="edit", channel="dm:ada", message=direct["id"], text="@bot a hen")
    assert [one.get("subtype") for one in (await received(workspace, 6))[4:]] == [None, "message_changed"]
    await workspace.act(kind="delete", channel="dm:ada", message=direct["id"])
    assert (await received(workspace, 7))[6]["subtype"] == "message_deleted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "forward", "message": "1.2", "text": "x"},
        {"kind": "forward", "message": "{message}", "files": [act_file("fox.png", b"x")]},
        {"kind": "forward", "message": "{message}", "options": {"from": "nowhere"}},
        {"kind": "message", "text": "x", "options": {"blocks": "x"}},
        {"kind": "message", "text": " "},
        {"kind": "edit", "user": "bob", "message": "{message}", "text": "x"},
        {"kind": "delete", "user": "bob", "message": "{message}"},
    ],
)
async def test_what_slack_does_not_let_members_do(workspace: Workspace, wrong: JsonObject) -> None:
    """It is refused, as its own client refuses it."""
    message = await workspace.act(kind="message", text="mine")
    with pytest.raises(ControlError):
        await workspace.act(**{**wrong, "message": str(wrong.get("message", "")).format(message=message["id"])})
