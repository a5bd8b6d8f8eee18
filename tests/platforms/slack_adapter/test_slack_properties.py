"""For any text, a Slack message fits, pings at most the one member it mentions, and is never parsed as markup."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from adapters.slack.capabilities import TEXT_LENGTH
from adapters.slack.outbound.payload import (
    FALLBACK_LENGTH,
    LABEL_LENGTH,
    NOTE_LENGTH,
    Block,
    escape,
    has_block_key,
    to_payload,
    with_block_ids,
)
from bot.chat.reply import Button, Reply
from bot.commands.action import Action, ActionKind
from bot.ids import JobId, UserId
from tests.fakes.texts import ANY_TEXT, LONG_TEXT

LIVE = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")
ACTION_ID_LENGTH = 255
BUTTONS = st.builds(
    Button,
    label=LONG_TEXT.filter(bool),
    action=st.builds(Action, kind=st.sampled_from(ActionKind), job=st.just(JobId("0123456789ab"))),
)
REPLIES = st.builds(
    Reply,
    text=ANY_TEXT | LONG_TEXT,
    quote=st.none() | ANY_TEXT | LONG_TEXT,
    note=st.none() | ANY_TEXT | LONG_TEXT,
    buttons=st.lists(BUTTONS, max_size=30).map(tuple),
    mention=st.none() | st.just(UserId("slack:T1/U42")),
)


def rich_elements(blocks: tuple[Block, ...]) -> list[Block]:
    return [
        element for block in blocks if block["type"] == "rich_text" for part in block["elements"] for element in part["elements"]
    ]


@given(ANY_TEXT | LONG_TEXT)
@example("<!everyone> <@U1> &lt;")
def test_escaped_text_holds_no_markup_and_loses_nothing(text: str) -> None:
    """Slack reads only `<`, `>` and `&`; what it shows is what was typed."""
    escaped = escape(text)
    assert LIVE.search(escaped) is None
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


@given(REPLIES)
@example(Reply(text="&" * 9000))
@example(Reply(text=""))
def test_the_plain_text_is_never_empty_too_long_or_alive(reply: Reply) -> None:
    """An entity is never cut in two."""
    text = to_payload(reply).text
    if reply.mention is not None:
        assert text.startswith("<@U42> ")
        text = text.removeprefix("<@U42> ")
    assert text
    assert len(text) <= FALLBACK_LENGTH
    assert LIVE.search(text) is None


@given(REPLIES)
def test_no_block_parses_what_was_written(reply: Reply) -> None:
    """Rich text holds plain text and the one member who is meant."""
    blocks = to_payload(reply).blocks
    assert {block["type"] for block in blocks} <= {"rich_text", "section", "context", "actions"}
    kinds = [element["type"] for element in rich_elements(blocks)]
    assert set(kinds) <= {"text", "user"}
    assert kinds.count("user") == (reply.mention is not None)
    assert all(element["text"] for element in rich_elements(blocks) if element["type"] == "text")
    for block in blocks:
        notes = [block["text"]] if block["type"] == "section" else block["elements"] if block["type"] == "context" else []
        assert all(note["type"] == "plain_text" and 1 <= len(note["text"]) <= NOTE_LENGTH for note in notes)


@given(REPLIES)
def test_every_text_and_button_fits(reply: Reply) -> None:
    """Each within its limit."""
    blocks = to_payload(reply).blocks
    assert all(len(element.get("text", "")) <= TEXT_LENGTH for element in rich_elements(blocks))
    buttons = [button for block in blocks if block["type"] == "actions" for button in block["elements"]]
    assert len(buttons) <= 25
    assert all(1 <= len(button["text"]["text"]) <= LABEL_LENGTH for button in buttons)
    assert all(len(button["action_id"]) <= ACTION_ID_LENGTH for button in buttons)


@given(REPLIES)
def test_marked_blocks_are_known_by_their_mark_alone(reply: Reply) -> None:
    """A mark that begins like another is not that other."""
    blocks = with_block_ids(to_payload(reply).blocks, "0123.1")
    assert has_block_key(blocks, "0123.1") == bool(blocks)
    assert not has_block_key(blocks, "0123.10")
    assert len({block["block_id"] for block in blocks}) == len(blocks)
