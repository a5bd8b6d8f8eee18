"""For any text, a Slack message fits its limits, pings at most the mentioned member, and contains no markup."""

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

MARKUP = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")
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
def test_escape_round_trip_without_markup(text: str) -> None:
    """Slack interprets only `<`, `>` and `&`, and shows the text as it was typed."""
    escaped = escape(text)
    assert MARKUP.search(escaped) is None
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


@given(REPLIES)
@example(Reply(text="&" * 9000))
@example(Reply(text=""))
def test_fallback_text_is_valid(reply: Reply) -> None:
    """It is never empty or too long, contains no markup, and no entity is cut."""
    text = to_payload(reply).text
    if reply.mention is not None:
        assert text.startswith("<@U42> ")
        text = text.removeprefix("<@U42> ")
    assert text
    assert len(text) <= FALLBACK_LENGTH
    assert MARKUP.search(text) is None


@given(REPLIES)
def test_blocks_contain_no_markup(reply: Reply) -> None:
    """Rich text contains only plain text and the one mention."""
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
def test_every_text_and_button_fits_slacks_limits(reply: Reply) -> None:
    """Texts, labels, action ids and the number of buttons are within their limits."""
    blocks = to_payload(reply).blocks
    assert all(len(element.get("text", "")) <= TEXT_LENGTH for element in rich_elements(blocks))
    buttons = [button for block in blocks if block["type"] == "actions" for button in block["elements"]]
    assert len(buttons) <= 25
    assert all(1 <= len(button["text"]["text"]) <= LABEL_LENGTH for button in buttons)
    assert all(len(button["action_id"]) <= ACTION_ID_LENGTH for button in buttons)


@given(REPLIES)
def test_block_keys_are_matched_exactly(reply: Reply) -> None:
    """A key that is a prefix of another does not match it."""
    blocks = with_block_ids(to_payload(reply).blocks, "0123.1")
    assert has_block_key(blocks, "0123.1") == bool(blocks)
    assert not has_block_key(blocks, "0123.10")
    assert len({block["block_id"] for block in blocks}) == len(blocks)
