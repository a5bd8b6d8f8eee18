"""Converts replies to Slack messages: nothing pings, links or formats, every length fits, and the plain text is never empty."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.outbound.forms import to_modal
from adapters.slack.outbound.payload import escape, has_block_key, stem, to_answer, to_payload, with_block_ids
from bot.chat.moment import Moment, written
from bot.chat.reply import Button, Form, FormField, Picture, Reply
from bot.commands.action import DRAFT, Action, ActionKind
from bot.ids import JobId, UserId

JOB = JobId("0123456789ab")
MOMENT = written(Moment(at=1_700_018_000, words="in 5 hours"))
NEAR = written(Moment(at=1_700_000_030, words="in 30 seconds", near=True))
AGAIN = Button(label="Again", action=Action(kind=ActionKind.AGAIN, job=JOB))
PICTURE = Picture(
    path=Path("unread"),
    name=f"{JOB}-1.png",
    media_type="image/png",
    width=1,
    height=1,
    size_bytes=1,
    alt="a fox & an <owl>",
)
PINGS = [
    "<!channel> look",
    "<@U123> and @everyone",
    "*bold* _it_ `code` <https://evil.example|click>",
    "a & b < c > d",
    ":smile:",
]


def typed_objects(node: Any) -> list[dict[str, Any]]:
    """Return every object of a tree that has a type."""
    if isinstance(node, list | tuple):
        return [item for one in node for item in typed_objects(one)]
    if not isinstance(node, dict):
        return []
    return [node, *(item for value in node.values() for item in typed_objects(value))] if "type" in node else []


@pytest.mark.parametrize("text", PINGS)
def test_member_text_is_literal(text: str) -> None:
    """It is plain text in blocks and escaped in the fallback text, so that neither contains markup."""
    payload = to_payload(Reply(text=text, quote=text, note=text, buttons=(AGAIN,)))
    kinds = {item["type"] for item in typed_objects(payload.blocks)}
    assert kinds == {
        "rich_text",
        "rich_text_section",
        "rich_text_quote",
        "text",
        "context",
        "plain_text",
        "actions",
        "button",
    }
    literal = [item["text"] for item in typed_objects(payload.blocks) if item["type"] in {"text", "plain_text"}]
    assert literal == [text, text, text, "Again"]
    assert not {"<", ">"} & set(payload.text)


def test_moments_are_shown_in_each_readers_time() -> None:
    """How long it is until then, and the reader's own clock, unless it is soon; only words where Slack takes no dates."""
    payload = to_payload(Reply(text=f"<It> renews {MOMENT}, I try {NEAR}.", note=f"Again {MOMENT}."))

    (line,) = [item for item in typed_objects(payload.blocks) if item["type"] == "rich_text_section"]
    date = {"type": "date", "timestamp": 1_700_018_000, "format": "{date_short_pretty} at {time}", "fallback": "in 5 hours"}
    assert [item.get("text", item) for item in line["elements"]] == [
        "<It> renews ",
        "in 5 hours (",
        date,
        ")",
        ", I try ",
        "in 30 seconds",
        ".",
    ]
    assert payload.blocks[1]["elements"][0]["text"] == "Again in 5 hours."
    assert payload.text == "&lt;It&gt; renews in 5 hours, I try in 30 seconds.\nAgain in 5 hours."


def test_escape() -> None:
    """Exactly three characters are escaped."""
    assert escape("a & b < c > d &amp; *x*") == "a &amp; b &lt; c &gt; d &amp;amp; *x*"


def test_layout() -> None:
    """The mention comes first, then text, quote, note and buttons with their actions."""
    reply = Reply(text="Done.", quote="a fox", note="Two left.", buttons=(AGAIN,), mention=UserId("slack:T1/U42"))
    payload = to_payload(reply)
    assert payload.text == "<@U42> Done.\n“a fox”\nTwo left."
    rich, note, actions = payload.blocks
    assert rich["elements"] == [
        {
            "type": "rich_text_section",
            "elements": [{"type": "user", "user_id": "U42"}, {"type": "text", "text": " Done."}],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a fox"}]},
    ]
    assert note["elements"] == [{"type": "plain_text", "text": "Two left.", "emoji": False}]
    assert actions["elements"] == [
        {"type": "button", "action_id": f"v1:again:{JOB}", "text": {"type": "plain_text", "text": "Again", "emoji": False}},
    ]


def test_text_of_an_upload() -> None:
    """Only blocks that Slack accepts in an upload; a message without text is named after its pictures."""
    payload = to_payload(Reply(text="Here.", note="Reply.", pictures=(PICTURE,), buttons=(AGAIN,)))
    assert [block["type"] for block in payload.blocks] == ["rich_text", "section", "actions"]
    bare = to_payload(Reply(text="", pictures=(PICTURE,)))
    assert (bare.blocks, bare.text) == ((), "a fox &amp; an &lt;owl&gt;")


@pytest.mark.parametrize("length", [0, 1, 2999, 3000, 3001, 12_000])
@pytest.mark.parametrize("letter", ["a", "<", "狐"])
def test_every_message_fits_slacks_limits(length: int, letter: str) -> None:
    """Long text is cut and ends with an ellipsis."""
    text = letter * length
    for reply in (Reply(text=text, quote="a", note="b"), Reply(text="a", quote=text), Reply(text="a", note=text)):
        payload = to_payload(reply)
        assert 0 < len(payload.text) <= 3100
        assert all(len(item["text"]) <= 3000 for item in typed_objects(payload.blocks) if isinstance(item.get("text"), str))
        assert sum(len(item["text"]) for item in typed_objects(payload.blocks) if isinstance(item.get("text"), str)) < 13_200


def test_only_the_primary_button_has_a_style() -> None:
    """Slack has no other neutral style."""
    show = Button(label="x" * 90, action=Action(kind=ActionKind.SHOW_RESULT, job=JOB), primary=True)
    (element,) = to_payload(Reply(text="a", buttons=(show,))).blocks[1]["elements"]
    assert (element["style"], len(element["text"]["text"])) == ("primary", 75)


def test_block_ids() -> None:
    """Each block has its own id, which identifies the message later."""
    blocks = with_block_ids(to_payload(Reply(text="a", note="b")).blocks, "job.p.1f")
    assert [block["block_id"] for block in blocks] == ["job.p.1f.0", "job.p.1f.1"]
    assert (
        has_block_key(blocks, "job.p"),
        has_block_key(blocks, "job"),
        has_block_key(blocks, "other"),
        has_block_key([{"type": "section"}], "job"),
    ) == (
        True,
        True,
        False,
        False,
    )


def test_responses_are_ephemeral() -> None:
    """They replace no message."""
    answer = to_answer(Reply(text="No."))
    assert (answer["response_type"], answer["replace_original"], answer["text"]) == ("ephemeral", False, "No.")


def test_picture_is_identified_by_its_stem() -> None:
    """Another file type does not change the identity."""
    assert {stem(name) for name in (f"{JOB}-1.png", f"{JOB}-1.jpg")} == {f"{JOB}-1"}


FORM = Form(
    title="Edit with Seedream and more",
    action=Action(kind=ActionKind.EDIT_FORM, job=JOB, argument=DRAFT),
    fields=(
        FormField(
            name="prompt", kind="paragraph", label="What?", hint="make it night", required=True, most=4000, value="x" * 4000
        ),
        FormField(name="files", kind="files", label="Pictures", hint="They count", most=10),
        FormField(name="count", kind="text", label="How many", most=2),
        FormField(name="model", kind="text", label="Model", most=20, value="4.5"),
    ),
    submit="Generate",
    close="Cancel",
)


def test_forms() -> None:
    """Inputs have their fields' names, lengths within Slack's limits, and initial values."""
    view = to_modal(FORM, metadata="{}")
    assert (view["type"], view["callback_id"], view["private_metadata"]) == ("modal", f"v1:edit_form:{JOB}:draft", "{}")
    assert (len(view["title"]["text"]), view["submit"]["text"], view["close"]["text"]) == (24, "Generate", "Cancel")
    prompt, files, count, model = view["blocks"]
    assert [block["block_id"] for block in view["blocks"]] == ["prompt", "files", "count", "model"]
    assert [block["optional"] for block in view["blocks"]] == [False, True, True, True]
    assert (prompt["element"]["multiline"], prompt["element"]["max_length"], len(prompt["element"]["initial_value"])) == (
        True,
        3000,
        3000,
    )
    assert (files["element"]["type"], files["element"]["max_files"], files["hint"]["text"]) == ("file_input", 10, "They count")
    assert (count["element"]["max_length"], "placeholder" in count["element"]) == (2, False)
    assert model["element"]["initial_value"] == "4.5"
    assert len(json.dumps(view)) < 250_000
