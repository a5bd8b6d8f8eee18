"""The words by which a message is understood, language by language; their data is in `wording/lexicons`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from bot.values import dataclass

MOST_READ = 1000
"""Characters of a message that are looked at to understand it: whoever writes more describes a scene."""
TOKEN = re.compile(r"\w+|[^\w\s]")
UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, kana and Han: scripts that write no spaces between words."""
KANA = re.compile("[\u3040-\u30ff]")
NO_NUMBERS: Mapping[str, int] = MappingProxyType({})

Words = frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Language:
    """The words of one language, casefolded. What a list is for is said in `wording/lexicons/en.toml`.

    `spaced` is false for a script without spaces between words: there, its words are looked for inside the text.
    """

    name: str
    spaced: bool = True
    thanks: Words = frozenset()
    fillers: Words = frozenset()
    phrases: Words = frozenset()
    laughter: Words = frozenset()
    polite: Words = frozenset()
    connectives: Words = frozenset()
    articles: Words = frozenset()
    definite: Words = frozenset()
    prepositions: Words = frozenset()
    genitives: Words = frozenset()
    bearing: Words = frozenset()
    likening: Words = frozenset()
    pronouns: Words = frozenset()
    possessives: Words = frozenset()
    relative: Words = frozenset()
    modals: Words = frozenset()
    scenes: Words = frozenset()
    edit_verbs: Words = frozenset()
    soft_verbs: Words = frozenset()
    make_verbs: Words = frozenset()
    create_verbs: Words = frozenset()
    comparatives: Words = frozenset()
    degrees: Words = frozenset()
    instead: Words = frozenset()
    also: Words = frozenset()
    qualities: Words = frozenset()
    strong: Words = frozenset()
    weak: Words = frozenset()
    markers: Words = frozenset()
    pictures: Words = frozenset()
    joining: Words = frozenset()
    ranging: Words = frozenset()
    excluding: Words = frozenset()
    only: Words = frozenset()
    all: Words = frozenset()
    both: Words = frozenset()
    last: Words = frozenset()
    first: Words = frozenset()
    suffixes: Words = frozenset()
    counters: Words = frozenset()
    called: Words = frozenset()
    closing: Words = frozenset()
    answer_fillers: Words = frozenset()
    edit_answers: Words = frozenset()
    new_answers: Words = frozenset()
    yes_answers: Words = frozenset()
    no_answers: Words = frozenset()
    cancelling: Words = frozenset()
    again: Words = frozenset()
    take_back: Words = frozenset()
    removing: Words = frozenset()
    removed: Words = frozenset()
    about: Words = frozenset()
    usage: Words = frozenset()
    presence: Words = frozenset()
    quota: Words = frozenset()
    models: Words = frozenset()
    openers: Words = frozenset()
    asking: Words = frozenset()
    address_pointing: Words = frozenset()
    address_content: Words = frozenset()
    numbers: Mapping[str, int] = field(default_factory=lambda: NO_NUMBERS)
    ordinals: Mapping[str, int] = field(default_factory=lambda: NO_NUMBERS)

    def knows(self, word: str) -> bool:
        """Whether a word is one of those that make the language recognisable."""
        return any(
            word in words
            for words in (
                self.articles,
                self.definite,
                self.prepositions,
                self.pronouns,
                self.connectives,
                self.polite,
                self.edit_verbs,
                self.make_verbs,
                self.soft_verbs,
                self.create_verbs,
                self.comparatives,
                self.degrees,
                self.qualities,
                self.modals,
                self.instead,
            )
        )


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    languages: tuple[Language, ...] = ()


NO_LEXICON = Lexicon()


def folded(text: str) -> str:
    """The beginning of a text as the lexicon spells it: one form of each letter and digit, no case."""
    return unicodedata.normalize("NFKC", text[:MOST_READ])[: 2 * MOST_READ].casefold()


def tokens_of(text: str) -> list[str]:
    """Words and marks of a folded text, in order."""
    return TOKEN.findall(text)


def words_of(text: str) -> list[str]:
    """Only its words."""
    return [token for token in tokens_of(text) if token[0].isalnum() or token[0] == "_"]


def language_of(text: str, lexicon: Lexicon) -> Language | None:
    """The language of a folded text: by its script, else by most known words; the first one in doubt."""
    if UNSPACED.search(text):
        wanted = "ja" if KANA.search(text) else "zh"
        return next((language for language in lexicon.languages if language.name == wanted), None)
    words = words_of(text)
    spaced = [language for language in lexicon.languages if language.spaced]
    return max(spaced, key=lambda language: sum(map(language.knows, words)), default=None)
