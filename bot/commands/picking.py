"""Which pictures of a set a text names: `number 3`, `the third`, `the last two`, `1 and 3`, `both`, `all`; pure."""

from collections.abc import Iterator, Sequence
from functools import cache

from bot.commands.lexicon import Language, Lexicon, Words, folded, tokens_of, words_of
from bot.values import dataclass

LONGEST_NUMBER = 3
"""Digits of a number, more than a set has."""
LONGEST_RANGE = 20
LONGEST_WORD = 8
"""Letters of a counter, or of a word before a number, where words are written without spaces."""
NEGATED = 5
"""How many words after `not` or `except` a picture is still left out."""
KEYCAP = dict.fromkeys((0xFE0F, 0x20E3))
"""What makes an emoji of a digit."""


@dataclass(frozen=True, kw_only=True)
class _Numbers:
    """Numbers in a row, and the position behind them."""

    found: tuple[int, ...]
    end: int


def picked(text: str, shown: Sequence[int], lexicon: Lexicon) -> tuple[int, ...] | None:
    """The numbers of the pictures that a text names, in its order; None if it names none, or one that is not `shown`.

    `shown` are the numbers that the set's pictures have. Whoever names the pictures that are not meant is asked.
    """
    found = _named(text, shown, lexicon)
    return found if found and set(found) <= set(shown) else None


def not_shown(text: str, shown: Sequence[int], lexicon: Lexicon) -> int | None:
    """The first number that a text names and that none of the pictures has."""
    return next((number for number in _named(text, shown, lexicon) if number not in shown), None)


def _named(text: str, shown: Sequence[int], lexicon: Lexicon) -> tuple[int, ...]:
    plain = folded(text).translate(KEYCAP)
    for language in lexicon.languages if shown else ():
        found = _spaced(tokens_of(plain), shown, language) if language.spaced else _unspaced(plain, shown, language)
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _spaced(tokens: Sequence[str], shown: Sequence[int], language: Language) -> tuple[int, ...]:
    found: list[int] = []
    for start, _, numbers in spans_of(tokens, shown, language):
        if any(word in language.excluding for word in tokens[max(0, start - NEGATED) : start]):
            return ()
        found += numbers
    return tuple(found)


def spans_of(tokens: Sequence[str], shown: Sequence[int], language: Language) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Where pictures are named, from and to which token, and their numbers."""
    position = _begin(tokens, language)
    first = _numbers_at(tokens, position, language) if position < len(tokens) else None
    if first is not None and _begins_with_numbers(tokens, position, first.end, language):
        yield position, first.end, first.found
        position = first.end
    while position < len(tokens):
        numbers = _named_at(tokens, position, shown, language)
        if numbers is None:
            position += 1
            continue
        yield position, numbers.end, numbers.found
        position = numbers.end


def _begins_with_numbers(tokens: Sequence[str], position: int, end: int, language: Language) -> bool:
    """Whether a text begins with numbers of pictures: `2: more snow`; a number in words is one only if it is all there is."""
    if tokens[position].isdecimal():
        return _is_closed(tokens, end, language, loosely=False)
    return all(token in language.polite or not token[0].isalnum() for token in tokens[end:])


def _begin(tokens: Sequence[str], language: Language) -> int:
    """The first word that is not `please`, `only`, `the`."""
    skipped = language.polite | language.only | language.definite
    return next((position for position, token in enumerate(tokens) if token not in skipped), len(tokens))


def _named_at(tokens: Sequence[str], position: int, shown: Sequence[int], language: Language) -> _Numbers | None:
    """What is named at a position: by number, by place, or all."""
    token = tokens[position]
    if token in language.markers:
        start = position + 1
        while start < len(tokens) and (tokens[start] in language.markers or tokens[start] in {".", "°", "º"}):
            start += 1
        return _numbers_at(tokens, start, language)
    if token in language.all or token in language.both:
        return _all_at(tokens, position, shown, language)
    if token in language.first | language.last:
        several = _several_at(tokens, position, shown, language)
        if several is not None:
            return several
    place = len(shown) if token in language.last else _place_of(tokens, position, language)
    if place is None or not _is_closed(tokens, position + 1, language, loosely=True):
        return None
    if place in shown:
        return _Numbers(found=(place,), end=position + 1)
    return _Numbers(found=(shown[place - 1] if 0 < place <= len(shown) else place,), end=position + 1)


def _numbers_at(tokens: Sequence[str], position: int, language: Language) -> _Numbers | None:
    """`1`, `1 and 3`, `1, 2`, `1-3`, `one and three`, `1 and #3`."""
    number = _number_of(tokens, position, language)
    if number is None:
        return None
    found, end = [number], position + 1
    while end < len(tokens):
        step = end
        while step < len(tokens) and (tokens[step] in language.joining or (step > end and tokens[step] in language.markers)):
            step += 1
        ranged = step == end and tokens[end] in language.ranging
        following = _number_of(tokens, step + ranged, language)
        if following is None or (step == end and not ranged):
            break
        if ranged:
            if not 0 < following - found[-1] <= LONGEST_RANGE:
                break
            found += range(found[-1] + 1, following + 1)
        else:
            found.append(following)
        end = step + ranged + 1
    return _Numbers(found=tuple(found), end=end)


def _number_of(tokens: Sequence[str], position: int, language: Language) -> int | None:
    if position >= len(tokens):
        return None
    token = tokens[position]
    if token.isdecimal() and len(token) <= LONGEST_NUMBER:
        return int(token)
    return language.numbers.get(token)


def _place_of(tokens: Sequence[str], position: int, language: Language) -> int | None:
    """`third`, `3rd`."""
    token = tokens[position]
    digits = token.rstrip(_letters_of(language.suffixes))
    if digits != token and digits.isdecimal() and len(digits) <= LONGEST_NUMBER and token[len(digits) :] in language.suffixes:
        return int(digits)
    return language.ordinals.get(token)


@cache
def _letters_of(words: frozenset[str]) -> str:
    return "".join(sorted(set("".join(words))))


def _several_at(tokens: Sequence[str], position: int, shown: Sequence[int], language: Language) -> _Numbers | None:
    """`last two`, `first three`; also `zwei letzten`, `deux dernières`."""
    before = _number_of(tokens, position - 1, language) if position else None
    after = _number_of(tokens, position + 1, language)
    count, end = (after, position + 2) if after is not None else (before, position + 1)
    if count is None or not 1 < count <= len(shown):
        return None
    return _Numbers(found=tuple(shown[-count:] if tokens[position] in language.last else shown[:count]), end=end)


def _all_at(tokens: Sequence[str], position: int, shown: Sequence[int], language: Language) -> _Numbers | None:
    """`all`, `all of them`, `all four`, `them all`, `both`; not `all the people`."""
    end = position + 1
    # `every one` is not a count.
    count = None if end < len(tokens) and tokens[end] in language.pictures else _number_of(tokens, end, language)
    if count is not None:
        end += 1
    previous = tokens[position - 1] if position else ""
    closed = _is_closed(tokens, end, language, loosely=True) or previous in language.pronouns
    if not closed or (count or len(shown)) != len(shown) or (tokens[position] in language.both and len(shown) != 2):
        return None
    return _Numbers(found=tuple(shown), end=end)


def _is_closed(tokens: Sequence[str], position: int, language: Language, *, loosely: bool) -> bool:
    """Whether what was named ends there: what follows is not the thing that it numbers, as in `the second sun` or `3 cats`."""
    if position >= len(tokens):
        return True
    token = tokens[position]
    closing = (language.connectives, language.prepositions, language.joining, language.polite)
    loose = (language.pictures, language.qualities, language.comparatives, language.degrees, language.modals, language.pronouns)
    if not token[0].isalnum():
        return True
    return any(token in words for words in (*closing, *(loose if loosely else ())))


def _unspaced(text: str, shown: Sequence[int], language: Language) -> tuple[int, ...]:
    """`3番`, `第三张`, `最后一张`, `全部`."""
    if any(word in text for word in language.excluding):
        return ()
    found = _counted(text, language)
    if not found and any(word in text for word in language.last):
        found = [shown[-1]]
    names_all = any(word in text for word in language.all) or (len(shown) == 2 and any(word in text for word in language.both))
    return tuple(found) or (tuple(shown) if names_all else ())


def _counted(text: str, language: Language) -> list[int]:
    """The numbers before a counter, or after the word that makes them a place."""
    found, position = [], 0
    while position < len(text):
        end = position
        while end < len(text) and end - position < LONGEST_NUMBER and (text[end].isdecimal() or text[end] in language.numbers):
            end += 1
        run = text[position:end]
        if run:
            number = int(run) if run.isdecimal() else language.numbers.get(run)
            before, behind = text[max(0, position - LONGEST_WORD) : position], text[end : end + LONGEST_WORD]
            counted = any(behind.startswith(counter) for counter in language.counters)
            placed = any(before.endswith(word) for word in language.first)
            if number is not None and (counted or placed):
                found.append(number)
        position = max(end, position + 1)
    return found


def is_only_an_answer(text: str, lexicon: Lexicon) -> bool:
    """Whether a text names pictures, or answers a question of ours, and says nothing of what to make: `number 3`, `edit it`."""
    plain = folded(text).translate(KEYCAP)
    words = words_of(plain)
    return bool(words) and any(
        _is_only_an_answer(words, language) if language.spaced else _is_only_unspaced("".join(words), language)
        for language in lexicon.languages
    )


def _is_only_an_answer(words: Sequence[str], language: Language) -> bool:
    if " ".join(words) in language.edit_answers | language.new_answers:
        return True
    named = _naming(language)
    beside = language.markers | language.pictures | language.definite | language.joining | language.ranging | language.only
    places = [word in named or word.isdecimal() or _place_of([word], 0, language) is not None for word in words]
    return any(places) and all(
        place or word in beside | language.closing | language.answer_fillers for word, place in zip(words, places, strict=True)
    )


def _is_only_unspaced(text: str, language: Language) -> bool:
    """The same where words are written without spaces: nothing is left beside the words for pictures, the longest first."""
    if text in language.edit_answers | language.new_answers:
        return True
    named = _naming(language)
    known = named | language.counters | language.answer_fillers
    longest = max(map(len, known), default=0)
    names_some, position = False, 0
    while position < len(text):
        length = next((size for size in range(longest, 0, -1) if text[position : position + size] in known), 0)
        if not length and not text[position].isdecimal():
            return False
        names_some = names_some or not length or text[position : position + length] in named
        position += length or 1
    return names_some


def _naming(language: Language) -> Words:
    counted = frozenset((*language.ordinals, *language.numbers))
    return counted | language.all | language.both | language.last | language.first
