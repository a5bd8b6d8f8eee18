"""What Slack refuses in blocks and views, and how blocks and texts are rendered."""

from typing import Any

import pytest

from sandbox.slack.blockkit.blocks import check_blocks
from sandbox.slack.blockkit.schema import Findings, Surface
from sandbox.slack.blockkit.views import check_view
from sandbox.slack.messages.block_text import lines, pings, plain_text
from sandbox.slack.messages.markup import format_line, link_names, pings_in, render_markup

Json = dict[str, Any]
NAMES = {"U1": "ada"}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn("x")} | more


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("x")} | more


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def image(**more: Any) -> Json:
    return {"type": "image", "image_url": "https://x.example/y.png", "alt_text": "y"} | more


def options(count: int) -> list[Json]:
    return [{"text": plain(str(one)), "value": str(one)} for one in range(count)]


def field(element: Json) -> Json:
    return {"type": "input", "label": plain("x"), "element": element}


FILE_INPUT: Json = {"type": "file_input", "action_id": "f", "max_files": 10, "filetypes": ["png"]}


def findings(surface: Surface = Surface.MESSAGE) -> Findings:
    return Findings(surface=surface, file_problem=lambda file: None if file.get("id") == "F1" else "invalid slack file")


@pytest.mark.parametrize(
    "blocks",
    [
        [section(), {"type": "divider"}, {"type": "header", "text": plain("x" * 150)}],
        [section(text=mrkdwn("x" * 3000), fields=[mrkdwn("x")], accessory=button())],
        [actions(*(button(action_id=str(one), style="primary", value="v" * 2000) for one in range(25)))],
        [{"type": "context", "elements": [image(), mrkdwn("x"), plain("y")]}],
        [image(title=plain("t")), image(image_url=None, slack_file={"id": "F1"})],
        [actions({"type": "static_select", "action_id": "s", "options": options(100), "placeholder": plain("x")})],
        [field({"type": "plain_text_input", "action_id": "p", "max_length": 3000})],
        [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]}],
        [{"type": "markdown", "text": "# x"}],
        [{"type": "carousel", "elements": [{"type": "card", "title": mrkdwn("x"), "actions": [button()]}]}],
        [{"type": "container", "title": plain("x"), "child_blocks": [section()]}],
    ],
)
def test_good_blocks(blocks: list[Json]) -> None:
    """Blocks that Slack accepts in a message have no problems."""
    found = findings()
    check_blocks(blocks, found)
    assert found.problems == []


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([section(text=mrkdwn("x" * 3001))], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section(text=mrkdwn(""))], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "section"}], "must define text or fields [json-pointer:/blocks/0]"),
        ([{"type": "header", "text": mrkdwn("x")}], "unsupported type: mrkdwn [json-pointer:/blocks/0/text]"),
        ([image(alt_text=None)], "missing required field: alt_text [json-pointer:/blocks/0]"),
        ([image(slack_file={"id": "F1"})], "must define either image_url or slack_file [json-pointer:/blocks/0]"),
        (
            [image(image_url=None, slack_file={"id": "F2"})],
            "invalid slack file [json-pointer:/blocks/0/slack_file]",
        ),
        ([actions(button(value="v" * 2001))], "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
        (
            [actions(button(action_id="a" * 256))],
            "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
        ),
        ([actions(button(), button())], "`action_id` a already exists for this block [json-pointer:/blocks/0]"),
        ([actions(button(style="green"))], "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
        (
            [actions(*(button(action_id=str(one)) for one in range(26)))],
            "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        ),
        ([section(block_id="b"), section(block_id="b")], "`block_id` b already exists [json-pointer:/blocks/1/block_id]"),
        ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
        ([{"type": "alert", "text": mrkdwn("x")}], "unsupported type: alert [json-pointer:/blocks/0]"),
        ([field(FILE_INPUT)], "unsupported type: file_input [json-pointer:/blocks/0/element]"),
        ([actions({"type": "plain_text_input"})], "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0]"),
        ([{"type": "poster"}], "unsupported type: poster [json-pointer:/blocks/0]"),
    ],
)
def test_bad_blocks(blocks: list[Json], problem: str) -> None:
    """A block that Slack refuses in a message is reported with its JSON pointer."""
    found = findings()
    check_blocks(blocks, found)
    assert found.problems == [problem]


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("x"), "submit": plain("go"), "blocks": [field(FILE_INPUT)]} | more


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(blocks=[{"type": "alert", "text": mrkdwn("x"), "level": "warning"}]), None),
        (modal(blocks=[section()] * 100), None),
        (modal(), None),
        (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (modal(submit=None, blocks=[section()]), None),
        (modal(type="poster"), "must be one of: modal [json-pointer:/view/type]"),
        (modal(blocks=[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type: markdown [json-pointer:/view/blocks/0]"),
        (
            {"type": "modal", "title": plain("x"), "blocks": [field(FILE_INPUT)]},
            "missing required field: submit [json-pointer:/view]",
        ),
    ],
)
def test_views(view: Json, problem: str | None) -> None:
    """Modals have limits and blocks of their own."""
    found = findings()
    check_view(view, found, "modal")
    assert found.problems == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("line", "text", "kinds"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;", ["text"]),
        ("@ada, look: https://x.example/?a=1&b=2", "<@U1>, look: <https://x.example/?a=1&amp;b=2>", ["user", "text", "link"]),
        ("@channel @nobody", "<!channel> @nobody", ["broadcast", "text"]),
        ("", "", []),
    ],
)
def test_format_line(line: str, text: str, kinds: list[str]) -> None:
    """A typed line becomes escaped text with marked-up mentions, and the same as rich text."""
    got, elements = format_line(line, {"ada": "U1"})
    assert (got, [one["type"] for one in elements]) == (text, kinds)


def test_render_markup() -> None:
    """Rendering undoes escapes once and shows mentions and links as people see them; only real mentions ping."""
    text = "<@U1> &lt;!channel&gt; &amp;amp; <https://x.example|here> <!here> <!date^1^x|then>"
    assert render_markup(text, NAMES) == "@ada <!channel> &amp; here @here then"
    assert pings_in(text) == ["U1", "here"]
    assert link_names("@ada @all @channel", {"ada": "U1"}) == "<@U1> @all <!channel>"


def test_plain_text_of_blocks() -> None:
    """Plain text neither pings nor is unescaped; button labels and alternative texts are left out."""
    blocks = [
        section(text=mrkdwn("*hi* <@U1>")),
        section(text=plain("<!channel> &amp;")),
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "text", "text": "to "}, {"type": "broadcast", "range": "here"}],
                }
            ],
        },
        image(title=plain("A fox")),
        actions(button()),
    ]
    assert plain_text(blocks, NAMES) == "*hi* @ada\n<!channel> &amp;\nto @here\nA fox"
    assert pings(blocks) == ["U1", "here"]


def test_line_styles() -> None:
    """Quotes and context have styles of their own."""
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a fox"}]}
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Got it."}]}
    blocks = [
        {"type": "rich_text", "elements": [section, quote]},
        {"type": "context", "elements": [{"type": "plain_text", "text": "Cost 0.035 USD."}]},
    ]

    assert lines(blocks, NAMES) == [
        {"text": "Got it.", "style": "plain"},
        {"text": "a fox", "style": "quoted"},
        {"text": "Cost 0.035 USD.", "style": "small"},
    ]
