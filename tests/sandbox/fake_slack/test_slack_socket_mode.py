"""The real Bolt app over Socket Mode: commands, forms, mentions, buttons and faults of the connection."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.fake_slack.workspace import Workspace, act_file, connected, open_workspace, picture

Body = dict[str, Any]
MODAL: Body = {
    "type": "modal",
    "callback_id": "edit_form",
    "title": {"type": "plain_text", "text": "Edit"},
    "submit": {"type": "plain_text", "text": "Go"},
    "private_metadata": "m",
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "What to change"},
            "element": {"type": "plain_text_input", "action_id": "prompt", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "pictures",
            "optional": True,
            "label": {"type": "plain_text", "text": "Pictures"},
            "element": {"type": "file_input", "action_id": "files", "max_files": 3},
        },
        {
            "type": "input",
            "block_id": "count",
            "label": {"type": "plain_text", "text": "How many"},
            "element": {
                "type": "static_select",
                "action_id": "n",
                "initial_option": {"text": {"type": "plain_text", "text": "One"}, "value": "1"},
                "options": [
                    {"text": {"type": "plain_text", "text": "One"}, "value": "1"},
                    {"text": {"type": "plain_text", "text": "Two"}, "value": "2"},
                ],
            },
        },
    ],
}
BUTTONS: list[Body] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*done* &amp; dusted"}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "again", "value": "v1:again:J", "text": {"type": "plain_text", "text": "Again"}}
        ],
    },
]


async def test_command_is_acknowledged_with_a_private_message() -> None:
    """The acknowledgement's payload becomes a private message, and the command's text arrives escaped."""
    async with open_workspace() as workspace:

        @workspace.app.command("/imagine")
        async def imagine(ack: AsyncAck, body: Body) -> None:
            workspace.received.append(body)
            await ack("On it.")

        async with connected(workspace):
            result = await workspace.act(kind="command", name="imagine", text="a fox & a <hen>")
            assert result["acknowledged_ms"] is not None
            assert [(one["text"], one["private_to"], one["author"]) for one in result["private"]] == [("On it.", "ada", "bot")]
            assert workspace.received[0]["text"] == "a fox &amp; a &lt;hen&gt;"
            assert workspace.received[0]["command"] == "/imagine"
            assert [one["id"] for one in workspace.seen()] == [result["private"][0]["id"]]


async def test_form_submission() -> None:
    """A command opens a form; errors leave it open, a valid submission closes it, and its files can be downloaded."""
    async with open_workspace() as workspace:

        @workspace.app.command("/edit")
        async def edit(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        @workspace.app.view("edit_form")
        async def submitted(ack: AsyncAck, view: Body, client: AsyncWebClient, body: Body) -> None:
            values = view["state"]["values"]
            if values["words"]["prompt"]["value"] == "bad":
                await ack(response_action="errors", errors={"words": "Say more."})
                return
            workspace.received.append(view)
            await ack()
            await client.chat_postEphemeral(channel=workspace.channel("art"), user=body["user"]["id"], text="Taken.")

        async with connected(workspace):
            form = (await workspace.act(kind="command", name="/edit"))["modal"]
            assert (form["callback_id"], form["title"]) == ("edit_form", "Edit")
            assert [(one["block"], one["action"], one["type"], one["optional"]) for one in form["fields"]] == [
                ("words", "prompt", "plain_text_input", False),
                ("pictures", "files", "file_input", True),
                ("count", "n", "static_select", False),
            ]
            wrong = await workspace.act(kind="submit", action=form["id"], fields={"prompt": "bad"})
            assert (wrong["errors"], wrong["modal"]["id"]) == ({"words": "Say more."}, form["id"])
            right = await workspace.act(
                kind="submit",
                action=form["id"],
                fields={"words": "make it night", "n": "Two"},
                files=[act_file("a.png", picture())],
            )
            assert "modal" not in right
            assert [one["text"] for one in right["private"]] == ["Taken."]
            values = workspace.received[0]["state"]["values"]
            assert values["words"]["prompt"]["value"] == "make it night"
            assert values["count"]["n"]["selected_option"]["value"] == "2"
            file = (await workspace.client.files_info(file=values["pictures"]["files"]["files"][0]["id"]))["file"]
            header = {"Authorization": f"Bearer {workspace.env['SLACK_BOT_TOKEN']}"}
            assert (await workspace.web.get(file["url_private_download"], headers=header)).content == picture()


async def test_mention_with_a_picture_comes_as_two_events() -> None:
    """A mention arrives as `app_mention` and `message`, with two event ids and the same channel, ts and client_msg_id."""
    async with open_workspace() as workspace:
        record_events(workspace)
        async with connected(workspace):
            message = await workspace.act(
                kind="message", text="@bot make it <night> @here", files=[act_file("fox.png", picture())]
            )
            await workspace.wait_until(lambda: len(workspace.received) == 2)
            events = [body["event"] for body in workspace.received]
            assert {one["type"] for one in events} == {"app_mention", "message"}
            assert len({body["event_id"] for body in workspace.received}) == 2
            assert {(one["channel"], one["ts"]) for one in events} == {(workspace.channel("art"), message["id"])}
            assert len({one["client_msg_id"] for one in events}) == 1
            plain = next(one for one in events if one["type"] == "message")
            assert plain["subtype"] == "file_share"
            assert plain["text"] == f"<@{workspace.slack.world.bot.id}> make it &lt;night&gt; <!here>"
            assert plain["files"][0]["mimetype"] == "image/png"
            seen = workspace.seen()[0]
            assert (seen["text"], seen["pings"]) == ("@bot make it <night> @here", ["bot", "here"])


async def test_replies_and_direct_messages_arrive() -> None:
    """A reply has its thread and the parent's author; a direct message with a picture is a file share in an `im`."""
    async with open_workspace() as workspace:
        record_events(workspace)
        async with connected(workspace):
            root = await workspace.act(kind="message", text="hello")
            reply = await workspace.act(kind="reply", message=root["id"], user="bob", text="@bot hi")
            await workspace.act(kind="message", channel="dm:ada", files=[act_file("x.png", picture())])
            await workspace.wait_until(lambda: len(workspace.received) == 4)
            by_ts = {body["event"]["ts"]: body["event"] for body in workspace.received if body["event"]["type"] == "message"}
            assert by_ts[reply["id"]]["thread_ts"] == root["id"]
            assert by_ts[reply["id"]]["parent_user_id"] == workspace.slack.describe()["users"]["ada"]
            direct = next(one for one in by_ts.values() if one["channel_type"] == "im")
            assert direct["subtype"] == "file_share"
            assert workspace.seen()[1]["thread"] == root["id"]


async def test_button_replaces_its_message_by_the_response_url() -> None:
    """A press is a `block_actions` with the button's value, and the response replaces its message."""
    async with open_workspace() as workspace:

        @workspace.app.action("again")
        async def again(ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
            workspace.received.append(body)
            await ack()
            await respond(text="Again!", replace_original=True)

        async with connected(workspace):
            posted = await workspace.client.chat_postMessage(channel=workspace.channel("art"), text="done", blocks=BUTTONS)
            seen = workspace.seen()[0]
            assert seen["buttons"] == [{"label": "Again", "action": "again", "value": "v1:again:J"}]
            assert seen["blocks_text"] == "*done* & dusted"
            for name in ("again", "Again", "v1:again:J"):
                await workspace.act(kind="press", message=posted["ts"], action=name)
                if workspace.seen()[0]["text"] == "Again!":
                    break
            assert workspace.received[0]["actions"][0]["value"] == "v1:again:J"
            assert workspace.received[0]["container"]["message_ts"] == posted["ts"]
            assert (workspace.seen()[0]["edited"], workspace.seen()[0]["buttons"]) == (True, [])


async def test_shortcuts_of_both_kinds() -> None:
    """A message shortcut contains the message, a global one only a trigger."""
    async with open_workspace() as workspace:

        @workspace.app.shortcut("use_as_reference")
        @workspace.app.shortcut("new_image")
        async def used(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            workspace.received.append(body)
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        async with connected(workspace):
            message = await workspace.act(kind="message", text="look")
            first = await workspace.act(kind="menu", name="use_as_reference", message=message["id"])
            second = await workspace.act(kind="menu", name="new_image")
            assert [body["type"] for body in workspace.received] == ["message_action", "shortcut"]
            assert workspace.received[0]["message"]["text"] == "look"
            assert "response_url" not in workspace.received[1]
            assert first["modal"]["id"] != second["modal"]["id"]


async def test_silent_command_fails() -> None:
    """Without an acknowledgement Slack tells the member, and the command is not delivered again."""
    async with open_workspace(ack_timeout_s=0.2) as workspace:

        @workspace.app.command("/imagine")
        async def imagine(body: Body) -> None:
            workspace.received.append(body)

        async with connected(workspace):
            result = await workspace.act(kind="command", name="imagine")
            assert result["acknowledged_ms"] is None
            assert [one["author"] for one in result["private"]] == ["slackbot"]
            assert len(workspace.received) == 1


async def test_refresh_requested() -> None:
    """After `refresh_requested` the client connects again and receives envelopes there."""
    async with open_workspace() as workspace:
        record_events(workspace)
        async with connected(workspace) as handler:
            assert handler.client is not None
            first = handler.client.wss_uri
            workspace.fault("slack.socket", "disconnect:refresh_requested")
            await workspace.wait_until(lambda: handler.client.wss_uri != first and workspace.slack.connected)
            await workspace.act(kind="message", text="@bot still there?")
            await workspace.wait_until(lambda: len(workspace.received) == 2)


async def test_connection_without_hello() -> None:
    """A connection without hello receives no envelopes, and the client reconnects once it is dropped; a ticket is valid once."""
    async with open_workspace() as workspace:
        record_events(workspace)
        workspace.fault("slack.socket:hello", "no-hello")
        async with connected(workspace):
            opened = [line["method"] for line in workspace.runtime.recording.lines]
            assert opened.count("apps.connections.open") == 2
            await workspace.act(kind="message", text="hello")
            await workspace.wait_until(lambda: workspace.received)
        used = await workspace.web.get(workspace.env["SLACK_API_URL"].replace("/api/", "/link/?ticket=1"))
        assert used.status_code == 401


async def test_duplicate_event() -> None:
    """`duplicate` delivers an acknowledged event again."""
    async with open_workspace() as workspace:
        record_events(workspace)
        async with connected(workspace):
            workspace.fault("slack.socket:events_api", "duplicate")
            await workspace.act(kind="message", text="once")
            await workspace.wait_until(lambda: len(workspace.received) == 2)
            assert len({body["event_id"] for body in workspace.received}) == 1


async def test_event_of_a_lost_connection() -> None:
    """An event whose connection is lost before the acknowledgement is delivered again."""
    async with open_workspace(ack_timeout_s=0.3) as workspace:
        record_events(workspace)
        async with connected(workspace):
            workspace.fault("slack.socket:events_api", "drop")
            await workspace.act(kind="message", text="cut off")
            await workspace.wait_until(lambda: len(workspace.received) == 2)
            assert len({body["event_id"] for body in workspace.received}) == 1


async def test_trigger_lifetime() -> None:
    """A trigger is valid for three seconds and one use; any other id is invalid."""
    async with open_workspace() as workspace:
        codes: list[str] = []

        @workspace.app.command("/edit")
        async def edit(ack: AsyncAck, body: Body) -> None:
            await ack("One moment.")
            codes.extend(
                [
                    await workspace.error_code("views.open", trigger_id=one, view=MODAL)
                    for one in (body["trigger_id"], body["trigger_id"], "1.2.abc")
                ]
            )

        async with connected(workspace):
            await workspace.act(kind="command", name="edit")
            await workspace.wait_until(lambda: len(codes) == 3)
            await workspace.act(kind="command", name="edit", age_s=4)
            await workspace.wait_until(lambda: len(codes) == 6)
            assert codes == [
                "",
                "exchanged_trigger_id",
                "invalid_trigger_id",
                "expired_trigger_id",
                "expired_trigger_id",
                "invalid_trigger_id",
            ]


async def test_response_url_limits() -> None:
    """The sixth use of a response URL is refused, and so is any use after thirty minutes."""
    async with open_workspace() as workspace:

        @workspace.app.command("/imagine")
        async def imagine(ack: AsyncAck, body: Body) -> None:
            workspace.received.append(body)
            await ack("One moment.")

        async with connected(workspace):
            await workspace.act(kind="command", name="imagine", channel="closed")
            url = workspace.received[0]["response_url"]
            answers = [await workspace.web.post(url, json={"text": str(number)}) for number in range(6)]
            assert [one.status_code for one in answers] == [200] * 5 + [404]
            assert answers[5].json()["error"] == "used_url"
            assert {one["private_to"] for one in workspace.seen("closed")} == {"ada"}
            await workspace.act(kind="command", name="imagine", age_s=1801)
            late = await workspace.web.post(workspace.received[1]["response_url"], json={"text": "late"})
            assert (late.status_code, late.json()["error"]) == (404, "expired_url")


def record_events(workspace: Workspace) -> None:
    """Record every mention and every member's message."""

    @workspace.app.event("app_mention")
    @workspace.app.event("message")
    async def received(body: Body) -> None:
        workspace.received.append(body)
