"""Whether a message asks for nothing: emoji, addresses, thanks and small talk; pure."""

import itertools
import re
from collections.abc import Iterable

from bot.commands.lexicon import MOST_READ, UNSPACED, Language, Lexicon, folded, words_of

EMOJI_TOKEN = re.compile(r"<a?:\w{1,32}:\d{1,20}>|:[\w+-]{1,64}:")
ADDRESS = re.compile(r"<?(?:https?://|www\.)\S+")
LONGEST_PHRASE = 4
"""In words."""
MOST_WORDS = 30
"""Nobody thanks at such length."""


def is_chatter(text: str, lexicon: Lexicon) -> bool:
    """Whether nothing is left without emoji, addresses, and words of thanks and small talk."""
    left = without_tokens(text)
    if not any(map(str.isalnum, left)):
        # A mark or an emoji is no word.
        return True
    words = words_of(folded(left))
    if len(left) > MOST_READ or len(words) > MOST_WORDS:
        return False
    return any(_is_small_talk(words, language) for language in lexicon.languages)


def without_tokens(text: str) -> str:
    """The text without emoji tokens and addresses."""
    return ADDRESS.sub(" ", EMOJI_TOKEN.sub(" ", text))


def names_something(text: str) -> bool:
    """Whether there are words, and not only emoji, marks and addresses."""
    return any(map(str.isalnum, without_tokens(text)))


def is_only_addresses(text: str) -> bool:
    return ADDRESS.search(text) is not None and not words_of(folded(without_tokens(text)))


def count_words(text: str) -> int:
    """How many words a text has, as far as this is looked at; a script without spaces takes about two characters a word."""
    left = folded(without_tokens(text))
    unspaced = sum(1 for _ in UNSPACED.finditer(left))
    return max(len(words_of(left)), (unspaced + 1) // 2)


def _is_small_talk(words: list[str], language: Language) -> bool:
    """Whether each word is thanks or goes with it, and at least one of them is thanks."""
    thanked, position = False, 0
    while position < len(words):
        length = _phrase_at(words, position, language)
        if length:
            thanked = True
        elif any(word in language.thanks for word in _spellings(words[position])) or _laughs(words[position], language.laughter):
            thanked, length = True, 1
        elif any(word in language.fillers for word in _spellings(words[position])):
            length = 1
        else:
            return False
        position += length
    return thanked


def _phrase_at(words: list[str], position: int, language: Language) -> int:
    """The number of words of the longest phrase that begins there; 0 if there is none."""
    for length in range(min(LONGEST_PHRASE, len(words) - position), 1, -1):
        if " ".join(words[position : position + length]) in language.phrases:
            return length
    return 0


def _spellings(word: str) -> Iterable[str]:
    """`sooo` as `so` and `soo`: three or more of a letter are emphasis."""
    yield word
    for most in (1, 2):
        yield "".join(
            letter * (min(most, count) if count > 2 else count)  # as the docstring says
            for letter, count in ((letter, len(list(run))) for letter, run in itertools.groupby(word))
        )


def _laughs(word: str, syllables: Iterable[str]) -> bool:
    """`hahaha`, `jaja`, `www`: one syllable at least twice."""
    return any(
        len(word) >= 2 * len(syllable) and word == (syllable * (len(word) // len(syllable) + 1))[: len(word)]
        for syllable in syllables
    )
