"""What happens, as it happens, for people who look at a terminal."""

import textwrap
from collections.abc import Sequence
from typing import TextIO

_NARROWEST = 60


class Live:
    """Writes a line for each thing. Platforms that play at once are shown one after the other: each waits for its turn.

    Not safe for threads by itself.
    """

    def __init__(self, out: TextIO, platforms: Sequence[str], *, width: int) -> None:
        self._out = out
        self._platforms = tuple(platforms)
        self._width = max(_NARROWEST, width)
        self._column = max((len(one) for one in platforms), default=0) + 2
        self._held: dict[str, list[str]] = {}
        self._waiting: list[str] = []
        self._over: set[str] = set()

    def heading(self, text: str, *, turns: bool = True) -> None:
        """What is told from now on belongs under this; without `turns` everything is shown at once."""
        self.flush()
        self._waiting = list(self._platforms) if turns else []
        self._over.clear()
        self._write(["", text])

    def tell(self, platform: str, speaker: str, paragraphs: Sequence[str]) -> None:
        """Something that was said or done, wrapped between words."""
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
            self._held.setdefault(platform, []).extend(lines)
        else:
            self._write(lines)

    def rest(self, platform: str) -> None:
        """This platform has nothing more to tell under this heading: it is the next one's turn."""
        self._over.add(platform)
        while self._waiting and self._waiting[0] in self._over:
            self._waiting.pop(0)
            if self._waiting:
                self._write(self._held.pop(self._waiting[0], []))

    def flush(self) -> None:
        """Show whatever still waits for its turn."""
        for platform in self._waiting:
            self._write(self._held.pop(platform, []))
        self._waiting = []

    def _write(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._out.write(line + "\n")
        self._out.flush()
