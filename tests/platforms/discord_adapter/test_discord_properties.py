"""For any text, a Discord message fits its limits, pings at most the mentioned member, and keeps its layout."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord.capabilities import TEXT_LENGTH
from adapters.discord.outbound.payload import FENCE, LABEL_LENGTH, code_block, escape, to_payload
from bot.chat.reply import Button, Reply
from bot.commands.action import MAX_LENGTH, Action, ActionKind
from bot.ids import JobId, UserId
from tests.fakes.texts import ANY_TEXT, LONG_TEXT

ESCAPED = re.compile(r"\\.", re.DOTALL)
MARKUP = re.compile(r"[`*_~|<>\[\]]|@(?:everyone|here|[!&]?\d)|://|\b(?:discord|discordapp)\.(?:gg|com|me|new)", re.IGNORECASE)
LINE_MARK = re.compile(r"(?m)^\s*(?:[-+](?=\s)|\d+\.(?=\s)|#)")
SMALL_PRINT = re.compile(r"(?m)^-# ")
MENTIONED = UserId("discord:42")
BUTTONS = st.builds(
    Button,
    label=LONG_TEXT,
    action=st.builds(Action, kind=st.sampled_from(ActionKind), job=st.just(JobId("0123456789ab"))),
)
REPLIES = st.builds(
    Reply,
    text=ANY_TEXT | LONG_TEXT,
    quote=st.none() | ANY_TEXT | LONG_TEXT,
    note=st.none() | ANY_TEXT | LONG_TEXT,
    buttons=st.lists(BUTTONS, max_size=7).map(tuple),
    mention=st.none() | st.just(MENTIONED),
)


def active_markup(text: str) -> list[str]:
    """Return the parts of a text that Discord would interpret."""
    plain = ESCAPED.sub("x", text)
    return [found[0] for pattern in (MARKUP, LINE_MARK) for found in pattern.finditer(plain)]


@given(ANY_TEXT)
@example("\\@everyone")
@example("\\\\<@1>")
@example("@\u200beveryone @\u2060here")
@example("discord.ggé discord.com1")
def test_escaped_text_has_no_active_markup(text: str) -> None:
    """No ping, link or markup is left, in any script."""
    assert active_markup(escape(text)) == []


@given(ANY_TEXT | LONG_TEXT)
@example("`" * 3000)
@example("a\\")
@example("``\u200b`")
def test_code_block_has_exactly_two_fences(text: str) -> None:
    """Backticks in the text do not add a fence."""
    block = code_block(text)
    assert block.count(FENCE) == 2
    assert block.startswith(f"{FENCE}\n")
    assert block.endswith(f"\n{FENCE}")


@given(REPLIES)
def test_every_message_fits_without_active_markup(reply: Reply) -> None:
    """Outside of the quote, the only active markup is the mention at the start."""
    payload = to_payload(reply)
    assert len(payload.content) <= TEXT_LENGTH
    head, *rest = payload.content.split(FENCE)
    assert len(rest) in {0, 2}
    if reply.mention is not None:
        assert head.startswith("<@42> ")
        head = head.removeprefix("<@42> ")
    outside = head + SMALL_PRINT.sub("", rest[-1] if rest else "")
    assert active_markup(outside if rest else SMALL_PRINT.sub("", outside)) == []


@given(REPLIES)
def test_every_button_fits_discords_limits(reply: Reply) -> None:
    """Labels and ids are within their limits, and there are at most five rows of five."""
    buttons = to_payload(reply).buttons
    assert len(buttons) <= 25
    assert all(len(button.label) <= LABEL_LENGTH and len(button.custom_id) <= MAX_LENGTH for button in buttons)
