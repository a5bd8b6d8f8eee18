"""Reply → Discord message: nothing pings, links or breaks a layout, everything fits, files share requests."""

from pathlib import Path

import pytest

from adapters.discord.capabilities import REQUEST_BYTES, TEXT_LENGTH
from adapters.discord.outbound.payload import ZERO_WIDTH_SPACE, ButtonPayload, code_block, escape, group, stem, to_payload
from bot.chat.reply import Button, Picture, Reply
from bot.commands.action import Action, ActionKind
from bot.ids import JobId, UserId

JOB = JobId("0123456789ab")
MIB = 1024 * 1024


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
def test_plain_words_stay_plain(plain: str, escaped: str) -> None:
    """What Discord would format, ping or unfurl is escaped; what it would not is left alone."""
    assert escape(plain) == escaped


def test_a_quote_cannot_leave_its_block() -> None:
    """However many backticks a member types, the fence closes only where we close it."""
    block = code_block("```\n@everyone\n```` and `more`")
    assert block.count("```") == 2
    assert (block.startswith("```\n"), block.endswith("\n```")) == (True, True)


@pytest.mark.parametrize("length", [0, 1, 1990, 2000, 4000])
@pytest.mark.parametrize("letter", ["a", "*", "`", "狐"])
def test_every_message_fits(length: int, letter: str) -> None:
    """Long parts are cut, our own text last, and the result is within Discord's limit."""
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


def test_a_long_quote_gives_way_to_our_words() -> None:
    """The quote is cut and marked; text and note are complete."""
    content = to_payload(Reply(text="Painting …", quote="fox " * 1000, note="Two left.")).content
    assert content.startswith("Painting …\n```\nfox ")
    assert content.endswith("…\n```\n-# Two left.")


def test_layout() -> None:
    """Text, quote, note; buttons in order with the action as their id; the one mention first."""
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
    """In order, as few requests as their size allows, one that is too large alone."""
    pictures = [picture(number, size=size) for number, size in enumerate(sizes, start=1)]
    expected = [[f"{JOB}-{number}.png" for number in numbers] for numbers in groups]
    assert [[member.name for member in members] for members in group(pictures)] == expected


def test_a_picture_is_known_by_its_stem() -> None:
    """Hidden or not, re-encoded or not, it is the same picture."""
    assert {stem(name) for name in (f"{JOB}-1.png", f"SPOILER_{JOB}-1.png", f"{JOB}-1.jpg")} == {f"{JOB}-1"}
