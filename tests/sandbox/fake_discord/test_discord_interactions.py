"""Commands, buttons and modals on the wire: deadlines, tokens, and what a member sees."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.contracts import ControlError, JsonObject
from sandbox.faults import Fault
from tests.sandbox.fake_discord.raw_client import (
    EDIT,
    IMAGINE,
    GatewaySocket,
    RawClient,
    act_files,
    button,
    open_client,
    png,
    row,
)

FORM: JsonObject = {
    "custom_id": "edit:1",
    "title": "Edit this picture",
    "components": [
        {"type": 18, "label": "Words", "component": {"type": 4, "custom_id": "words", "style": 1, "min_length": 3}},
        {"type": 18, "label": "Pictures", "component": {"type": 19, "custom_id": "files", "max_values": 2, "required": False}},
        {
            "type": 18,
            "label": "Size",
            "component": {
                "type": 3,
                "custom_id": "size",
                "options": [{"label": "Two", "value": "2K", "default": True}, {"label": "Four", "value": "4K"}],
            },
        },
    ],
}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[RawClient]:
    async with open_client(tmp_path) as opened:
        await opened.sync(IMAGINE, EDIT)
        yield opened


@pytest.fixture
async def socket(client: RawClient) -> AsyncIterator[GatewaySocket]:
    opened = await client.identify()
    yield opened
    await opened.raw.close()


async def imagine(client: RawClient, socket: GatewaySocket, **act: Any) -> tuple["asyncio.Task[JsonObject]", JsonObject]:
    return await client.invoke(socket, **{"kind": "command", "name": "imagine", "options": {"prompt": "a fox"}} | act)


async def test_interaction_payload(client: RawClient, socket: GatewaySocket) -> None:
    """The interaction contains typed options, resolved objects, user and server, and the limits of the place."""
    options = {"prompt": "a fox", "count": 2, "size": "Large", "private": True, "who": "cyd", "image2": "file:1"}
    task, interaction = await imagine(client, socket, options=options, files=act_files(("a.png", png()), ("b c.png", png(4, 3))))
    await client.answer(interaction, 5)
    data = interaction["data"]
    values = {option["name"]: option["value"] for option in data["options"]}
    uploads = data["resolved"]["attachments"]

    assert (await task)["private"] == []
    assert {name: values[name] for name in ("prompt", "count", "size", "private")} == {
        "prompt": "a fox",
        "count": 2,
        "size": "4K",
        "private": True,
    }
    assert (uploads[values["image2"]]["filename"], uploads[values["image1"]]["filename"]) == ("a.png", "b_c.png")
    assert "/ephemeral-attachments/" in uploads[values["image1"]]["url"]
    assert data["resolved"]["users"][client.users["cyd"]]["username"] == "cyd"
    assert interaction["member"]["user"]["id"] == client.users["ada"]
    assert interaction["authorizing_integration_owners"] == {"0": client.world.guild.id}
    assert (interaction["context"], interaction["attachment_size_limit"]) == (0, 20 * 1024 * 1024)
    assert (interaction["locale"], interaction["guild_locale"], interaction["entitlements"]) == ("en-US", "en-US", [])
    assert int(interaction["app_permissions"]) & 1 << 15


@pytest.mark.parametrize(
    "act",
    [
        {"name": "unknown"},
        {"options": {}},
        {"options": {"prompt": "x" * 51}},
        {"options": {"prompt": "x", "nonsense": 1}},
        {"options": {"prompt": "x", "count": 5}},
        {"options": {"prompt": "x", "count": "2"}},
        {"options": {"prompt": "x", "size": "8K"}},
        {"options": {"prompt": "x", "private": "yes"}},
        {"options": {"prompt": "x", "who": "zoe"}},
        {"options": {"prompt": "x", "image1": "file:2"}, "files": act_files(("a.png", b"0"))},
        {"files": act_files(("a.png", b"0"), ("b.png", b"0"), ("c.png", b"0"))},
        {"user": "zoe"},
        {"channel": "nowhere"},
        {"channel": "dm:bob"},
        {"kind": "dance"},
        {"kind": "message", "text": ""},
        {"kind": "reply", "message": "1", "text": "x"},
        {"kind": "press", "message": "1", "action": "x"},
        {"kind": "submit", "action": "x"},
        {"kind": "menu", "name": "Edit with Seedream", "message": "1"},
    ],
)
async def test_refused_acts(client: RawClient, act: JsonObject) -> None:
    """What Discord's own client would not send never becomes an interaction."""
    whole = {"user": "ada", "channel": "art", "kind": "command", "name": "imagine", "options": {"prompt": "x"}} | act
    with pytest.raises(ControlError):
        await client.discord.act(whole)


async def test_a_form_callback_of_another_library(client: RawClient, socket: GatewaySocket) -> None:
    """A callback may also be a form with `payload_json`, as py-cord sends it; no callback has a rate limit of its own."""
    act, interaction = await imagine(client, socket)
    path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
    form = {"payload_json": json.dumps({"type": 4, "data": {"content": "hello"}})}
    url = f"https://discord.com/api/v10{path}"
    async with client.http.post(url, data=form, proxy=client.proxy, ssl=client.tls) as reply:
        assert reply.status == 204
        assert "X-RateLimit-Bucket" not in reply.headers
    await act

    assert [message["text"] for message in client.discord.seen("art")] == ["hello"]


@pytest.mark.parametrize(("kind", "data"), [(5, None), (9, FORM)])
async def test_only_messages_are_a_resource(client: RawClient, socket: GatewaySocket, kind: int, data: JsonObject | None) -> None:
    """`with_response` names no resource for a deferred response or a form."""
    act, interaction = await imagine(client, socket)
    reply = await client.answer(interaction, kind, data, "?with_response=1")
    await act

    assert reply.body["interaction"]["id"] == interaction["id"]
    assert "resource" not in reply.body


async def test_a_callback_with_response(client: RawClient, socket: GatewaySocket) -> None:
    """`with_response` returns the message; the act returns the time until the acknowledgement."""
    task, interaction = await imagine(client, socket)
    reply = await client.answer(interaction, 4, {"content": "hello", "flags": 64}, "?with_response=1")
    done = await task
    message = reply.body["resource"]["message"]

    assert reply.body["interaction"] == {
        "id": interaction["id"],
        "type": 2,
        "response_message_id": message["id"],
        "response_message_loading": False,
        "response_message_ephemeral": True,
    }
    assert (message["content"], message["flags"] & 64, message["type"]) == ("hello", 64, 20)
    assert done["id"] == interaction["id"]
    assert 0 <= done["acknowledged_ms"] < 3000
    assert [(one["text"], one["private_to"]) for one in done["private"]] == [("hello", "ada")]
    hidden = await client.call("GET", f"/channels/{client.channels['art']}/messages/{message['id']}")
    assert hidden.error == (404, 10008)


async def test_an_interaction_is_answered_once(client: RawClient, socket: GatewaySocket) -> None:
    """A webhook call before the response, a second response, and a response of the wrong type have their own codes."""
    task, interaction = await imagine(client, socket)
    early = await client.webhook(interaction, "POST", body={"content": "x"})
    wrong = await client.answer(interaction, 6)
    unknown = await client.answer(interaction | {"token": "x"}, 5)
    first = await client.answer(interaction, 5)
    second = await client.answer(interaction, 5)
    await task

    assert [early.error, wrong.error, unknown.error] == [(404, 10015), (400, 50035), (404, 10062)]
    assert (first.status, second.error) == (204, (400, 40060))


async def test_a_late_callback_is_unknown(tmp_path: Path) -> None:
    """After the deadline, the act is unacknowledged and the callback is refused."""
    async with open_client(tmp_path, callback_timeout_s=0.05) as client:
        await client.sync(IMAGINE)
        socket = await client.identify()
        task, interaction = await imagine(client, socket)
        done = await task
        reply = await client.answer(interaction, 5)
        await socket.raw.close()

        assert (done["acknowledged_ms"], done["private"]) == (None, [])
        assert reply.error == (404, 10062)


async def test_slow_request_makes_a_callback_late(tmp_path: Path) -> None:
    """The deadline applies to the arrival of the request, not to its sending."""
    async with open_client(tmp_path, callback_timeout_s=0.05) as client:
        await client.sync(IMAGINE)
        socket = await client.identify()
        task, interaction = await imagine(client, socket)
        client.runtime.faults.add(Fault(where="discord.rest:POST /interactions/*", what="slow:0.1", times=1))
        reply = await client.answer(interaction, 5)
        await task
        await socket.raw.close()

        assert reply.error == (404, 10062)


async def test_token_expires_after_fifteen_minutes(client: RawClient, socket: GatewaySocket) -> None:
    """The token expires fifteen minutes after the interaction's id, even if it was acknowledged late."""
    task, interaction = await imagine(client, socket, age_s=890)
    await client.answer(interaction, 5)
    is_valid = await client.webhook(interaction, "PATCH", "/messages/@original", {"content": "in time"})
    client.runtime.clock.advance(11)
    dead = await client.webhook(interaction, "PATCH", "/messages/@original", {"content": "too late"})
    message = client.discord.seen("art")[0]
    public = await client.call("PATCH", f"/channels/{client.channels['art']}/messages/{message['id']}", {"content": "by token"})

    assert (await task)["acknowledged_ms"] is not None
    assert (is_valid.status, dead.error, public.status) == (200, (401, 50027), 200)


async def test_first_followup_replaces_the_deferred_response(client: RawClient, socket: GatewaySocket) -> None:
    """After a private deferred response, the first follow-up replaces it and stays private; the second is a new message."""
    task, interaction = await imagine(client, socket)
    await client.answer(interaction, 5, {"flags": 64})
    assert [one["loading"] for one in (await task)["private"]] == [True]
    first = await client.webhook(interaction, "POST", body={"content": "one"})
    await client.webhook(interaction, "POST", body={"content": "two"})
    original = await client.webhook(interaction, "GET", "/messages/@original")

    assert original.body["id"] == first.body["id"]
    seen = [(one["text"], one.get("private_to"), one.get("loading"), one["edited"]) for one in client.discord.seen("art")]
    assert seen == [("one", "ada", None, False), ("two", None, None, False)]


async def test_followup_after_deleting_the_deferred_response(client: RawClient, socket: GatewaySocket) -> None:
    """If the deferred response was deleted, a follow-up is a new message with its own flags."""
    task, interaction = await imagine(client, socket)
    await client.answer(interaction, 5)
    await task
    await client.webhook(interaction, "DELETE", "/messages/@original")
    await client.webhook(interaction, "POST", body={"content": "only you", "flags": 64})
    gone = await client.webhook(interaction, "GET", "/messages/@original")

    assert [(one["text"], one["private_to"]) for one in client.discord.seen("art")] == [("only you", "ada")]
    assert gone.error == (404, 10008)


async def test_user_installed_app(client: RawClient, socket: GatewaySocket) -> None:
    """Where the app is only user-installed, the member is its only owner, five follow-ups are accepted, and the bot's token opens nothing."""
    task, interaction = await imagine(client, socket, channel="elsewhere", user="cyd")
    await client.answer(interaction, 4, {"content": "here"})
    await task
    replies = [await client.webhook(interaction, "POST", body={"content": str(number)}) for number in range(6)]

    assert interaction["authorizing_integration_owners"] == {"1": client.users["cyd"]}
    assert [reply.status for reply in replies] == [200] * 5 + [403]
    assert replies[5].error == (403, 40094)
    assert (await client.post("elsewhere", content="x")).error == (403, 50001)


async def test_responses_become_ephemeral_without_external_apps(client: RawClient, socket: GatewaySocket) -> None:
    """Where members may not use external apps, a public response silently becomes ephemeral."""
    client.world.elsewhere.external_apps = False
    task, interaction = await imagine(client, socket, channel="elsewhere")
    reply = await client.answer(interaction, 4, {"content": "here"}, "?with_response=true")

    assert reply.body["resource"]["message"]["flags"] == 64
    assert [one["private_to"] for one in (await task)["private"]] == ["ada"]


async def test_message_command_includes_its_target(client: RawClient, socket: GatewaySocket) -> None:
    """A message command includes another member's message with its text and files."""
    target = await client.discord.act(
        {"user": "bob", "channel": "art", "kind": "message", "text": "look", "files": act_files(("a.png", png()))}
    )
    task, interaction = await client.invoke(socket, kind="menu", name="Edit with Seedream", message=target["id"])
    await client.answer(interaction, 5, {"flags": 64})
    await task
    message = interaction["data"]["resolved"]["messages"][target["id"]]

    assert (interaction["data"]["type"], interaction["data"]["target_id"]) == (3, target["id"])
    assert (message["content"], len(message["attachments"])) == ("look", 1)


async def test_button_opens_a_modal(client: RawClient, socket: GatewaySocket) -> None:
    """A button opens a modal; the submission contains defaults and files."""
    made = (await client.post("art", content="x", components=row(button("edit", "Edit")))).body
    task, press = await client.invoke(socket, kind="press", message=made["id"], action="Edit")
    await client.answer(press, 9, FORM)
    opened = (await task)["modal"]
    refused = {"user": "ada", "channel": "art", "kind": "submit", "action": opened["id"], "fields": {"words": "no"}}
    with pytest.raises(ControlError):
        await client.discord.act(refused)
    task, submit = await client.invoke(
        socket, kind="submit", action=opened["id"], fields={"words": "at night"}, files=act_files(("a.png", png()))
    )
    await client.answer(submit, 7, {"content": "changed"})
    await task
    parts = [part["component"] for part in submit["data"]["components"]]

    assert press["message"]["id"] == made["id"]
    assert press["data"]["custom_id"] == "edit"
    assert [(field["custom_id"], field["kind"], field["label"], field["required"]) for field in opened["fields"]] == [
        ("words", "text_input", "Words", True),
        ("files", "file_upload", "Pictures", False),
        ("size", "string_select", "Size", True),
    ]
    assert (parts[0]["value"], parts[2]["values"]) == ("at night", ["2K"])
    assert list(submit["data"]["resolved"]["attachments"]) == parts[1]["values"]
    assert client.discord.seen("art")[0]["text"] == "changed"
    with pytest.raises(ControlError):
        await client.discord.act(refused)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 46},
        {"title": None},
        {"custom_id": ""},
        {"components": []},
        {"components": FORM["components"] * 2},
        {"components": row(button("a"))},
        {"components": [{"type": 18, "label": "x" * 46, "component": {"type": 4, "custom_id": "a", "style": 1}}]},
        {"components": [{"type": 18, "label": "x", "component": {"type": 4, "custom_id": "a", "style": 3}}]},
        {"components": [{"type": 18, "label": "x", "component": {"type": 2, "custom_id": "a", "style": 1}}]},
        {"components": [{"type": 18, "label": "x", "component": {"type": 19, "custom_id": "a", "max_values": 11}}]},
    ],
)
async def test_invalid_modals(client: RawClient, socket: GatewaySocket, changes: JsonObject) -> None:
    """An invalid modal is a 50035, and the interaction can still be answered."""
    task, interaction = await imagine(client, socket)
    reply = await client.answer(interaction, 9, FORM | changes)
    repaired = await client.answer(interaction, 9, FORM)
    await task

    assert (reply.error, repaired.status) == ((400, 50035), 204)


async def test_a_disabled_button_cannot_be_pressed(client: RawClient, socket: GatewaySocket) -> None:
    """A disabled button is shown as disabled and cannot be pressed."""
    made = (await client.post("art", content="x", components=row(button("a", disabled=True)))).body
    with pytest.raises(ControlError):
        await client.discord.act({"user": "ada", "channel": "art", "kind": "press", "message": made["id"], "action": "a"})

    assert client.discord.seen("art")[0]["buttons"] == [{"label": "Press", "action": "a", "disabled": True}]


async def test_a_direct_message_interaction(client: RawClient, socket: GatewaySocket) -> None:
    """An interaction in direct messages has a user, but neither member nor server."""
    task, interaction = await imagine(client, socket, channel="dm:ada")
    await client.answer(interaction, 4, {"content": "psst"})
    await task

    assert interaction["user"]["id"] == client.users["ada"]
    assert ("member" in interaction, "guild_id" in interaction, interaction["context"]) == (False, False, 1)
    assert [one["text"] for one in client.discord.seen("dm:ada")] == ["psst"]


@pytest.mark.parametrize(
    "commands",
    [
        [{"name": "Imagine", "description": "x"}],
        [{"name": "imagine", "description": ""}],
        [{"name": "imagine", "description": "x"}] * 2,
        [{"name": "imagine", "description": "x", "options": [IMAGINE["options"][1], IMAGINE["options"][0]]}],
        [{"name": "imagine", "description": "x", "options": [{"type": 3, "name": "a b", "description": "x"}]}],
        [{"name": f"c{number}", "type": 3} for number in range(16)],
        [{"name": f"c{number}", "description": "x"} for number in range(101)],
    ],
)
async def test_invalid_command_definitions(client: RawClient, commands: list[JsonObject]) -> None:
    """A refused overwrite leaves the registered commands unchanged."""
    reply = await client.sync(*commands)
    kept = await client.call("GET", f"/applications/{client.app}/commands")

    assert reply.status == 400
    assert [command["name"] for command in kept.body] == ["imagine", "Edit with Seedream"]


async def test_single_command_endpoints(client: RawClient) -> None:
    """Creating a command twice replaces it, changing it keeps its id, deleting removes it; a guild has its own commands."""
    root = f"/applications/{client.app}"
    first = await client.call("POST", f"{root}/commands", {"name": "help", "description": "x"})
    second = await client.call("POST", f"{root}/commands", {"name": "help", "description": "y"})
    changed = await client.call("PATCH", f"{root}/commands/{first.body['id']}", {"description": "z"})
    own = await client.call("PUT", f"{root}/guilds/{client.world.guild.id}/commands", [{"name": "here", "description": "x"}])
    gone = await client.call("DELETE", f"{root}/commands/{first.body['id']}")

    assert (first.status, second.status, gone.status) == (201, 200, 204)
    assert first.body["id"] == second.body["id"] == changed.body["id"]
    assert changed.body["description"] == "z"
    assert own.body[0]["guild_id"] == client.world.guild.id
    assert (await client.call("GET", f"{root}/commands/{first.body['id']}")).error == (404, 10063)
    assert (await client.call("GET", f"{root}/guilds/{client.world.other_guild.id}/commands")).error == (403, 50001)
