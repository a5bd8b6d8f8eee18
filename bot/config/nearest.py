"""Suggestions for misspelled names: flags, models, gateways, settings. No suggestion is better than a silly one."""

from collections import Counter
from collections.abc import Iterable

LONGEST = 60
"""No name is as long; a longer word is not compared."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a member or operator most likely meant, ignoring case; None if none is near.

    Near is a slip or two of typing behind the right first letter, a beginning that is at least half of the name, or the last
    part of a path (`Berlin`). Names that differ in their digits are different names.
    """
    typed = word.casefold()
    if not typed or len(typed) > LONGEST:
        return None
    ranked = [(_cost(typed, name.casefold()), name) for name in known]
    # Of equally near names the first is taken.
    cost, name = min(((cost, name) for cost, name in ranked if cost is not None), key=lambda pair: pair[0], default=(None, None))
    return None if cost is None else name


def _cost(typed: str, name: str) -> int | None:
    """How far a name is from what was typed; None if it is not near."""
    if typed == name:
        return 0
    if _digits(typed) != _digits(name):
        return None
    most = _most_slips(min(len(typed), len(name)))
    if _same_beginning(typed, name) and abs(len(typed) - len(name)) <= most:
        slips = _slips(typed, name)
        if slips <= most:
            return slips
    if name.endswith(f"/{typed}") or (len(typed) > 2 and name.startswith(typed) and 2 * len(typed) >= len(name)):
        return len(name)
    return None


def _digits(text: str) -> Counter[str]:
    return Counter(filter(str.isdigit, text))


def _most_slips(length: int) -> int:
    return 0 if length < 3 else 1 if length < 6 else 2


def _same_beginning(typed: str, name: str) -> bool:
    """The first letter is right, or was swapped with the second or left out."""
    return typed[0] == name[0] or typed[:2] == name[1::-1] or typed == name[1:]


def _slips(typed: str, name: str) -> int:
    """How many letters are wrong, missing, superfluous or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(name) + 1))
    for at, letter in enumerate(typed, 1):
        earlier, before, row = before, row, [at]
        for column, other in enumerate(name, 1):
            costs = [before[column] + 1, row[column - 1] + 1, before[column - 1] + (letter != other)]
            if at > 1 and column > 1 and letter == name[column - 2] and other == typed[at - 2]:
                costs.append(earlier[column - 2] + 1)
            row.append(min(costs))
    return row[-1]
