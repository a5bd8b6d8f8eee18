"""A backtracking matcher that counts its steps: what Python's own does inside of `re` cannot be seen.

It runs the tree that `re.DEBUG` prints, and tries what Python's matcher tries in the same order; that one only skips some starts.
"""

import contextlib
import io
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Compiled = re.Pattern[str] | re.Pattern[bytes]
Continue = Callable[[int], bool]
Match = Callable[[int, Continue], bool]
SINGLE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "RANGE", "CATEGORY"})
REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
DEEPEST = 50_000
CATEGORIES: dict[str, Callable[[str], bool]] = {
    "SPACE": str.isspace,
    "DIGIT": str.isdecimal,
    "WORD": lambda letter: letter.isalnum() or letter == "_",
}


@dataclass(frozen=True)
class Node:
    """One line of the tree, with the lines that are indented below it. The alternatives of a branch follow it as `OR`."""

    name: str
    argument: str = ""
    children: list["Node"] = field(default_factory=list)


def tree_of(pattern: Compiled) -> list[Node]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        re.compile(pattern.pattern, pattern.flags | re.DEBUG)
    lines = out.getvalue().partition("\n\n")[0].splitlines()
    root = Node("ROOT")
    opened = [root]
    for line in lines:
        depth = (len(line) - len(line.lstrip())) // 2
        del opened[depth + 1 :]
        name, _, argument = line.strip().partition(" ")
        opened.append(Node(name, argument))
        opened[depth].children.append(opened[-1])
    return root.children


class _StopError(Exception):
    """More steps than wanted."""


class CountingMatcher:
    """`anchored`: matches are looked for at the beginning only."""

    def __init__(self, pattern: Compiled, *, anchored: bool = False) -> None:
        self._anchored = anchored
        self._known: dict[tuple[int, str], bool] = {}
        self._flags = re.RegexFlag(pattern.flags)
        self.tree = tree_of(pattern)
        self._match = self._sequence(self.tree)
        self._text = ""
        self._steps = 0
        self._most = sys.maxsize

    def steps(self, text: str, *, most: int = sys.maxsize) -> int:
        """The steps to find every match in a text; it stops after more than `most`."""
        self._most = most
        with contextlib.suppress(_StopError):
            self.spans(text)
        self._most = sys.maxsize
        return self._steps

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where every match in a text begins and ends."""
        self._text, self._steps = text, 0
        spans: list[tuple[int, int]] = []
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(DEEPEST)
        try:
            position = 0
            while position <= len(text):
                end = self._end(self._match, position)
                if end is not None:
                    spans.append((position, end))
                position = position + 1 if end is None or end == position else end
                if self._anchored:
                    break
        finally:
            sys.setrecursionlimit(limit)
        return spans

    def fits(self, node: Node, letter: str) -> bool:
        """Whether one character fits a node that matches one."""
        known = self._known.get((id(node), letter))
        if known is None:
            letters = {letter, letter.lower(), letter.upper()} if self._flags & re.IGNORECASE else {letter}
            known = self._known[id(node), letter] = any(self._fits(node, one) for one in letters)
        return known

    def _fits(self, node: Node, letter: str) -> bool:
        match node.name:
            case "LITERAL":
                return ord(letter) == int(node.argument)
            case "NOT_LITERAL":
                return ord(letter) != int(node.argument)
            case "ANY":
                return letter != "\n" or bool(self._flags & re.DOTALL)
            case "RANGE":
                low, high = map(int, node.argument.strip("()").split(","))
                return low <= ord(letter) <= high
            case "CATEGORY":
                return _in_category(node.argument.removeprefix("CATEGORY_"), letter)
            case "IN":
                inside = any(self._fits(child, letter) for child in node.children if child.name != "NEGATE")
                return inside != any(child.name == "NEGATE" for child in node.children)
        raise ValueError(f"{node.name} is not read yet")

    def _end(self, match: Match, position: int) -> int | None:
        """Where the first match at a position ends."""
        ends: list[int] = []

        def note(end: int) -> bool:
            ends.append(end)
            return True

        return ends[0] if match(position, note) else None

    def _sequence(self, nodes: Sequence[Node]) -> Match:
        matches: list[Match] = []
        for number, node in enumerate(nodes):
            if node.name == "OR":
                continue
            others = []
            for other in nodes[number + 1 :]:
                if other.name != "OR":
                    break
                others.append(other)
            matches.append(self._branch([node, *others]) if node.name == "BRANCH" else self._of(node))

        def match(position: int, then: Continue, index: int = 0) -> bool:
            if index == len(matches):
                return then(position)
            return matches[index](position, lambda end: match(end, then, index + 1))

        return match

    def _of(self, node: Node) -> Match:
        if node.name in SINGLE:
            return self._single(node)
        if node.name in REPEATS:
            low, high = (sys.maxsize if part == "MAXREPEAT" else int(part) for part in node.argument.split())
            return self._repeat(node, low, high)
        inner = self._sequence(node.children)
        match node.name:
            case "SUBPATTERN":
                return inner
            case "ATOMIC_GROUP":
                return self._atomic(inner)
            case "AT":
                return lambda position, then: self._at(node.argument, position) and then(position)
            case "ASSERT" | "ASSERT_NOT":
                return self._look(node, inner)
        raise ValueError(f"{node.name} is not read yet")

    def _single(self, node: Node) -> Match:
        return lambda position, then: self._one(node, position) and then(position + 1)

    def _one(self, node: Node, position: int) -> bool:
        self._steps += 1
        if self._steps > self._most:
            raise _StopError
        return position < len(self._text) and self.fits(node, self._text[position])

    def _branch(self, alternatives: Sequence[Node]) -> Match:
        matches = [self._sequence(one.children) for one in alternatives]
        return lambda position, then: any(match(position, then) for match in matches)

    def _atomic(self, inner: Match) -> Match:
        def match(position: int, then: Continue) -> bool:
            end = self._end(inner, position)
            return end is not None and then(end)

        return match

    def _look(self, node: Node, inner: Match) -> Match:
        back = sum(child.name in SINGLE for child in node.children) if node.argument == "-1" else 0

        def match(position: int, then: Continue) -> bool:
            found = position >= back and self._end(inner, position - back) is not None
            return found == (node.name == "ASSERT") and then(position)

        return match

    def _repeat(self, node: Node, low: int, high: int) -> Match:
        inner = self._sequence(node.children)
        lazy = node.name == "MIN_REPEAT"
        if len(node.children) == 1 and node.children[0].name in SINGLE and not lazy:
            return self._row(node.children[0], low, high, possessive=node.name == "POSSESSIVE_REPEAT")

        def match(position: int, then: Continue, count: int = 0) -> bool:
            self._steps += 1
            if lazy and count >= low and then(position):
                return True
            more = count < high and inner(position, lambda end: end > position and match(end, then, count + 1))
            return more or (not lazy and count >= low and then(position))

        return self._atomic(match) if node.name == "POSSESSIVE_REPEAT" else match

    def _row(self, node: Node, low: int, high: int, *, possessive: bool) -> Match:
        """A repeat of one character, which needs no recursion."""

        def match(position: int, then: Continue) -> bool:
            end = position
            while end - position < high and self._one(node, end):
                end += 1
            for last in range(end, position + low - 1, -1):
                self._steps += 1
                if then(last):
                    return True
                if possessive:
                    return False
            return False

        return match

    def _at(self, where: str, position: int) -> bool:
        self._steps += 1
        before, after = self._text[position - 1 : position] if position else "", self._text[position : position + 1]
        multiline = bool(self._flags & re.MULTILINE)
        match where:
            case "AT_BEGINNING" | "AT_BEGINNING_STRING":
                return not before or (multiline and before == "\n" and where == "AT_BEGINNING")
            case "AT_END" | "AT_END_STRING":
                return not after or (where == "AT_END" and after == "\n" and (multiline or position == len(self._text) - 1))
            case "AT_BOUNDARY":
                return _in_category("WORD", before) != _in_category("WORD", after)
        raise ValueError(f"{where} is not read yet")


def _in_category(name: str, letter: str) -> bool:
    if name.startswith("NOT_"):
        return not _in_category(name.removeprefix("NOT_"), letter)
    return bool(letter) and CATEGORIES[name](letter)
