"""What a member says to the bot that is no request for an image: a question about it, `again`, `undo`, `cancel`; pure.

Only a whole text of such words counts: `another one bites the dust, album cover` is a prompt.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from bot.commands.conversation.chatter import without_tokens
from bot.commands.lexicon import MOST_READ, Language, Lexicon, Words, folded, words_of

MOST_WORDS = 12
"""Nobody asks what the bot can do at such length."""


class Gist(StrEnum):
    """What a remark is about; its words are a list of the lexicon."""

    AGAIN = "again"
    CANCEL = "cancelling"
    TAKE_BACK = "take_back"
    PRESENCE = "presence"
    QUOTA = "quota"
    MODELS = "models"
    USAGE = "usage"
    ABOUT = "about"


def gist_of(text: str, lexicon: Lexicon) -> Gist | None:
    """What a text is about that asks for no image; None for any other text."""
    left = without_tokens(text[: MOST_READ + 1])
    words = words_of(folded(left))
    if not words or len(left) > MOST_READ or len(words) > MOST_WORDS:
        return None
    for language in lexicon.languages:
        for gist in Gist:
            if says(words, getattr(language, gist.value), language):
                return gist
    if any(_removes_images(words, language) for language in lexicon.languages):
        return Gist.TAKE_BACK
    if any(_asks_about_the_bot(words, language) for language in lexicon.languages):
        return Gist.ABOUT
    return None


def asks_for_more(text: str, lexicon: Lexicon) -> bool:
    """`4 more`: again, but another number."""
    words = words_of(folded(text[: MOST_READ + 1]))
    for language in lexicon.languages if 1 < len(words) <= MOST_WORDS else ():
        rest = [word for word in words if not word.isdecimal() and word not in language.numbers]
        if len(rest) < len(words) and language.spaced and says(rest, language.again, language):
            return True
    return False


def says(words: Sequence[str], phrases: Words, language: Language) -> bool:
    """Whether words are one of the phrases, perhaps with a greeting or courtesy around it."""
    return any(phrase in phrases for phrase in _cores(words, language))


def follows_again(words: Sequence[str], language: Language) -> Sequence[str] | None:
    """What follows `another one`, `once more`; None if a text does not begin so."""
    for length in range(min(4, len(words) - 1), 0, -1):
        if " ".join(words[:length]) in language.again:
            return words[length:]
    return None


def _cores(words: Sequence[str], language: Language) -> Iterator[str]:
    """The text as it is, and without more and more of the courtesies at its ends."""
    joint = " " if language.spaced else ""
    courteous = language.polite | language.thanks | language.called
    end = len(words)
    while True:
        start = 0
        while start < end:
            yield joint.join(words[start:end])
            if words[start] not in courteous:
                break
            start += 1
        if end == 0 or words[end - 1] not in language.closing | language.thanks | language.called:
            return
        end -= 1


def _removes_images(words: Sequence[str], language: Language) -> bool:
    """`delete all my images`, `can you remove the last one please`."""
    while words and words[0] in language.polite | language.called:
        words = words[1:]
    return len(words) > 1 and words[0] in language.removing and all(word in language.removed for word in words[1:])


def _asks_about_the_bot(words: Sequence[str], language: Language) -> bool:
    """`what kind of things can you make`: a question of words that name nothing to paint."""
    while words and words[0] in (language.thanks | language.called) - language.openers:
        words = words[1:]
    return len(words) > 1 and words[0] in language.openers and all(word in language.asking for word in words)
