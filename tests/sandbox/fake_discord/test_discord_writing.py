"""What members write beyond words and files: stickers, embeds, components, forwards, edits, deletions."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.contracts import ControlError, JsonObject
from tests.sandbox.fake_discord.raw_client import GatewaySocket, RawClient, act_files, open_client, png

EMBED: JsonObject = {"title": "A fox", "image": {"url": "attachment://fox.png"}}
PREVIEW: JsonObject = {"type": "gifv", "url": "https://tenor.com/1", "thumbnail": {"url": "https://media.tenor.com/a.png"}}
GALLERY: JsonObject = {"type": 12, "items": [{"media": {"url": "attachment://fox.png"}}]}
FOX = act_files(("fox.png", png()))
DIRECT = "dm:ada"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[RawClient]:
    async with open_client(tmp_path) as opened:
        yield opened


@pytest.fixture
async def socket(client: RawClient) -> AsyncIterator[GatewaySocket]:
    opened = await client.identify()
    yield opened
    await opened.raw.close()


async def act(client: RawClient, kind: str, **more: Any) -> str:
    return str((await client.discord.act({"user": "ada", "channel": DIRECT, "kind": kind, **more}))["id"])


async def test_a_message_of_another_app_or_a_preview(client: RawClient, socket: GatewaySocket) -> None:
    """Files that an embed shows are only there; a picture of another site comes with the address of Discord's proxy."""
    await act(client, "message", files=FOX, options={"embeds": [EMBED, PREVIEW]})
    message = await socket.event("MESSAGE_CREATE")
    shown, preview = message["embeds"]
    assert (message["attachments"], shown["image"]["width"]) == ([], 8)
    assert (await client.get(shown["image"]["url"]))[0] == 200
    assert preview["thumbnail"]["proxy_url"].startswith("https://images-ext-1.discordapp.net/external/")
    assert preview["thumbnail"]["proxy_url"].endswith("/https/media.tenor.com/a.png")


async def test_a_message_of_components(client: RawClient, socket: GatewaySocket) -> None:
    """It has no other content."""
    await act(client, "message", files=FOX, options={"components": [GALLERY]})
    message = await socket.event("MESSAGE_CREATE")
    assert (message["attachments"], message["content"], message["flags"]) == ([], "", 1 << 15)
    assert message["components"][0]["items"][0]["media"]["content_type"] == "image/png"


@pytest.mark.parametrize(
    ("name", "number", "host", "suffix", "media_type"),
    [
        ("wave", 1, "cdn.discordapp.com", "png", "image/png"),
        ("spin", 2, "cdn.discordapp.com", "png", "image/png"),
        ("blob", 3, "cdn.discordapp.com", "json", "application/json"),
        ("dance", 4, "media.discordapp.net", "gif", "image/gif"),
    ],
)
async def test_stickers(
    client: RawClient, socket: GatewaySocket, name: str, number: int, host: str, suffix: str, media_type: str
) -> None:
    """Discord sends them without their address, and never withholds them; each format is at one host only."""
    await act(client, "message", user="bob", channel="general", text="hi", options={"stickers": [name]})
    message = await socket.event("MESSAGE_CREATE")
    (sticker,) = message["sticker_items"]
    assert (message["content"], sticker["name"], sticker["format_type"]) == ("", name, number)
    status, headers, body = await client.get(f"https://{host}/stickers/{sticker['id']}.{suffix}")
    assert (status, headers["Content-Type"], len(body) > 50) == (200, media_type, True)
    other = {"cdn.discordapp.com": "media.discordapp.net", "media.discordapp.net": "cdn.discordapp.com"}[host]
    assert (await client.get(f"https://{other}/stickers/{sticker['id']}.{suffix}"))[0] == 404


async def test_a_forward(client: RawClient, socket: GatewaySocket) -> None:
    """It is a message of its own that shows another as it was; its files can be fetched."""
    original = await act(client, "message", text="my fox", files=FOX)
    await socket.event("MESSAGE_CREATE")
    await act(client, "forward", message=original)
    message = await socket.event("MESSAGE_CREATE")
    assert (message["content"], message["attachments"], message["type"], message["flags"]) == ("", [], 0, 1 << 14)
    assert (message["message_reference"]["type"], message["message_reference"]["message_id"]) == (1, original)
    (snapshot,) = message["message_snapshots"]
    assert (snapshot["message"]["content"], "author" in snapshot["message"]) == ("my fox", False)
    assert (await client.get(snapshot["message"]["attachments"][0]["url"]))[0] == 200
    assert [file["name"] for file in client.discord.seen(DIRECT)[1]["files"]] == ["fox.png"]


async def test_a_forward_between_members_is_withheld(client: RawClient, socket: GatewaySocket) -> None:
    """Like every message that does not mention the bot."""
    original = await act(client, "message", channel="general", text="my fox", files=FOX)
    await socket.event("MESSAGE_CREATE")
    await act(client, "forward", channel="general", message=original)
    (snapshot,) = (await socket.event("MESSAGE_CREATE"))["message_snapshots"]
    assert (snapshot["message"]["content"], snapshot["message"]["attachments"]) == ("", [])


@pytest.mark.parametrize(("referenced", "told"), [("null", {"referenced_message": None}), ("absent", {})])
async def test_a_reply_whose_message_is_not_sent(
    client: RawClient, socket: GatewaySocket, referenced: str, told: JsonObject
) -> None:
    """The event says that it is gone, or nothing; asked for, the reply is as ever."""
    original = await act(client, "message", text="my fox", files=FOX)
    await socket.event("MESSAGE_CREATE")
    await act(client, "reply", message=original, text="as night", options={"referenced": referenced})
    message = await socket.event("MESSAGE_CREATE")
    assert message["message_reference"]["message_id"] == original
    assert {key: value for key, value in message.items() if key == "referenced_message"} == told
    asked = await client.call("GET", f"/channels/{message['channel_id']}/messages/{message['id']}")
    assert asked.body["referenced_message"]["id"] == original


async def test_edits_and_deletions(client: RawClient, socket: GatewaySocket) -> None:
    """Each has its event."""
    message = await act(client, "message", text="a fox")
    await socket.event("MESSAGE_CREATE")
    await act(client, "edit", message=message, text="a hen")
    changed = await socket.event("MESSAGE_UPDATE")
    assert (changed["id"], changed["content"], changed["edited_timestamp"] is None) == (message, "a hen", False)
    await act(client, "delete", message=message)
    assert (await socket.event("MESSAGE_DELETE"))["id"] == message
    assert client.discord.seen(DIRECT) == []


async def test_the_servers_emoji(client: RawClient, socket: GatewaySocket) -> None:
    """The client sends a token for it."""
    await act(client, "message", text="a :pepe: at 10:30:15 and :other:")
    content = (await socket.event("MESSAGE_CREATE"))["content"]
    assert content == f"a <:pepe:{client.discord.world.emoji['pepe']}> at 10:30:15 and :other:"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "message", "options": {"stickers": ["unknown"]}},
        {"kind": "message", "options": {"stickers": ["wave"] * 4}},
        {"kind": "message", "options": {"embeds": [EMBED]}},
        {"kind": "message", "options": {"embeds": [{"title": "x" * 257}]}},
        {"kind": "message", "text": "words", "files": FOX, "options": {"components": [GALLERY]}},
        {"kind": "message", "options": {"components": [GALLERY]}},
        {"kind": "message", "text": "x", "options": {"referenced": "null"}},
        {"kind": "forward", "message": "{message}", "text": "with words"},
        {"kind": "forward", "message": "1"},
        {"kind": "edit", "message": "{message}", "text": " "},
        {"kind": "edit", "message": "{theirs}", "text": "x"},
        {"kind": "delete", "message": "{theirs}"},
    ],
)
async def test_what_discord_does_not_let_members_do(client: RawClient, wrong: JsonObject) -> None:
    """It is refused, as its own client refuses it."""
    own = await act(client, "message", channel="general", text="mine")
    theirs = await act(client, "message", channel="general", user="bob", text="theirs")
    named = {"message": str(wrong.get("message", "")).format(message=own, theirs=theirs)}
    with pytest.raises(ControlError):
        await act(client, **{"channel": "general", **wrong, **named})
