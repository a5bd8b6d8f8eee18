"""Stacks of modals, Home tabs, and further events: edits, deletions, removal of the app."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.fake_slack.workspace import connected, open_workspace, picture

Body = dict[str, Any]


def view(title: str, **more: Any) -> Body:
    """A modal with this title and one text field."""
    element = {"type": "plain_text_input", "action_id": "words"}
    field = {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Words"}, "element": element}
    text = {"type": "plain_text", "text": title}
    return {"type": "modal", "callback_id": "form", "title": text, "submit": text, "blocks": [field]} | more


async def test_submission_updates_pushes_and_clears() -> None:
    """A response action replaces the modal, opens one on top, or closes all."""
    async with open_workspace() as workspace:

        @workspace.app.shortcut("start")
        async def start(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=view("First"))

        @workspace.app.view("form")
        async def submitted(ack: AsyncAck, body: Body) -> None:
            match body["view"]["state"]["values"]["b"]["words"]["value"]:
                case "update":
                    await ack(response_action="update", view=view("Second"))
                case "push":
                    await ack(response_action="push", view=view("Third"))
                case _:
                    await ack(response_action="clear")

        async with connected(workspace):
            first = (await workspace.act(kind="menu", name="start"))["modal"]
            titles = []
            for words in ("update", "push"):
                shown = await workspace.act(kind="submit", action="form", fields={"words": words})
                titles.append((shown["modal"]["title"], shown["modal"]["id"] == first["id"]))
            assert titles == [("Second", True), ("Third", False)]
            assert "modal" not in await workspace.act(kind="submit", action="form", fields={"words": "clear"})


async def test_view_limits() -> None:
    """An update with an old hash conflicts, an external id is unique, three modals are the limit, and so is the size."""
    async with open_workspace() as workspace:
        triggers: list[str] = []

        @workspace.app.command("/start")
        async def start(ack: AsyncAck, body: Body) -> None:
            triggers.append(body["trigger_id"])
            await ack("Wait.")

        async with connected(workspace):
            for _ in range(5):
                workspace.runtime.clock.advance(1)
                await workspace.act(kind="command", name="start", age_s=-30)
            opened = await workspace.client.views_open(trigger_id=triggers[0], view=view("One", external_id="x"))
            ids = {"view_id": opened["view"]["id"], "hash": opened["view"]["hash"]}
            assert await workspace.error_code("views.update", view=view("Two"), **ids) == ""
            assert await workspace.error_code("views.update", view=view("Two"), **ids) == "hash_conflict"
            assert await workspace.error_code("views.update", view=view("Two"), view_id="V0NOTHING00") == "not_found"
            assert await workspace.error_code("views.push", trigger_id=triggers[1], view=view("Three", external_id="y")) == ""
            taken = view("Four", external_id="y")
            assert await workspace.error_code("views.push", trigger_id=triggers[2], view=taken) == "duplicate_external_id"
            assert await workspace.error_code("views.push", trigger_id=triggers[3], view=view("Four")) == ""
            assert await workspace.error_code("views.push", trigger_id=triggers[4], view=view("Five")) == "push_limit_reached"
            large = view("Six", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 90)
            assert await workspace.error_code("views.open", trigger_id="1.2.a", view=large) == "view_too_large"


async def test_home_tab_is_published_and_pressed() -> None:
    """A published Home tab is part of its opening event, and its buttons work without a message."""
    async with open_workspace() as workspace:
        button = {"type": "button", "action_id": "quota", "text": {"type": "plain_text", "text": "Quota"}}
        home = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}

        @workspace.app.event("app_home_opened")
        async def opened(body: Body) -> None:
            workspace.received.append(body["event"])

        @workspace.app.action("quota")
        async def quota(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            workspace.received.append(body)
            await ack()
            await client.chat_postMessage(channel=body["user"]["id"], text="20 left")

        async with connected(workspace):
            await workspace.client.views_publish(user_id=workspace.slack.describe()["users"]["ada"], view=home)
            await workspace.act(kind="menu", name="app_home_opened", options={"tab": "home"})
            await workspace.wait_until(lambda: workspace.received)
            assert (workspace.received[0]["tab"], workspace.received[0]["view"]["type"]) == ("home", "home")
            await workspace.act(kind="press", channel="dm:ada", action="quota")
            assert workspace.received[1]["container"]["type"] == "view"
            assert [one["text"] for one in workspace.seen("dm:ada")] == ["20 left"]


async def test_edit_deletion_and_removal_events() -> None:
    """A member's edit and deletion are messages with a subtype; after `app_uninstalled`, the token is invalid."""
    async with open_workspace() as workspace:

        @workspace.app.event("message")
        @workspace.app.event("app_uninstalled")
        async def received(body: Body) -> None:
            workspace.received.append(body["event"])

        async with connected(workspace):
            message = (await workspace.act(kind="message", text="a fox"))["id"]
            await workspace.act(kind="menu", name="Edit message", message=message, text="a hen")
            await workspace.act(kind="menu", name="Delete message", message=message)
            await workspace.wait_until(lambda: len(workspace.received) == 3)
            await workspace.act(kind="menu", name="app_uninstalled")
            await workspace.wait_until(lambda: len(workspace.received) == 4)
            by_subtype = {one.get("subtype"): one for one in workspace.received}
            assert by_subtype["message_changed"]["message"]["text"] == "a hen"
            assert by_subtype["message_changed"]["previous_message"]["text"] == "a fox"
            assert by_subtype["message_deleted"]["deleted_ts"] == message
            assert await workspace.error_code("auth.test") == "account_inactive"


async def test_update_puts_files_into_a_message() -> None:
    """An update with `file_ids` replaces the files of a message."""
    async with open_workspace() as workspace:
        ids = [await workspace.upload(f"{n}.png", picture(20 + n)) for n in range(2)]
        await workspace.client.files_completeUploadExternal(files=[{"id": one} for one in ids])
        posted = await workspace.client.chat_postMessage(channel="art", text="painting")
        where = {"channel": posted["channel"], "ts": posted["ts"]}
        for file_id, width in zip(ids, (20, 21), strict=True):
            assert await workspace.error_code("chat.update", **where, file_ids=[file_id]) == ""
            seen = workspace.seen()[0]
            assert (seen["text"], [one["width"] for one in seen["files"]]) == ("painting", [width])
        shares = [(await workspace.client.files_info(file=one))["file"]["shares"] for one in ids]
        assert [bool(one) for one in shares] == [False, True]
        assert await workspace.error_code("files.delete", file=ids[1]) == ""
        assert (workspace.seen()[0]["files"], workspace.seen()[0]["text"]) == ([], "painting")
