"""Finds the flags in a text, and tells them from running text with dashes in it; pure.

Two dashes before the name of a flag are a flag. A long dash is one too, since phones and word processors make it of two
hyphens, unless it opens a list item or a parenthesis. A single hyphen is one only before a flag with a value that can be
nothing else. What may be meant to hide a picture, but is no flag by these rules, is asked about: it must not be shown.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from bot.commands.syntax.flags import FLAGS, Flag, Value
from bot.commands.syntax.values import SWITCH_VALUES, bad_value, convert, reads, shorten, word_at
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.values import dataclass

DASHES = "-‐‑‒–—―−﹘﹣－⸺⸻〜〰゠־֊᠆"
LONG_DASHES = "–—―﹘⸺⸻"
PARENTHESIS = 80
"""The most characters between the two dashes around an insertion."""
_NAMES = "|".join(sorted((re.escape(name).replace(r"\-", "[-_]") for name in FLAGS), key=len, reverse=True))
_HIDING = "|".join(sorted(flag.name for flag in FLAGS.values() if flag.hides))
_NAME_ENDS = r"(?=[\s=＝:：，。、；！？）】」』]|$|[.,;!?)\]}>|*_~`…'\"”’]{1,4}(?:\s|$))"
KNOWN = re.compile(
    # After a space or an opening mark, any kind of dash may start a flag. Inside a text without spaces, only two hyphens do.
    rf"(?:(?<![^\s(\[{{*_~`（【])(?P<dash>[{re.escape(DASHES)}]++)|(?<![\s0-9A-Za-z-])--)(?P<name>{_NAMES}){_NAME_ENDS}",
    re.IGNORECASE,
)
UNKNOWN = re.compile(r"(?<!\S)--(?P<name>[A-Za-z][A-Za-z0-9_-]*)\S*")
_VALUE = re.compile(r"(?P<joint>[=＝:：]\s*+|\s++[=＝]\s*+)|\s++")
_LINE = re.compile(r"(?:^|\n)[ \t]*+")
_CLOSING_DASH = re.compile(rf"(?<=\w)[{LONG_DASHES}](?=[\s.,;:!?]|$)")
_REST_OF_FLAGS = re.compile(rf"\s*+(?:$|[{re.escape(DASHES)}])|[ \t]*+\n")
_ANSWER = re.compile(r"(?P<word>true|yes|on|false|no|off)(?![\w-])", re.IGNORECASE)
_HIDING_GLUED = re.compile(rf"(?<=[0-9A-Za-z])--(?:{_HIDING})(?![\w-])", re.IGNORECASE)
_HIDING_AT_END = re.compile(rf"(?<!\S)(?:--|[{LONG_DASHES}])[ \t]{{1,3}}(?:{_HIDING})[.!)\]*_]{{0,3}}\Z", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class FoundFlag:
    """A flag in the text, with its position and value."""

    flag: Flag
    start: int
    end: int
    value: Value


class FlagFinder:
    """Finds the flags in one text; `masked` is the same text with its quotations overwritten, `verbatim` the spans in braces."""

    def __init__(self, text: str, masked: str, verbatim: list[tuple[int, int]]) -> None:
        self._text = text
        self._masked = masked
        self._verbatim = verbatim
        self._first = len(masked) - len(masked.lstrip())

    def find(self) -> Iterator[FoundFlag]:
        """Raises RefusedError for a value that cannot be read, and where it is unclear whether a picture is to be hidden."""
        position = 0
        while (match := KNOWN.search(self._masked, position)) is not None:
            found = self._read(match)
            if found is not None:
                yield found
            position = match.end() if found is None else found.end

    @cached_property
    def _line_starts(self) -> frozenset[int]:
        return frozenset(line.end() for line in _LINE.finditer(self._masked))

    @cached_property
    def _closing_dashes(self) -> list[int]:
        return [dash.start() for dash in _CLOSING_DASH.finditer(self._masked)]

    def _read(self, match: re.Match[str]) -> FoundFlag | None:
        """The flag at a match; None if it is running text."""
        flag = FLAGS[match["name"].lower().replace("_", "-")]
        dash = match["dash"] or "--"
        if len(dash) == 1 and self._is_verbatim(match.start()):
            return None
        if flag.kind == "switch":
            return self._read_switch(flag, dash, match)
        return self._read_valued(flag, dash, match)

    def _read_switch(self, flag: Flag, dash: str, match: re.Match[str]) -> FoundFlag | None:
        """An answer right after a switch is its value: `--watermark=false` must not turn it on."""
        joint = _VALUE.match(self._masked, match.end())
        answer = None if joint is None else _ANSWER.match(self._masked, joint.end())
        attached = joint is not None and joint["joint"] is not None
        if joint is not None and attached and answer is None and "=" in joint[0].replace("＝", "="):
            raise bad_value(flag, word_at(flag, self._text, self._masked, joint.end()).text, nearest=flag.usage)
        if not self._is_switch(flag, dash, match, answered=attached and answer is not None):
            if flag.hides:
                raise _unclear(self._text[match.start() : match.end()], flag.name)
            return None
        end, value = match.end(), flag.switch_value
        if answer is not None and (attached or self._is_answer(flag, answer)):
            end, value = answer.end(), flag.switch_value is SWITCH_VALUES[answer["word"].lower()]
        return FoundFlag(flag=flag, start=match.start(), end=end, value=value)

    def _is_switch(self, flag: Flag, dash: str, match: re.Match[str], *, answered: bool) -> bool:
        if len(dash) > 1 or answered:
            return True
        if flag.prose and not _REST_OF_FLAGS.match(self._masked, match.end()):
            return False
        return dash in LONG_DASHES and not self._is_item(match) and not self._is_insertion(match)

    def _is_answer(self, flag: Flag, answer: re.Match[str]) -> bool:
        """Whether a word behind a switch and a space is its value: `--private on a hill` is on a hill. Raises BAD_VALUE."""
        word = answer["word"].lower()
        if word in {"true", "false"} or _REST_OF_FLAGS.match(self._masked, answer.end()):
            return True
        if SWITCH_VALUES[word]:
            return False
        raise bad_value(flag, word, nearest=f"--{flag.name}={word}", variant="unclear")

    def _read_valued(self, flag: Flag, dash: str, match: re.Match[str]) -> FoundFlag | None:
        joint = _VALUE.match(self._masked, match.end())
        start = -1 if joint is None else joint.end()
        hyphen = len(dash) == 1 and (dash not in LONG_DASHES or flag.prose)
        missing = start in {-1, len(self._masked)} or any(pattern.match(self._masked, start) for pattern in (KNOWN, UNKNOWN))
        if joint is None or missing:
            if hyphen:
                return None
            raise bad_value(flag, "", variant="missing")
        word = word_at(flag, self._text, self._masked, start)
        if hyphen and joint["joint"] is None and not self._is_value(flag, word.text, word.end, match):
            return None
        return FoundFlag(flag=flag, start=match.start(), end=word.end, value=convert(flag, word.text))

    def _is_value(self, flag: Flag, word: str, end: int, match: re.Match[str]) -> bool:
        """Whether a single hyphen before a flag is meant as two: what follows reads as its value, and no list goes on behind it."""
        if not reads(flag, word):
            return False
        return not self._is_item(match) or _REST_OF_FLAGS.match(self._masked, end) is not None

    def _is_item(self, match: re.Match[str]) -> bool:
        """Whether a dash starts a line below other text, like a list item."""
        return match.start() > self._first and match.start() in self._line_starts

    def _is_insertion(self, match: re.Match[str]) -> bool:
        """Whether a dash opens what another one closes: `a beach —private and quiet— at dusk`."""
        at = bisect_left(self._closing_dashes, match.end())
        return at < len(self._closing_dashes) and self._closing_dashes[at] - match.end() <= PARENTHESIS

    def _is_verbatim(self, position: int) -> bool:
        at = bisect_left(self._verbatim, (position + 1,)) - 1
        return at >= 0 and self._verbatim[at][0] <= position < self._verbatim[at][1]


def check_hiding(text: str, masked: str) -> None:
    """Ask about what is nearly a flag that hides a picture. `masked`: without quotations and flags. Raises RefusedError."""
    ended = masked.rstrip()
    tail = max(0, len(ended) - 40)
    for match in (_HIDING_GLUED.search(masked), _HIDING_AT_END.search(ended, tail)):
        if match is not None:
            raise _unclear(text[slice(*match.span())], match[0].strip("-–—―﹘⸺⸻ \t.!)]*_").lower())


def _unclear(typed: str, name: str) -> RefusedError:
    return RefusedError(RefusalCode.UNKNOWN_FLAG, nearest=f"--{name}", value=shorten(typed), **{VARIANT: "unclear"})
