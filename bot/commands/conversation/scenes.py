"""Whether the number in a text is a part of the scene that it describes: `bus number 2 in london`; pure."""

from collections.abc import Sequence

from bot.commands.lexicon import Language, Lexicon, folded, language_of, tokens_of
from bot.commands.picking import LONGEST_NUMBER, spans_of

NEAR = 6
"""How many words before a number can make it one of a picture: `in the style of number 2`."""


def is_part_of_scene(text: str, shown: Sequence[int], lexicon: Lexicon) -> bool:
    """Whether every number, place and `all` in a complete scene plainly belongs to it; false in doubt."""
    plain = folded(text)
    spoken = language_of(plain, lexicon)
    if spoken is not None and not spoken.spaced:
        return _is_part_unspaced(plain, spoken)
    tokens = tokens_of(plain)
    for language in sorted((one for one in lexicon.languages if one.spaced), key=lambda one: one is not spoken):
        spans = [(start, end) for start, end, _ in spans_of(tokens, shown, language)]
        if spans:
            return all(_is_part(tokens, start, end, language) for start, end in spans)
    return False


def _is_part(tokens: Sequence[str], start: int, end: int, language: Language) -> bool:
    before = start
    while before and tokens[before - 1] in language.definite:
        before -= 1
    near = tokens[max(0, before - NEAR) : before]
    things = [token for token in tokens[:before] if _is_thing(token, language)]
    # `of number 3`, `like the second`, `number 3's hat`.
    if not things or any(token in language.likening for token in near) or tokens[end : end + 2] in (["'", "s"], ["’", "s"]):
        return False
    named, previous = tokens[start], tokens[before - 1]
    # A number at the end, behind a comma, may be an answer: `a fox, number 3`.
    borne = previous in language.bearing or (not previous[0].isalnum() and end < len(tokens))
    if named in language.markers:
        return named not in language.pictures and (borne or (previous in things and len(things) <= 2))
    if named in language.all | language.both:
        return previous in things and not any(token in language.genitives | language.pronouns for token in tokens[end:])
    following = tokens[end] if end < len(tokens) else ""
    if following in language.qualities and end - start == 1:
        return tokens[end + 1 : end + 2] == [] or tokens[end + 1] not in language.pictures
    return _counts(tokens, language) and (not previous[0].isalnum() or previous in language.joining)


def _is_thing(token: str, language: Language) -> bool:
    """Whether a word can be the thing that has the number: none of those that only hold a sentence together."""
    ordering = language.create_verbs | language.make_verbs | language.edit_verbs | language.soft_verbs
    holding = (
        language.articles | language.definite | language.prepositions | language.connectives | language.polite | language.only
    )
    beside = language.pronouns | language.modals | language.markers | language.qualities | language.numbers.keys()
    return token[0].isalpha() and token not in ordering | holding | beside


def _counts(tokens: Sequence[str], language: Language) -> bool:
    """Whether a scene begins with several things, of which one may be the second: `two dogs, the first one black`."""
    ordering = language.create_verbs | language.make_verbs | language.polite
    first = next((token for token in tokens if token not in ordering), "")
    return language.numbers.get(first, 1) > 1 or (first.isdecimal() and len(first) <= LONGEST_NUMBER and int(first) > 1)


def _is_part_unspaced(text: str, language: Language) -> bool:
    """`all` within a sentence or a word; what is counted, the first and the last may be a picture."""
    words = language.last | language.both | language.first | language.counters
    beginning = any(text.startswith(word) for word in language.all if len(word) > 1)
    return not beginning and not any(word in text for word in words)
