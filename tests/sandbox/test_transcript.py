"""The demo's written record."""

import io
import re
from pathlib import Path

from sandbox.demo.attachments import photo
from sandbox.demo.transcript import Transcript
from sandbox.stage import JsonObject

JPEG = b"\xff\xd8\xff\xe0 a picture"


def message(**fields: object) -> JsonObject:
    return {"id": "1", "author": "bot", "text": "", "files": [], "buttons": []} | fields


def a_file(name: str) -> JsonObject:
    return {"name": name, "sha256": name, "width": 2048, "height": 1024}


def test_written_in_order_with_pictures(tmp_path: Path) -> None:
    """Who said what and what the bot showed stand in order, pictures are files beside it, private words are marked."""
    live = io.StringIO()
    transcript = Transcript(tmp_path / "out", live)
    transcript.open_platform("discord")
    transcript.open_step("A picture by command!")
    transcript.said("ada", "general", "/imagine a `fox`", [("in.png", b"\x89PNG...")])
    transcript.shown(message(text="One moment"), changed=False, fetch=lambda _: b"")
    transcript.shown(
        message(files=[a_file("a.jpg"), a_file("b.jpg")], buttons=[{"label": "Again", "action": "x"}]),
        changed=True,
        fetch=lambda _: JPEG,
    )
    transcript.shown(message(text="Only for you", private_to="ada"), changed=False, fetch=lambda _: b"")
    transcript.close("3 of 3")
    text = transcript.path.read_text("utf-8")
    names = [f"01-a-picture-by-command-{end}" for end in ("1-ada-attached.png", "2-result.jpg", "3-result.jpg")]

    assert sorted(path.name for path in (tmp_path / "out" / "discord").iterdir()) == names
    assert re.findall(r'src="discord/([^"]+)"', text) == names
    assert [text.index(part) for part in ("`` /imagine a `fox` ``", "> One moment", "`Again`", "only ada", "3 of 3")] == sorted(
        text.index(part) for part in ("`` /imagine a `fox` ``", "> One moment", "`Again`", "only ada", "3 of 3")
    )
    assert "[discord]    bot privately: Only for you" in live.getvalue()
    assert "2048x1024, 2048x1024" in live.getvalue()


def test_only_own_pictures_are_replaced(tmp_path: Path) -> None:
    """A second demo removes the pictures of the first and nothing else."""
    folder = tmp_path / "discord"
    folder.mkdir()
    for name in ("01-old-1-result.jpg", "notes.txt", "holiday.jpg"):
        (folder / name).write_bytes(b"")
    Transcript(tmp_path, io.StringIO()).open_platform("discord")

    assert sorted(path.name for path in folder.iterdir()) == ["holiday.jpg", "notes.txt"]


def test_attachments_are_real_pictures() -> None:
    """What members attach differs by name and is the same every time."""
    cat = photo("cat.jpg", "a cat", (120, 90))

    assert cat.content.startswith(b"\xff\xd8\xff")
    assert cat == photo("cat.jpg", "a cat", (120, 90))
    assert cat.content != photo("dog.jpg", "a dog", (120, 90)).content
