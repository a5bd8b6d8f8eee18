"""Whether words mean the last image, a new one, or may mean either; pure.

The rule: words that point back mean the last image, a complete scene is a new one, anything else is asked.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from bot.commands.conversation.remarks import follows_again
from bot.commands.lexicon import Language, Lexicon, folded, language_of, words_of

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
    if not words:
        return Meaning.UNCLEAR
    if any(word in language.instead for word in words) or _is_another_of_these(words, language):
        return Meaning.EDIT
    verb = _verb_of(words[0], language)
    if verb is not None:
        return _of_verb(verb, words, language)
    return _of_fragment(words, language, connected=connected)


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
    changed = any(
        following in known for known in (language.pronouns, language.comparatives, language.qualities, language.degrees)
    )
    points_later = any(word in language.pronouns for word in words[1:])
    if verb != "create" and _names_a_number(words[1:], language):
        return Meaning.EDIT
    if verb == "edit" or following in language.pronouns or (changed and verb != "create"):
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
        any(word in language.pronouns - language.possessives - language.definite - language.relative for word in words),
        connected,
    )
    return Meaning.UNCLEAR if any(hints) else Meaning.NEW


def _names_a_number(words: Sequence[str], language: Language) -> bool:
    """`make only number 3 red`: a picture of a set, whichever set that is."""
    position = next((at for at, word in enumerate(words) if word not in language.only | language.definite), len(words))
    marked, number = words[position : position + 1], words[position + 1 : position + 2]
    return bool(marked and number) and marked[0] in language.markers and (number[0].isdecimal() or number[0] in language.numbers)


def _is_another_of_these(words: Sequence[str], language: Language) -> bool:
    """`another one in blue`, `again, but darker`; not `another one bites the dust`."""
    rest = follows_again(words, language)
    if not rest or len(rest) > LONGEST_FRAGMENT:
        return False
    return rest[0] in language.connectives | language.prepositions | language.comparatives | language.degrees


def _is_quality(word: str, language: Language) -> bool:
    return word in language.qualities or word in language.prepositions or word in language.degrees or word in language.polite
