"""The real Bolt app over Socket Mode: commands, forms, mentions, buttons and what goes wrong on the wire."""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_workspace import Workspace, attached, connected, picture, workspace

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
    """The acknowledgement's payload is a message that only the member sees; the text arrives as Slack escapes it."""
    async with workspace() as place:

        @place.app.command("/imagine")
        async def imagine(ack: AsyncAck, body: Body) -> None:
            place.heard.append(body)
            await ack("On it.")

        async with connected(place):
            result = await place.act(kind="command", name="imagine", text="a fox & a <hen>")
            assert result["acknowledged_ms"] is not None
            assert [(one["text"], one["private_to"], one["author"]) for one in result["private"]] == [("On it.", "ada", "bot")]
            assert place.heard[0]["text"] == "a fox &amp; a &lt;hen&gt;"
            assert place.heard[0]["command"] == "/imagine"
            assert [one["id"] for one in place.seen()] == [result["private"][0]["id"]]


async def test_form_is_opened_sent_in_wrong_and_right() -> None:
    """A command opens a form; errors leave it open, a good submission closes it and its files can be downloaded."""
    async with workspace() as place:

        @place.app.command("/edit")
        async def edit(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        @place.app.view("edit_form")
        async def submitted(ack: AsyncAck, view: Body, client: AsyncWebClient, body: Body) -> None:
            values = view["state"]["values"]
            if values["words"]["prompt"]["value"] == "bad":
                await ack(response_action="errors", errors={"words": "Say more."})
                return
            place.heard.append(view)
            await ack()
            await client.chat_postEphemeral(channel=place.channel("art"), user=body["user"]["id"], text="Taken.")

        async with connected(place):
            form = (await place.act(kind="command", name="/edit"))["modal"]
            assert (form["callback_id"], form["title"]) == ("edit_form", "Edit")
            assert [(one["block"], one["action"], one["type"], one["optional"]) for one in form["fields"]] == [
                ("words", "prompt", "plain_text_input", False),
                ("pictures", "files", "file_input", True),
                ("count", "n", "static_select", False),
            ]
            wrong = await place.act(kind="submit", action=form["id"], fields={"prompt": "bad"})
            assert (wrong["errors"], wrong["modal"]["id"]) == ({"words": "Say more."}, form["id"])
            right = await place.act(
                kind="submit",
                action=form["id"],
                fields={"words": "make it night", "n": "Two"},
                files=[attached("a.png", picture())],
            )
            assert "modal" not in right
            assert [one["text"] for one in right["private"]] == ["Taken."]
            values = place.heard[0]["state"]["values"]
            assert values["words"]["prompt"]["value"] == "make it night"
            assert values["count"]["n"]["selected_option"]["value"] == "2"
            file = (await place.client.files_info(file=values["pictures"]["files"]["files"][0]["id"]))["file"]
            header = {"Authorization": f"Bearer {place.env['SLACK_BOT_TOKEN']}"}
            assert (await place.web.get(file["url_private_download"], headers=header)).content == picture()


async def test_mention_with_a_picture_comes_as_two_events() -> None:
    """One mention is `app_mention` and `message` with two event ids and one (channel, ts, client_msg_id)."""
    async with workspace() as place:
        listen(place)
        async with connected(place):
            message = await place.act(kind="message", text="@bot make it <night> @here", files=[attached("fox.png", picture())])
            await place.until(lambda: len(place.heard) == 2)
            events = [body["event"] for body in place.heard]
            assert {one["type"] for one in events} == {"app_mention", "message"}
            assert len({body["event_id"] for body in place.heard}) == 2
            assert {(one["channel"], one["ts"]) for one in events} == {(place.channel("art"), message["id"])}
            assert len({one["client_msg_id"] for one in events}) == 1
            plain = next(one for one in events if one["type"] == "message")
            assert plain["subtype"] == "file_share"
            assert plain["text"] == f"<@{place.slack.world.bot.id}> make it &lt;night&gt; <!here>"
            assert plain["files"][0]["mimetype"] == "image/png"
            seen = place.seen()[0]
            assert (seen["text"], seen["pings"]) == ("@bot make it <night> @here", ["bot", "here"])


async def test_replies_and_direct_messages_arrive() -> None:
    """A reply carries its thread and the parent's author; a direct message with a picture is a file share in an `im`."""
    async with workspace() as place:
        listen(place)
        async with connected(place):
            root = await place.act(kind="message", text="hello")
            reply = await place.act(kind="reply", message=root["id"], user="bob", text="@bot hi")
            await place.act(kind="message", channel="dm:ada", files=[attached("x.png", picture())])
            await place.until(lambda: len(place.heard) == 4)
            by_ts = {body["event"]["ts"]: body["event"] for body in place.heard if body["event"]["type"] == "message"}
            assert by_ts[reply["id"]]["thread_ts"] == root["id"]
            assert by_ts[reply["id"]]["parent_user_id"] == place.slack.describe()["users"]["ada"]
            direct = next(one for one in by_ts.values() if one["channel_type"] == "im")
            assert direct["subtype"] == "file_share"
            assert place.seen()[1]["thread"] == root["id"]


async def test_button_replaces_its_message_by_the_response_url() -> None:
    """A press is a `block_actions` with the button's value; the response replaces the message it stands on."""
    async with workspace() as place:

        @place.app.action("again")
        async def again(ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
            place.heard.append(body)
            await ack()
            await respond(text="Again!", replace_original=True)

        async with connected(place):
            posted = await place.client.chat_postMessage(channel=place.channel("art"), text="done", blocks=BUTTONS)
            seen = place.seen()[0]
            assert seen["buttons"] == [{"label": "Again", "action": "again", "value": "v1:again:J"}]
            assert seen["blocks_text"] == "*done* & dusted"
            for name in ("again", "Again", "v1:again:J"):
                await place.act(kind="press", message=posted["ts"], action=name)
                if place.seen()[0]["text"] == "Again!":
                    break
            assert place.heard[0]["actions"][0]["value"] == "v1:again:J"
            assert place.heard[0]["container"]["message_ts"] == posted["ts"]
            assert (place.seen()[0]["edited"], place.seen()[0]["buttons"]) == (True, [])


async def test_shortcuts_of_both_kinds() -> None:
    """A message shortcut brings the message along, a global one nothing but a trigger."""
    async with workspace() as place:

        @place.app.shortcut("use_as_reference")
        @place.app.shortcut("new_image")
        async def used(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            place.heard.append(body)
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        async with connected(place):
            message = await place.act(kind="message", text="look")
            first = await place.act(kind="menu", name="use_as_reference", message=message["id"])
            second = await place.act(kind="menu", name="new_image")
            assert [body["type"] for body in place.heard] == ["message_action", "shortcut"]
            assert place.heard[0]["message"]["text"] == "look"
            assert "response_url" not in place.heard[1]
            assert first["modal"]["id"] != second["modal"]["id"]


async def test_silent_command_fails() -> None:
    """Without an acknowledgement the member is told by Slack, and commands are not delivered again."""
    async with workspace(ack_s=0.2) as place:

        @place.app.command("/imagine")
        async def imagine(body: Body) -> None:
            place.heard.append(body)

        async with connected(place):
            result = await place.act(kind="command", name="imagine")
            assert result["acknowledged_ms"] is None
            assert [one["author"] for one in result["private"]] == ["slackbot"]
            assert len(place.heard) == 1


async def test_refresh_brings_a_second_connection_and_loses_nothing() -> None:
    """After `refresh_requested` the client connects anew and envelopes reach it there."""
    async with workspace() as place:
        listen(place)
        async with connected(place) as handler:
            assert handler.client is not None
            first = handler.client.wss_uri
            place.fault("slack.socket", "disconnect:refresh_requested")
            await place.until(lambda: handler.client.wss_uri != first and place.slack.connected)
            await place.act(kind="message", text="@bot still there?")
            await place.until(lambda: len(place.heard) == 2)


async def test_connection_without_hello_is_cut_and_made_again() -> None:
    """A connection that gets no greeting gets no envelopes either; the client comes back when it is cut. Addresses serve once."""
    async with workspace() as place:
        listen(place)
        place.fault("slack.socket:hello", "no-hello")
        async with connected(place):
            opened = [line["method"] for line in place.stage.recording.lines]
            assert opened.count("apps.connections.open") == 2
            await place.act(kind="message", text="hello")
            await place.until(lambda: place.heard)
        used = await place.web.get(place.env["SLACK_API_URL"].replace("/api/", "/link/?ticket=1"))
        assert used.status_code == 401


async def test_event_comes_twice() -> None:
    """`duplicate` delivers an acknowledged event once more."""
    async with workspace() as place:
        listen(place)
        async with connected(place):
            place.fault("slack.socket:events_api", "duplicate")
            await place.act(kind="message", text="once")
            await place.until(lambda: len(place.heard) == 2)
            assert len({body["event_id"] for body in place.heard}) == 1


async def test_event_comes_again_after_a_loss() -> None:
    """A connection lost before the acknowledgement brings a retry."""
    async with workspace(ack_s=0.3) as place:
        listen(place)
        async with connected(place):
            place.fault("slack.socket:events_api", "drop")
            await place.act(kind="message", text="cut off")
            await place.until(lambda: len(place.heard) == 2)
            assert len({body["event_id"] for body in place.heard}) == 1


async def test_triggers_grow_old_and_are_used_up() -> None:
    """A trigger is good for three seconds and one use; anything else is no trigger."""
    async with workspace() as place:
        codes: list[str] = []

        @place.app.command("/edit")
        async def edit(ack: AsyncAck, body: Body) -> None:
            await ack("One moment.")
            codes.extend([await code(place, one) for one in (body["trigger_id"], body["trigger_id"], "1.2.abc")])

        async with connected(place):
            await place.act(kind="command", name="edit")
            await place.until(lambda: len(codes) == 3)
            await place.act(kind="command", name="edit", age_s=4)
            await place.until(lambda: len(codes) == 6)
            assert codes == [
                "",
                "exchanged_trigger_id",
                "invalid_trigger_id",
                "expired_trigger_id",
                "expired_trigger_id",
                "invalid_trigger_id",
            ]


async def test_response_url_is_good_for_five_uses_and_half_an_hour() -> None:
    """The sixth use and one after thirty minutes are refused."""
    async with workspace() as place:

        @place.app.command("/imagine")
        async def imagine(ack: AsyncAck, body: Body) -> None:
            place.heard.append(body)
            await ack("One moment.")

        async with connected(place):
            await place.act(kind="command", name="imagine", channel="closed")
            url = place.heard[0]["response_url"]
            answers = [await place.web.post(url, json={"text": str(number)}) for number in range(6)]
            assert [one.status_code for one in answers] == [200] * 5 + [404]
            assert answers[5].json()["error"] == "used_url"
            assert {one["private_to"] for one in place.seen("closed")} == {"ada"}
            await place.act(kind="command", name="imagine", age_s=1801)
            late = await place.web.post(place.heard[1]["response_url"], json={"text": "late"})
            assert (late.status_code, late.json()["error"]) == (404, "expired_url")


def listen(place: Workspace) -> None:
    """Note every mention and every member's message."""

    @place.app.event("app_mention")
    @place.app.event("message")
    async def heard(body: Body) -> None:
        place.heard.append(body)


async def code(place: Workspace, trigger: str) -> str:
    """The error of opening a form with this trigger."""
    answer = await place.web.post(
        f"{place.env['SLACK_API_URL']}views.open",
        json={"trigger_id": trigger, "view": MODAL},
        headers={"Authorization": f"Bearer {place.env['SLACK_BOT_TOKEN']}"},
    )
    return str(answer.json().get("error", ""))
