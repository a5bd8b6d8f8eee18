"""Tells groups in braces, `{a red fox, a blue one}`, from anything else that is written in braces; pure."""

import re
import unicodedata

_MARK = re.compile(r"[{}]")
_BACKTICKS = re.compile(r"`++")
_PLAIN = frozenset("'’-,，、{} \t\n\r")
"""The punctuation of plain words, and what separates them."""
_SEPARATORS = re.compile(r"[,，、]")


def find_group(text: str) -> tuple[int, int] | None:
    """The first group: plain words with commas in braces, outside of code. JSON, palettes and the like are no groups."""
    code = _code(text)
    return next((span for span in _outermost(text) if not code[span[0]] and _is_group(text[slice(*span)])), None)


def braced(text: str) -> list[tuple[int, int]]:
    """Everything in braces that is not inside other braces."""
    return _outermost(text)


def _outermost(text: str) -> list[tuple[int, int]]:
    """Spans of balanced braces that are in no other balanced braces, in order."""
    opened: list[int] = []
    spans: list[tuple[int, int]] = []
    for mark in _MARK.finditer(text):
        if mark[0] == "{":
            opened.append(mark.start())
        elif opened:
            start = opened.pop()
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, mark.end()))
    return spans


def _code(text: str) -> bytearray:
    """For each character, whether it stands between backticks."""
    code = bytearray(len(text))
    marks = list(_BACKTICKS.finditer(text))
    for first, second in zip(marks[::2], marks[1::2], strict=False):
        code[first.end() : second.start()] = b"\x01" * (second.start() - first.end())
    return code


def _is_group(text: str) -> bool:
    if not all(letter in _PLAIN or _is_plain(letter) for letter in text):
        return False
    items = _SEPARATORS.split(text[1:-1])
    return len(items) > 1 and all(any(map(str.isalpha, item)) for item in items)


def _is_plain(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] in "LMNZ" or category == "Cf"
