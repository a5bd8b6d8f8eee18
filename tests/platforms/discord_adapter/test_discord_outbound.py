"""Converts replies to Discord messages: text is escaped, every length fits, and files share requests."""

from pathlib import Path

import pytest

from adapters.discord.capabilities import REQUEST_BYTES, TEXT_LENGTH
from adapters.discord.outbound.payload import ZERO_WIDTH_SPACE, ButtonPayload, code_block, escape, group, stem, to_payload
from bot.chat.moment import Moment, written
from bot.chat.reply import Button, Picture, Reply
from bot.commands.action import Action, ActionKind
from bot.ids import JobId, UserId

JOB = JobId("0123456789ab")
MIB = 1024 * 1024
MOMENT = written(Moment(at=1_700_018_000, words="in 5 hours"))
NEAR = written(Moment(at=1_700_000_030, words="in 30 seconds", near=True))


def picture(number: int, *, size: int = 1) -> Picture:
    return Picture(
        path=Path("unread"),
        name=f"{JOB}-{number}.png",
        media_type="image/png",
        width=1,
        height=1,
        size_bytes=size,
        alt="a fox",
    )


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("a red fox, in snow.", "a red fox, in snow."),
        ("@everyone look", f"@{ZERO_WIDTH_SPACE}everyone look"),
        ("<@&123> <#5> </imagine:7>", f"\\<@{ZERO_WIDTH_SPACE}&123\\> \\<\\#5\\> \\</imagine:7\\>"),
        ("**bold** _it_ ~~no~~ ||hidden||", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\|\\|hidden\\|\\|"),
        ("`code`", "\\`code\\`"),
        ("[click](https://evil.example)", "\\[click\\](https\\://evil.example)"),
        ("see discord.gg/abc", "see discord\\.gg/abc"),
        ("- a list\n+ more\n-# small\n> quote", "\\- a list\n\\+ more\n-\\# small\n\\> quote"),
        ("1. first\n2K is fine", "1\\. first\n2K is fine"),
        ("a back\\slash", "a back\\\\slash"),
        ("--count 4", "--count 4"),
    ],
)
def test_escape(plain: str, escaped: str) -> None:
    """Text that Discord would format, ping or unfurl is escaped; other text is unchanged."""
    assert escape(plain) == escaped


def test_quote_cannot_close_its_code_block() -> None:
    """Backticks in the quote do not close the fence."""
    block = code_block("```\n@everyone\n```` and `more`")
    assert block.count("```") == 2
    assert (block.startswith("```\n"), block.endswith("\n```")) == (True, True)


@pytest.mark.parametrize("length", [0, 1, 1990, 2000, 4000])
@pytest.mark.parametrize("letter", ["a", "*", "`", "狐"])
def test_every_message_fits_discords_limit(length: int, letter: str) -> None:
    """Long parts are cut, the bot's own text last."""
    text = letter * length
    for reply in (
        Reply(text=text, quote="a fox", note="a note"),
        Reply(text="words", quote=text, note="a note"),
        Reply(text="words", quote="a fox", note=text),
        Reply(text=text, quote=text, note=text, mention=UserId("discord:1")),
    ):
        content = to_payload(reply).content
        assert len(content) <= TEXT_LENGTH
        assert content.count("```") in {0, 2}


def test_moments_are_shown_in_each_readers_time() -> None:
    """Discord counts down by itself; everything around them stays escaped, and one in a quote is no moment."""
    reply = Reply(text=f"*It* renews {MOMENT}.", note=f"Again {NEAR}.", quote=MOMENT)

    content = to_payload(reply).content

    assert content.splitlines()[0] == "\\*It\\* renews <t:1700018000:R>."
    assert content.splitlines()[-1] == "-# Again <t:1700000030:R>."
    assert content.count("<t:") == 2


@pytest.mark.parametrize("length", range(1960, 2001, 3))
def test_a_moment_is_shown_whole_or_not_at_all(length: int) -> None:
    """A text that is cut inside of one has no half of it."""
    content = to_payload(Reply(text="a" * length + MOMENT)).content

    assert len(content) <= TEXT_LENGTH
    assert content.endswith(("<t:1700018000:R>", "…"))
    assert content.isprintable()


def test_long_quote_is_cut_before_the_text() -> None:
    """The quote is cut and ends with an ellipsis; text and note are complete."""
    content = to_payload(Reply(text="Painting …", quote="fox " * 1000, note="Two left.")).content
    assert content.startswith("Painting …\n```\nfox ")
    assert content.endswith("…\n```\n-# Two left.")


def test_layout() -> None:
    """The mention comes first, then text, quote and note; buttons keep their order and have the action as their id."""
    reply = Reply(
        text="Done.",
        quote="a fox",
        note="Two left.\nCost nothing.",
        buttons=(Button(label="Again", action=Action(kind=ActionKind.AGAIN, job=JOB), primary=True),),
        mention=UserId("discord:42"),
    )
    payload = to_payload(reply)
    assert payload.content == "<@42> Done.\n```\na fox\n```\n-# Two left.\n-# Cost nothing."
    assert payload.buttons == (ButtonPayload(label="Again", custom_id=f"v1:again:{JOB}", primary=True),)
    assert payload.mention == 42


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([], [[]]),
        ([1, 1, 1, 1], [[1, 2, 3, 4]]),
        ([10 * MIB, 10 * MIB, 10 * MIB, 10 * MIB], [[1, 2], [3, 4]]),
        ([REQUEST_BYTES, 1], [[1], [2]]),
        ([REQUEST_BYTES + 1, 1], [[1], [2]]),
        ([1] * 11, [list(range(1, 11)), [11]]),
    ],
)
def test_files_share_requests(sizes: list[int], groups: list[list[int]]) -> None:
    """Files keep their order in as few requests as possible; an oversized file gets its own."""
    pictures = [picture(number, size=size) for number, size in enumerate(sizes, start=1)]
    expected = [[f"{JOB}-{number}.png" for number in numbers] for numbers in groups]
    assert [[member.name for member in members] for members in group(pictures)] == expected


def test_picture_is_identified_by_its_stem() -> None:
    """A spoiler prefix or another file type does not change the identity."""
    assert {stem(name) for name in (f"{JOB}-1.png", f"SPOILER_{JOB}-1.png", f"{JOB}-1.jpg")} == {f"{JOB}-1"}
