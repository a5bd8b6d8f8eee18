"""The demo's transcript and live log."""

import io
import re
from pathlib import Path

import pytest

from sandbox.demo.attachments import photo
from sandbox.demo.live_log import LiveLog
from sandbox.demo.message_lines import Line, markdown, plain, read_discord, read_slack
from sandbox.demo.transcript import Transcript, TranscriptPicture

JPEG = b"\xff\xd8\xff\xe0 a picture"
BOTH = {"discord": "Discord", "slack": "Slack"}


def transcript(folder: Path, platforms: dict[str, str] | None = None, out: io.StringIO | None = None) -> Transcript:
    names = platforms or {"discord": "Discord"}
    opened = Transcript(folder, names, LiveLog(out or io.StringIO(), list(names.values()), width=100))
    opened.open()
    return opened


def result(*names: str) -> list[TranscriptPicture]:
    return [TranscriptPicture(alt=name, content=JPEG, size="2048x1024") for name in names]


def test_transcript_content(tmp_path: Path) -> None:
    """The transcript contains actions and messages in order, with pictures as files, and marks private messages."""
    live = io.StringIO()
    record = transcript(tmp_path, out=live)
    record.open_chapter("A picture by command!")
    record.add_action("discord", "ada", "", "/imagine a `fox`", [TranscriptPicture(alt="in.png", content=b"\x89PNG...")])
    record.add_message("discord", [Line(text="One moment")], [])
    record.add_message("discord", [], result("a.jpg", "b.jpg"), buttons=["Again"], changed=True)
    record.add_action("discord", "ada", "presses [Again]")
    record.add_message("discord", [Line(text="Only for you")], [], private_to="ada")
    record.set_summary("3 of 3")
    text = record.path.read_text("utf-8")
    names = [f"01-a-picture-by-command-{end}" for end in ("1-ada-attached.png", "2-result.jpg", "3-result.jpg")]
    order = [
        "3 of 3",
        "## On Discord",
        "`` /imagine a `fox` ``",
        "> One moment",
        r"**\[Again\]**",
        r"presses \[Again\]",
        "only ada",
    ]

    assert sorted(path.name for path in (tmp_path / "discord").iterdir()) == names
    assert re.findall(r'src="discord/([^"]+)"', text) == names
    assert sorted(order, key=text.index) == order
    assert text.count("3 of 3") == 1
    assert "Discord  bot (only ada sees this): Only for you" in live.getvalue()
    assert "[2 pictures: 2048x1024, 2048x1024]" in live.getvalue()


def test_platforms_side_by_side(tmp_path: Path) -> None:
    """Each step is one table with a column for each platform, in fixed order."""
    record = transcript(tmp_path, BOTH)
    record.open_chapter("A reply")
    record.add_action("slack", "ada", "writes in the thread", "in the thread")
    record.add_action("discord", "ada", "replies", "to the picture")
    text = record.path.read_text("utf-8")
    order = ["## 1. A reply", "On Discord", "On Slack", "<td>", "`to the picture`", "</td>", "`in the thread`", "</table>"]

    assert sorted(order, key=text.index) == order


def test_transcript_is_always_complete(tmp_path: Path) -> None:
    """The file is complete after every event, and refers only to pictures that exist."""
    old = transcript(tmp_path)
    old.open_chapter("Yesterday")
    old.add_message("discord", [], result("old.jpg"))
    for name in ("notes.txt", "holiday.jpg"):
        (tmp_path / "discord" / name).write_bytes(b"")
    record = transcript(tmp_path)
    begun = record.path.read_text("utf-8")
    record.open_chapter("Today")
    record.add_message("discord", [Line(text="One moment")], [])
    first = record.path.read_text("utf-8")
    record.add_message("discord", [Line(text="Here it is")], result("new.jpg"), changed=True)
    text = record.path.read_text("utf-8")

    assert "Yesterday" not in begun
    assert "One moment" in first
    assert "Here it is" in text
    assert re.findall(r'src="([^"]+)"', text) == ["discord/01-today-1-result.jpg"]
    assert sorted(path.name for path in (tmp_path / "discord").iterdir()) == ["01-today-1-result.jpg", "holiday.jpg", "notes.txt"]


def test_live_log_order() -> None:
    """The first platform's lines of a step are shown at once, the others' when it has finished."""
    out = io.StringIO()
    live = LiveLog(out, ["Discord", "Slack"], width=100)
    live.heading("1. A step")
    live.add("Slack", "ada:", ["early"])
    live.add("Discord", "ada:", ["first"])
    before = out.getvalue()
    live.finish_turn("Slack")
    live.finish_turn("Discord")
    live.heading("2. Another")
    live.add("Slack", "bob:", ["late"])
    live.flush()
    live.heading("Playing on", turns=False)
    live.add("Slack", "bob:", ["at once"])

    assert before == "\n1. A step\nDiscord  ada: first\n"
    assert out.getvalue().removeprefix(before).splitlines() == [
        *("Slack    ada: early", "", "2. Another", "Slack    bob: late", "", "Playing on", "Slack    bob: at once")
    ]


def test_live_log_wrapping() -> None:
    """A long text is wrapped between words and shown in full."""
    out = io.StringIO()
    words = [f"word-{number}" for number in range(80)]
    LiveLog(out, ["Slack"], width=10).add("Slack", "bot:", [" ".join(words)])
    lines = out.getvalue().splitlines()

    assert " ".join(lines).split()[2:] == words
    assert len(lines) > 5
    assert max(map(len, lines)) <= 60


DISCORD_TEXT = "One picture from ark\\_intl.\n```\na *red* fox\n```\n-# Cost 0.035 USD.\n\nUse ID\\#2"
READ = (
    Line(text="One picture from ark_intl."),
    Line(text="a *red* fox", style="quoted"),
    Line(text="Cost 0.035 USD.", style="small"),
    Line(text=""),
    Line(text="Use ID#2"),
)


def test_read_discord() -> None:
    """Fences, small print and escapes of Discord's Markdown are read."""
    assert read_discord({"text": DISCORD_TEXT}) == READ


def test_read_slack() -> None:
    """Slack's blocks give each line's style; a message without blocks is its text."""
    lines = [{"text": "One picture.", "style": "plain"}, {"text": "a\nb", "style": "quoted"}]
    blocks = (Line(text="One picture."), Line(text="a", style="quoted"), Line(text="b", style="quoted"))

    assert read_slack({"text": "fallback", "lines": lines}) == blocks
    assert read_slack({"text": "alone", "lines": []}) == (Line(text="alone"),)


@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        (READ[:3], ["One picture from ark_intl. “a *red* fox” Cost 0.035 USD."]),
        (READ, ["One picture from ark_intl.", "“a *red* fox”", "Cost 0.035 USD.", "Use ID#2"]),
        ([Line(text=f"Model {number}") for number in range(5)], [f"Model {number}" for number in range(5)]),
        ((), []),
    ],
)
def test_plain(lines: tuple[Line, ...], paragraphs: list[str]) -> None:
    """A short message is one paragraph; a list, or one with empty lines, keeps its lines."""
    assert plain(lines) == paragraphs


def test_markdown() -> None:
    """Every character shows literally, and small print is small."""
    assert markdown(READ) == [
        r"> One picture from ark\_intl.  ",
        r"> *“a \*red\* fox”*  ",
        "> <sub>Cost 0.035 USD.</sub>  ",
        ">",
        r"> Use ID\#2  ",
    ]


def test_attachments_are_real_pictures() -> None:
    """An attachment depends on its name and description only."""
    cat = photo("cat.jpg", "a cat", (120, 90))

    assert cat.content.startswith(b"\xff\xd8\xff")
    assert cat == photo("cat.jpg", "a cat", (120, 90))
    assert cat.content != photo("dog.jpg", "a dog", (120, 90)).content
    assert cat.content != photo("cat.jpg", "a fox", (120, 90)).content
