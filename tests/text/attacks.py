"""Texts on which a pattern may be slow, made out of the pattern itself."""

import itertools
from collections.abc import Iterator, Sequence

from tests.text.counting_matcher import REPEATS, SINGLE, CountingMatcher, Node

COMMON = " a1\n-.,"
END = "\0"
"""Most patterns do not match it, so that they look for another way to match what is before it."""
MOST_EXAMPLES = 8
MOST_LETTERS = 10
LONGEST_PUMP = 3
LONGEST_BEGINNING = 5
LONGEST_WORD = 12


def attacks(matcher: CountingMatcher) -> list[tuple[str, str]]:
    """A beginning and what follows it again and again, as (beginning, repeated)."""
    letters = list(dict.fromkeys([*_letters(matcher.tree), *COMMON]))
    first, *others = _examples(matcher, matcher.tree, letters)
    letters = letters[:MOST_LETTERS]
    parts = (first[start : start + length] for length in range(1, LONGEST_PUMP + 1) for start in range(min(len(first), 12)))
    words = [first[:end] for end in range(LONGEST_PUMP, LONGEST_WORD)] + [other[:LONGEST_WORD] for other in others]
    pumps = [*parts, *words, *letters, *map("".join, itertools.permutations(letters[:6], 2))]
    beginnings = [first[:end] for end in range(1, LONGEST_BEGINNING)] + [first]
    return list(dict.fromkeys([*(("", pump) for pump in pumps if pump), *itertools.product(beginnings, letters)]))


def pumped(beginning: str, pump: str, length: int) -> str:
    return beginning + pump * (length // len(pump)) + END


def _letters(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if node.name in {"LITERAL", "NOT_LITERAL"}:
            yield chr(int(node.argument))
        elif node.name == "RANGE":
            yield chr(int(node.argument.strip("()").split(",")[0]))
        yield from _letters(node.children)


def _examples(matcher: CountingMatcher, nodes: Sequence[Node], letters: Sequence[str]) -> list[str]:
    """Short texts that match; the first takes the first alternative everywhere, each other one another alternative."""
    parts = [_of_node(matcher, node, nodes[number + 1 :], letters) for number, node in enumerate(nodes) if node.name != "OR"]
    first = [part[0] for part in parts]
    found = ["".join(first)]
    for number, part in enumerate(parts):
        found += ["".join([*first[:number], other, *first[number + 1 :]]) for other in part[1:]]
    return found[:MOST_EXAMPLES]


def _of_node(matcher: CountingMatcher, node: Node, following: Sequence[Node], letters: Sequence[str]) -> list[str]:
    if node.name in SINGLE:
        return [next(letter for letter in (*letters, *map(chr, range(0x250))) if matcher.fits(node, letter))]
    if node.name in REPEATS:
        low = max(1, int(node.argument.split()[0]))
        return [example * low for example in _examples(matcher, node.children, letters)]
    if node.name == "BRANCH":
        others = itertools.takewhile(lambda other: other.name == "OR", following)
        return [_examples(matcher, one.children, letters)[0] for one in (node, *others)]
    if node.name in {"SUBPATTERN", "ATOMIC_GROUP"}:
        return _examples(matcher, node.children, letters)
    return [""]
