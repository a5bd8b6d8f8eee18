"""A live log of the conversation for a terminal."""

import textwrap
from collections.abc import Sequence
from typing import TextIO

_NARROWEST = 60


class LiveLog:
    """Writes lines as they come. Where platforms run at once, each platform's lines are held back until the one before has finished.

    Not thread-safe.
    """

    def __init__(self, out: TextIO, platforms: Sequence[str], *, width: int) -> None:
        self._out = out
        self._platforms = tuple(platforms)
        self._width = max(_NARROWEST, width)
        self._column = max((len(one) for one in platforms), default=0) + 2
        self._buffered: dict[str, list[str]] = {}
        self._waiting: list[str] = []
        self._finished: set[str] = set()

    def heading(self, text: str, *, turns: bool = True) -> None:
        """Start a section; without `turns`, lines of all platforms are shown at once."""
        self.flush()
        self._waiting = list(self._platforms) if turns else []
        self._finished.clear()
        self._write(["", text])

    def add(self, platform: str, speaker: str, paragraphs: Sequence[str]) -> None:
        """Add paragraphs, wrapped between words."""
        first = f"{platform:<{self._column}}{speaker} "
        later = " " * (self._column + 5)
        lines = [
            line
            for number, paragraph in enumerate(paragraphs)
            for line in textwrap.wrap(
                paragraph,
                self._width,
                initial_indent=later if number else first,
                subsequent_indent=later,
                break_long_words=False,
                break_on_hyphens=False,
            )
        ] or [first.rstrip()]
        if platform in self._waiting[1:]:
            self._buffered.setdefault(platform, []).extend(lines)
        else:
            self._write(lines)

    def finish_turn(self, platform: str) -> None:
        """Mark this platform as finished in this section, and show the next one's lines."""
        self._finished.add(platform)
        while self._waiting and self._waiting[0] in self._finished:
            self._waiting.pop(0)
            if self._waiting:
                self._write(self._buffered.pop(self._waiting[0], []))

    def flush(self) -> None:
        """Show all lines that are held back."""
        for platform in self._waiting:
            self._write(self._buffered.pop(platform, []))
        self._waiting = []

    def _write(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._out.write(line + "\n")
        self._out.flush()
