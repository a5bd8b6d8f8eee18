"""Finds the addresses in a prompt that are meant as pictures; pure. Addresses that members type are not fetched.

An address is meant as a picture if it names an image file, if it is nearly all there is, or if the words before it point at
it. After words like `says` or `for` it is content: a poster may show it.
"""

import re

from bot.commands.lexicon import Language, Lexicon, folded, language_of

_ADDRESS = re.compile(r"(?:https?://|(?<![\w./@-])www\.)[^\s<>|\"“”„「」\ufffc]{2,}|data:image/[^\s]++", re.IGNORECASE)
_AROUND = "()[]{}<>*_~`'.,;:!?"
_FILE = re.compile(
    r"\.(?:png|jpe?g|gif|webp|heic|heif|avif|bmp|tiff?)(?=[?#/:&]|$)|[?&](?:format|fm|ext)=(?:png|jpe?g|gif|webp)", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
NEAR_WORDS = 3
"""How many words before an address are asked what it is."""
FEW_WORDS = 8
"""With fewer other words, an address at the beginning or end of a prompt is what the prompt is about."""
LONGEST_WORD = 60
UNSPACED_NEAR = 8
"""How many characters before an address are asked in a script without spaces."""


def find_picture_address(prompt: str, masked: str, lexicon: Lexicon) -> str | None:
    """The first address that is meant as a picture. `masked` is the prompt with its quotations overwritten."""
    found = list(_ADDRESS.finditer(masked))
    if not found:
        return None
    words = [word.span() for word in _WORD.finditer(_without(masked, found))]
    languages = _languages(_without(masked, found), lexicon)
    earlier = 0
    for address in found:
        while earlier < len(words) and words[earlier][0] < address.start():
            earlier += 1
        spans = words[max(0, earlier - NEAR_WORDS) : earlier]
        near = [masked[max(start, end - LONGEST_WORD) : end].casefold() for start, end in spans]
        shows = next((said for language in languages if (said := _shows_it(near, language)) is not None), None)
        if _is_picture(address[0].strip(_AROUND), shows=shows, before=earlier, after=len(words) - earlier):
            return prompt[slice(*address.span())].strip(_AROUND)
    return None


def _languages(text: str, lexicon: Lexicon) -> tuple[Language, ...]:
    """The text's own language first, as far as a text shows it, then the others."""
    own = language_of(folded(text), lexicon)
    return (*(one for one in lexicon.languages if one is own), *(one for one in lexicon.languages if one is not own))


def _shows_it(near: list[str], language: Language) -> bool | None:
    """Whether the words before an address make it something that a picture shows: the nearest word decides."""
    known = language.address_content | language.address_pointing
    if not language.spaced:
        text = "".join(near)[-UNSPACED_NEAR:]
        _, last = max(((text.rfind(word) + len(word), word) for word in known if word in text), default=(0, ""))
        return last in language.address_content if last else None
    return next((word in language.address_content for word in reversed(near) if word in known), None)


def _without(masked: str, found: list[re.Match[str]]) -> str:
    """Without the addresses, whose parts are no words; at the same length."""
    pieces, position = [], 0
    for address in found:
        pieces += [masked[position : address.start()], " " * len(address[0])]
        position = address.end()
    return "".join([*pieces, masked[position:]])


def _is_picture(address: str, *, shows: bool | None, before: int, after: int) -> bool:
    """`shows`: whether the words around it say that a picture shows it; None if they say nothing of it."""
    if address.lower().startswith("data:"):
        return True
    if shows is not None:
        return not shows
    if _FILE.search(address) is not None:
        return True
    if address.lower().startswith("www."):
        # It is written as it would be read on a poster.
        return not before and not after
    at_an_end = not before or not after
    return at_an_end and (not before or before + after < FEW_WORDS)
