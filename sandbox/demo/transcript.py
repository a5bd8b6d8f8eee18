"""The written record of the conversation: a live line for each thing that happens, and Markdown with pictures beside it."""

import html
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from sandbox.stage import JsonObject

_NUMBERED = re.compile(r"\d\d-.+\.(?:jpe?g|png|webp|gif)")
_MOST_SLUG = 48
_MAGIC = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"RIFF", ".webp"))


class Transcript:
    """Writes `transcript.md` and a folder of pictures for each platform below one folder."""

    def __init__(self, folder: Path, live: TextIO = sys.stderr) -> None:
        self.path = folder / "transcript.md"
        self._folder = folder
        self._live = live
        self._lines = ["# A conversation with the bot", ""]
        self._platform = ""
        self._step = 0
        self._pictures = 0
        self._slug = ""

    def open_platform(self, platform: str) -> None:
        """Begin a platform's chapter; pictures of an earlier demo are removed."""
        self._platform, self._step = platform, 0
        folder = self._folder / platform
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if _NUMBERED.fullmatch(old.name):
                old.unlink()
        self._lines += [f"## On {platform.capitalize()}", ""]

    def turn_to(self, platform: str) -> None:
        """What comes now happens on this platform."""
        self._platform = platform

    def open_step(self, title: str) -> None:
        self._step += 1
        self._pictures = 0
        self._slug = _slug(title)
        self._lines += [f"### {self._step}. {title}", ""]
        self._tell(f"-- {self._step}. {title}")

    def said(self, who: str, channel: str, what: str, pictures: list[tuple[str, bytes]]) -> None:
        """A member did something, perhaps with pictures."""
        self._lines += [f"**{who}** in #{channel}: {_quoted(what)}", ""]
        self._tell(f"{who}: {what}" + (f" (+{_counted(pictures)})" if pictures else ""))
        self._keep(f"{who}-attached", pictures)

    def shown(self, message: JsonObject, *, changed: bool, fetch: Callable[[str], bytes]) -> None:
        """The bot showed a message, or changed it; `fetch` gets a file by its hash."""
        audience = f" *(only {message['private_to']} sees this)*" if message.get("private_to") else ""
        files = message["files"]
        verb = "changed that message" if changed else "answered"
        self._lines += [f"**bot** {verb}{audience}:", ""]
        if message["text"]:
            self._lines += [*(f"> {line}" for line in str(message["text"]).splitlines()), ""]
        self._keep("result", [(str(file.get("alt") or file["name"]), fetch(file["sha256"])) for file in files])
        if message["buttons"]:
            self._lines += ["Buttons: " + " · ".join(f"`{button['label']}`" for button in message["buttons"]), ""]
        shapes = ", ".join(f"{file['width']}x{file['height']}" for file in files)
        parts = [" ".join(str(message["text"]).split())[:110], f"[{_counted(files)}: {shapes}]" if files else ""]
        self._tell(f"   bot{' privately' if audience else ''}: " + " ".join(part for part in parts if part))

    def shown_form(self, form: JsonObject) -> None:
        """The bot opened a form before a member."""
        self._lines += [f"**bot** opened the form **{form.get('title', '')}**", ""]
        self._tell(f"   bot opens a form: {form.get('title', '')}")

    def close(self, summary: str) -> None:
        self._lines += ["---", "", summary, ""]
        self._folder.mkdir(parents=True, exist_ok=True)
        self.path.write_text("\n".join(self._lines), encoding="utf-8")

    def _keep(self, kind: str, pictures: list[tuple[str, bytes]]) -> None:
        for name, content in pictures:
            self._pictures += 1
            ending = next((ending for magic, ending in _MAGIC if content.startswith(magic)), ".bin")
            file = f"{self._step:02d}-{self._slug}-{self._pictures}-{_slug(kind)}{ending}"
            (self._folder / self._platform / file).write_bytes(content)
            self._lines += [f'<img src="{self._platform}/{file}" alt="{html.escape(name)}" width="320">', ""]

    def _tell(self, line: str) -> None:
        self._live.write(f"[{self._platform}] {line}\n")
        self._live.flush()


def _counted(pictures: Sequence[object]) -> str:
    return "1 picture" if len(pictures) == 1 else f"{len(pictures)} pictures"


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:_MOST_SLUG].strip("-") or "picture"


def _quoted(words: str) -> str:
    """Words as inline code, whatever they hold."""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", words)), default=0) + 1)
    room = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{room}{words}{room}{fence}"
