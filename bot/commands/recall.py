"""Whether words mean the last image, a new one, or may mean either; pure.

The rule: words that point back mean the last image, a complete scene is a new one, anything else is asked.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from bot.commands.conversation.remarks import follows_again
from bot.commands.lexicon import Language, Lexicon, Words, folded, language_of, words_of

MOST_WORDS = 60
"""Words that are looked at."""
LONGEST_FRAGMENT = 5
"""Words of a text without a subject: `in the style of monet`."""


class Meaning(StrEnum):
    EDIT = "edit"
    """The last image."""
    NEW = "new"
    """A new image."""
    UNCLEAR = "unclear"


def meaning_of(text: str, lexicon: Lexicon) -> Meaning:
    """What a text means where a last image is remembered."""
    plain = folded(text)
    language = language_of(plain, lexicon)
    if language is None:
        return Meaning.UNCLEAR
    if not language.spaced:
        return _unspaced(plain, language)
    words, connected = _without_opening(words_of(plain)[:MOST_WORDS], language)
    if _begins_scene(words, language):
        return Meaning.NEW if len(words) > LONGEST_FRAGMENT else Meaning.UNCLEAR
    if not words:
        return Meaning.UNCLEAR
    verb = _verb_of(words[0], language)
    instead = _meaning_of_instead(words[verb is not None :], language)
    if _is_another_of_these(words, language):
        return Meaning.EDIT
    if instead is not None:
        makes_one = verb == "create" or (verb == "make" and words[1] in language.articles)
        return Meaning.EDIT if connected or (verb is not None and not makes_one) else instead
    if verb is not None:
        return _of_verb(verb, words, language)
    return _of_fragment(words, language, connected=connected)


def points_at_nothing(text: str, lexicon: Lexicon) -> bool:
    """Whether words that may be a new image need one to be said of: `a poster of it`, `in blue`, `please`."""
    plain = folded(text)
    language = language_of(plain, lexicon)
    if language is None or not language.spaced:
        return False
    words, _ = _without_opening(words_of(plain)[:MOST_WORDS], language)
    if not words:
        return bool(words_of(plain))
    if _begins_scene(words, language):
        return False
    return _is_only_a_change(words, language) or any(
        word in _pointing(language) and not _is_introduced(words[:position], language) for position, word in enumerate(words)
    )


def _begins_scene(words: Sequence[str], language: Language) -> bool:
    """`it is raining in paris`."""
    return any(" ".join(words[:length]) in language.scenes for length in range(2, 5))


def _is_only_a_change(words: Sequence[str], language: Language) -> bool:
    """`in blue`, `with a hat`, `in the style of monet`; not `in the forest`."""
    if words[0] not in language.prepositions or len(words) > LONGEST_FRAGMENT + 1:
        return False
    said = [word for word in words[1:] if word not in language.articles | language.definite | language.joining]
    changes = all(_is_quality(word, language) for word in said) or (
        said[0] in language.qualities and said[1] in language.genitives
    )
    return words[0] in language.bearing or changes


def _pointing(language: Language) -> Words:
    return language.pronouns - language.possessives - language.definite - language.relative


def _is_introduced(before: Sequence[str], language: Language) -> bool:
    """Whether a text has named something that `it` can be, besides what is done with it: `a cake with candles on it`."""
    begun = sum(1 for word in before if word in language.articles | language.definite)
    things = sum(1 for word in before if not language.knows(word))
    return begun > 1 or (things > 2 and before[-1] not in language.genitives)


def _unspaced(text: str, language: Language) -> Meaning:
    """By what stands anywhere in the text."""
    if any(word in text for word in language.strong) or any(text.startswith(word) for word in language.connectives):
        return Meaning.EDIT
    bare = "".join(words_of(text))
    if bare in language.qualities or any(word in text for word in language.weak):
        return Meaning.UNCLEAR
    return Meaning.NEW


def _without_opening(words: Sequence[str], language: Language) -> tuple[Sequence[str], bool]:
    """Without `please`, `can you`, `and`, `now`; and whether it was joined to what was before."""
    connected, position = False, 0
    while position < len(words) and (words[position] in language.polite or words[position] in language.connectives):
        connected = connected or words[position] in language.connectives
        position += 1
    return words[position:], connected


Verb = Literal["edit", "make", "create", "soft"]


def _verb_of(word: str, language: Language) -> Verb | None:
    if word in language.edit_verbs:
        return "edit"
    if word in language.make_verbs:
        return "make"
    if word in language.create_verbs:
        return "create"
    return "soft" if word in language.soft_verbs else None


def _of_verb(verb: Verb, words: Sequence[str], language: Language) -> Meaning:
    """`make it night`, `make a poster`, `put a hat on him`, `zoom in`."""
    following = words[1] if len(words) > 1 else ""
    pointed = _is_pronoun(words, 1, language)
    changed = pointed or any(following in known for known in (language.comparatives, language.qualities, language.degrees))
    points_later = any(_is_pronoun(words, position, language) for position in range(1, len(words)))
    if verb != "create" and _names_a_number(words[1:], language):
        return Meaning.EDIT
    if verb == "soft" and any(
        word in language.prepositions and _names_a_number(words[position + 1 :], language) for position, word in enumerate(words)
    ):
        return Meaning.EDIT
    if verb == "edit" or pointed or (changed and verb != "create"):
        return Meaning.EDIT
    match verb:
        case "make" if following in language.definite:
            return Meaning.EDIT
        case "make" if following in language.articles:
            return Meaning.UNCLEAR if points_later else Meaning.NEW
        case "create":
            return Meaning.UNCLEAR if points_later or following in language.definite or not following else Meaning.NEW
        case "soft" if points_later or following in language.prepositions or any(word in language.definite for word in words[1:]):
            return Meaning.EDIT
        case _:
            return Meaning.UNCLEAR


def _is_pronoun(words: Sequence[str], position: int, language: Language) -> bool:
    """Also where the same word is an article: `dessine-la en rouge`, not `dessine la tour`."""
    word = words[position] if position < len(words) else ""
    if word not in language.pronouns or word not in language.definite:
        return word in language.pronouns
    following = words[position + 1 : position + 2]
    beside = language.prepositions | language.connectives | language.comparatives | language.degrees | language.qualities
    return not following or following[0] in beside


def _of_fragment(words: Sequence[str], language: Language, *, connected: bool) -> Meaning:
    """A text that does not begin with a verb."""
    first, following = words[0], words[1] if len(words) > 1 else ""
    if first in language.pronouns - language.possessives - language.definite:
        return Meaning.EDIT
    if first in language.comparatives | language.degrees or (first in language.articles and following in language.degrees):
        return Meaning.EDIT if len(words) <= LONGEST_FRAGMENT + 1 else Meaning.UNCLEAR
    if first in language.definite and (connected or any(word in language.modals for word in words)):
        return Meaning.EDIT
    if first in language.prepositions:
        scene = len(words) > LONGEST_FRAGMENT and any(word in language.articles for word in words)
        return Meaning.EDIT if connected else Meaning.NEW if scene else Meaning.UNCLEAR
    if all(_is_quality(word, language) for word in words):
        return Meaning.EDIT if connected else Meaning.UNCLEAR
    hints = (
        first in language.definite,
        first in language.possessives,
        first in language.articles and following in language.comparatives,
        words[-1] in language.also,
        any(word in _pointing(language) for word in words),
        connected,
    )
    return Meaning.UNCLEAR if any(hints) else Meaning.NEW


def _names_a_number(words: Sequence[str], language: Language) -> bool:
    """`make only number 3 red`: a picture of a set, whichever set that is."""
    position = next((at for at, word in enumerate(words) if word not in language.only | language.definite), len(words))
    marked, number = words[position : position + 1], words[position + 1 : position + 2]
    return bool(marked and number) and marked[0] in language.markers and (number[0].isdecimal() or number[0] in language.numbers)


def _meaning_of_instead(words: Sequence[str], language: Language) -> Meaning | None:
    """`the same in winter`, `a dog instead`; in doubt `twins in the same dress`."""
    ends = range(1, len(words) + 1)
    found = [end for end in ends if any(" ".join(words[max(0, end - length) : end]) in language.instead for length in (1, 2, 3))]
    if not found:
        return None
    points = found[0] <= 2 or found[-1] == len(words) or words[0] in language.prepositions | language.pronouns | language.definite
    return Meaning.EDIT if points else Meaning.UNCLEAR


def _is_another_of_these(words: Sequence[str], language: Language) -> bool:
    """`another one in blue`, `again, but darker`; not `another one bites the dust`."""
    rest = follows_again(words, language)
    if not rest or len(rest) > LONGEST_FRAGMENT:
        return False
    return rest[0] in language.connectives | language.prepositions | language.comparatives | language.degrees


def _is_quality(word: str, language: Language) -> bool:
    return word in language.qualities or word in language.prepositions or word in language.degrees or word in language.polite
