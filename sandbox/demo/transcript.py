"""The written record of the conversation: a Markdown file and its pictures, rewritten after every event."""

import html
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.demo.live_log import LiveLog
from sandbox.demo.message_lines import Line, escaped, markdown, plain

_NUMBERED = re.compile(r"\d\d-.+\.(?:jpe?g|png|webp|gif|bin)")
_MOST_SLUG = 48
_MAGIC = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"RIFF", ".webp"))


@dataclass(frozen=True, kw_only=True)
class TranscriptPicture:
    """A picture of the transcript; `alt` is its description, `size` its dimensions as text, if known."""

    alt: str
    content: bytes
    size: str = ""


@dataclass(kw_only=True)
class _Chapter:
    title: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)


class Transcript:
    """`transcript.md` and one folder of pictures for each platform. Thread-safe.

    `platforms` maps each platform's lower-case name to its title.
    """

    def __init__(self, folder: Path, platforms: dict[str, str], live: LiveLog) -> None:
        self.path = folder / "transcript.md"
        self._folder = folder
        self._platforms = platforms
        self._live = live
        self._chapters: list[_Chapter] = []
        self._summary = ""
        self._writing = threading.Lock()

    def open(self) -> None:
        """Start a new transcript and remove the pictures of an earlier one."""
        for platform in self._platforms:
            folder = self._folder / platform
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir():
                if _NUMBERED.fullmatch(old.name):
                    old.unlink()
        self._write()

    def open_chapter(self, title: str, *, turns: bool = True) -> None:
        """Start a chapter; with `turns`, the live log keeps the lines of each platform together."""
        with self._writing:
            self._chapters.append(_Chapter(title=title, columns={platform: [] for platform in self._platforms}))
            self._live.heading(f"{len(self._chapters)}. {title}", turns=turns)
            self._write()

    def add_action(
        self, platform: str, who: str, doing: str, words: str = "", pictures: Sequence[TranscriptPicture] = ()
    ) -> None:
        """Record what a member did: `doing` describes it (`replies to the picture`), `words` is the text typed with it."""
        said = ": ".join(part for part in (doing, words) if part)
        names = f" (+ {', '.join(picture.alt for picture in pictures)})" if pictures else ""
        with self._writing:
            self._live.add(self._platforms[platform], who if doing else f"{who}:", [said + names])
            self._add(platform, f"**{who}**{f' {escaped(doing)}' if doing else ''}{f': {_typed(words)}' if words else ''}")
            self._keep(platform, f"{who}-attached", pictures)
            self._write()

    def add_message(
        self,
        platform: str,
        lines: Sequence[Line],
        pictures: Sequence[TranscriptPicture],
        *,
        buttons: Sequence[str] = (),
        private_to: str = "",
        changed: bool = False,
    ) -> None:
        """Record a message of the bot, or a change of one with the pictures that are new in it."""
        verb = "changed that message" if changed else "answered"
        audience = f" *(only {private_to} sees this)*" if private_to else ""
        sizes = ", ".join(picture.size for picture in pictures)
        paragraphs = [*plain(lines), *([f"[{_counted(pictures)}: {sizes}]"] if pictures else [])]
        speaker = f"bot{' (changed)' if changed else ''}{f' (only {private_to} sees this)' if private_to else ''}:"
        with self._writing:
            self._live.add(self._platforms[platform], speaker, paragraphs)
            self._add(platform, f"**bot** {verb}{audience}:")
            if lines:
                self._add(platform, "\n".join(markdown(lines)))
            self._keep(platform, "result", pictures)
            if buttons:
                self._add(platform, "Buttons: " + " · ".join(f"**\\[{escaped(label)}\\]**" for label in buttons))
            self._write()

    def add_removal(self, platform: str, lines: Sequence[Line]) -> None:
        """Record that the bot deleted a message of its own."""
        first = plain(lines)[:1]
        with self._writing:
            self._live.add(self._platforms[platform], "bot", [f"deletes its message: {' '.join(first)}"])
            self._add(platform, f"**bot** deletes its message: {escaped(' '.join(first))}")
            self._write()

    def add_form(self, platform: str, title: str, labels: Sequence[str]) -> None:
        """Record that the bot opened a form."""
        with self._writing:
            self._live.add(self._platforms[platform], "bot", [f"opens a form: {title} ({', '.join(labels)})"])
            self._add(platform, f"**bot** opens the form **{escaped(title)}**: {escaped(', '.join(labels))}")
            self._write()

    def finish_turn(self, platform: str) -> None:
        """Mark this platform as finished in this chapter."""
        with self._writing:
            self._live.finish_turn(self._platforms[platform])

    def set_summary(self, summary: str) -> None:
        """Set the summary at the top of the file."""
        with self._writing:
            self._summary = summary
            self._write()

    def flush(self) -> None:
        """Show the live lines that are still held back."""
        with self._writing:
            self._live.flush()

    def _add(self, platform: str, text: str) -> None:
        self._chapters[-1].columns[platform] += [text, ""]

    def _keep(self, platform: str, kind: str, pictures: Sequence[TranscriptPicture]) -> None:
        chapter = self._chapters[-1]
        for picture in pictures:
            number = chapter.pictures[platform] = chapter.pictures.get(platform, 0) + 1
            ending = next((ending for magic, ending in _MAGIC if picture.content.startswith(magic)), ".bin")
            name = f"{len(self._chapters):02d}-{_slug(chapter.title)}-{number}-{_slug(kind)}{ending}"
            (self._folder / platform / name).write_bytes(picture.content)
            self._add(platform, f'<img src="{platform}/{name}" alt="{html.escape(picture.alt)}" width="320">')

    def _write(self) -> None:
        """Replace the file atomically, so that a reader or an interruption never meets half a file."""
        text = ["# A conversation with the bot", "", *([self._summary, ""] if self._summary else [])]
        if len(self._platforms) == 1:
            text += [f"## On {next(iter(self._platforms.values()))}", ""]
        for number, chapter in enumerate(self._chapters, start=1):
            text += self._side_by_side(number, chapter)
        fresh = self.path.with_suffix(".md.part")
        fresh.write_text("\n".join(text), encoding="utf-8")
        fresh.replace(self.path)

    def _side_by_side(self, number: int, chapter: _Chapter) -> list[str]:
        """Return a chapter; several platforms become columns of a table."""
        if len(self._platforms) == 1:
            return [f"### {number}. {chapter.title}", "", *next(iter(chapter.columns.values()))]
        share = 100 // len(self._platforms)
        heads = "".join(f'<th width="{share}%" align="left">On {name}</th>' for name in self._platforms.values())
        # Markdown inside a table cell is rendered only if empty lines separate it from the tags.
        cells = [line for column in chapter.columns.values() for line in ("<td>", "", *column, "</td>")]
        return [
            f"## {number}. {chapter.title}",
            "",
            "<table>",
            f"<tr>{heads}</tr>",
            '<tr valign="top">',
            *cells,
            "</tr>",
            "</table>",
            "",
        ]


def _counted(pictures: Sequence[object]) -> str:
    return "1 picture" if len(pictures) == 1 else f"{len(pictures)} pictures"


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:_MOST_SLUG].strip("-") or "picture"


def _typed(words: str) -> str:
    """Return the words as inline code, whatever characters they contain."""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", words)), default=0) + 1)
    room = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{room}{words}{room}{fence}"
