"""The written record of the conversation: Markdown and pictures beside it, written anew with everything that happens."""

import html
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.demo.live_log import Live
from sandbox.demo.message_lines import Line, escaped, markdown, plain

_NUMBERED = re.compile(r"\d\d-.+\.(?:jpe?g|png|webp|gif|bin)")
_MOST_SLUG = 48
_MAGIC = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"RIFF", ".webp"))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A picture for the record; `alt` says what it shows, `size` its pixels as text if they are to be told."""

    alt: str
    content: bytes
    size: str = ""


@dataclass(kw_only=True)
class _Chapter:
    title: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)


class Transcript:
    """`transcript.md` and a folder of pictures for each platform, below one folder. Platforms may write at the same time.

    `platforms` are their names in lower case and as people write them.
    """

    def __init__(self, folder: Path, platforms: dict[str, str], live: Live) -> None:
        self.path = folder / "transcript.md"
        self._folder = folder
        self._platforms = platforms
        self._live = live
        self._chapters: list[_Chapter] = []
        self._summary = ""
        self._writing = threading.Lock()

    def open(self) -> None:
        """Begin: pictures of an earlier demo are removed, and with them the transcript that shows them."""
        for platform in self._platforms:
            folder = self._folder / platform
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir():
                if _NUMBERED.fullmatch(old.name):
                    old.unlink()
        self._write()

    def open_chapter(self, title: str, *, turns: bool = True) -> None:
        """What happens from now on stands under this title; with `turns` the live lines of each platform are kept together."""
        with self._writing:
            self._chapters.append(_Chapter(title=title, columns={platform: [] for platform in self._platforms}))
            self._live.heading(f"{len(self._chapters)}. {title}", turns=turns)
            self._write()

    def did(self, platform: str, who: str, doing: str, words: str = "", pictures: Sequence[Kept] = ()) -> None:
        """A member did something: `doing` says what, as in `replies to the picture`, and `words` what was typed with it."""
        said = ": ".join(part for part in (doing, words) if part)
        names = f" (+ {', '.join(picture.alt for picture in pictures)})" if pictures else ""
        with self._writing:
            self._live.tell(self._platforms[platform], who if doing else f"{who}:", [said + names])
            self._add(platform, f"**{who}**{f' {escaped(doing)}' if doing else ''}{f': {_typed(words)}' if words else ''}")
            self._keep(platform, f"{who}-attached", pictures)
            self._write()

    def shown(
        self,
        platform: str,
        lines: Sequence[Line],
        pictures: Sequence[Kept],
        *,
        buttons: Sequence[str] = (),
        private_to: str = "",
        changed: bool = False,
    ) -> None:
        """The bot showed a message, or changed one it had shown."""
        verb = "changed that message" if changed else "answered"
        audience = f" *(only {private_to} sees this)*" if private_to else ""
        sizes = ", ".join(picture.size for picture in pictures)
        told = [*plain(lines), *([f"[{_counted(pictures)}: {sizes}]"] if pictures else [])]
        speaker = f"bot{' (changed)' if changed else ''}{f' (only {private_to} sees this)' if private_to else ''}:"
        with self._writing:
            self._live.tell(self._platforms[platform], speaker, told)
            self._add(platform, f"**bot** {verb}{audience}:")
            if lines:
                self._add(platform, "\n".join(markdown(lines)))
            self._keep(platform, "result", pictures)
            if buttons:
                self._add(platform, "Buttons: " + " · ".join(f"**\\[{escaped(label)}\\]**" for label in buttons))
            self._write()

    def shown_form(self, platform: str, title: str, labels: Sequence[str]) -> None:
        """The bot opened a form before a member."""
        with self._writing:
            self._live.tell(self._platforms[platform], "bot", [f"opens a form: {title} ({', '.join(labels)})"])
            self._add(platform, f"**bot** opens the form **{escaped(title)}**: {escaped(', '.join(labels))}")
            self._write()

    def rest(self, platform: str) -> None:
        """This platform has nothing more to tell in this chapter."""
        with self._writing:
            self._live.rest(self._platforms[platform])

    def sum_up(self, summary: str) -> None:
        """Say how it stands, above everything else."""
        with self._writing:
            self._summary = summary
            self._write()

    def flush(self) -> None:
        """Show the live lines that still wait for their turn."""
        with self._writing:
            self._live.flush()

    def _add(self, platform: str, text: str) -> None:
        self._chapters[-1].columns[platform] += [text, ""]

    def _keep(self, platform: str, kind: str, pictures: Sequence[Kept]) -> None:
        chapter = self._chapters[-1]
        for picture in pictures:
            number = chapter.pictures[platform] = chapter.pictures.get(platform, 0) + 1
            ending = next((ending for magic, ending in _MAGIC if picture.content.startswith(magic)), ".bin")
            name = f"{len(self._chapters):02d}-{_slug(chapter.title)}-{number}-{_slug(kind)}{ending}"
            (self._folder / platform / name).write_bytes(picture.content)
            self._add(platform, f'<img src="{platform}/{name}" alt="{html.escape(picture.alt)}" width="320">')

    def _write(self) -> None:
        """Put the whole file in place of the old one at once: whoever reads it, or interrupts us, finds a whole one."""
        text = ["# A conversation with the bot", "", *([self._summary, ""] if self._summary else [])]
        if len(self._platforms) == 1:
            text += [f"## On {next(iter(self._platforms.values()))}", ""]
        for number, chapter in enumerate(self._chapters, start=1):
            text += self._side_by_side(number, chapter)
        fresh = self.path.with_suffix(".md.part")
        fresh.write_text("\n".join(text), encoding="utf-8")
        fresh.replace(self.path)

    def _side_by_side(self, number: int, chapter: _Chapter) -> list[str]:
        """A chapter; several platforms stand beside each other in a table."""
        if len(self._platforms) == 1:
            return [f"### {number}. {chapter.title}", "", *next(iter(chapter.columns.values()))]
        share = 100 // len(self._platforms)
        heads = "".join(f'<th width="{share}%" align="left">On {name}</th>' for name in self._platforms.values())
        # Markdown inside a cell is read as Markdown if empty lines part it from the tags.
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
    """Words as inline code, whatever they hold."""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", words)), default=0) + 1)
    room = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{room}{words}{room}{fence}"
