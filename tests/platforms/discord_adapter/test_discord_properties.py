"""For any text, a Discord message fits, pings at most the one member it mentions, and keeps its layout."""

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
LIVE = re.compile(r"[`*_~|<>\[\]]|@(?:everyone|here|[!&]?\d)|://|\b(?:discord|discordapp)\.(?:gg|com|me|new)", re.IGNORECASE)
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


def shown_live(text: str) -> list[str]:
    """What Discord would not show as it was typed."""
    plain = ESCAPED.sub("x", text)
    return [found[0] for pattern in (LIVE, LINE_MARK) for found in pattern.finditer(plain)]


@given(ANY_TEXT)
@example("\\@everyone")
@example("\\\\<@1>")
@example("@\u200beveryone @\u2060here")
@example("discord.ggé discord.com1")
def test_nothing_in_plain_words_is_alive(text: str) -> None:
    """No ping, no link, no markup, in any script."""
    assert shown_live(escape(text)) == []


@given(ANY_TEXT | LONG_TEXT)
@example("`" * 3000)
@example("a\\")
@example("``\u200b`")
def test_a_quote_ends_where_we_end_it(text: str) -> None:
    """However many backticks are in it."""
    block = code_block(text)
    assert block.count(FENCE) == 2
    assert block.startswith(f"{FENCE}\n")
    assert block.endswith(f"\n{FENCE}")


@given(REPLIES)
def test_every_message_fits_and_is_tame(reply: Reply) -> None:
    """Outside of its one quote nothing is alive but the one mention at its head."""
    payload = to_payload(reply)
    assert len(payload.content) <= TEXT_LENGTH
    head, *rest = payload.content.split(FENCE)
    assert len(rest) in {0, 2}
    if reply.mention is not None:
        assert head.startswith("<@42> ")
        head = head.removeprefix("<@42> ")
    outside = head + SMALL_PRINT.sub("", rest[-1] if rest else "")
    assert shown_live(outside if rest else SMALL_PRINT.sub("", outside)) == []


@given(REPLIES)
def test_every_button_fits(reply: Reply) -> None:
    """Label and id within their limits, no more than a row."""
    buttons = to_payload(reply).buttons
    assert len(buttons) <= 5
    assert all(len(button.label) <= LABEL_LENGTH and len(button.custom_id) <= MAX_LENGTH for button in buttons)
