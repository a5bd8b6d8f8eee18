"""Finds the addresses in a prompt that are meant as pictures; pure. Addresses that members type are not fetched.

An address is meant as a picture if it names an image file, if it is nearly all there is, or if the words before it point at
it. After words like `says` or `for` it is content: a poster may show it.
"""

import re

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
POINTING = frozenset(
    [
        "this",
        "that",
        "these",
        "like",
        "from",
        "using",
        "use",
        "edit",
        "change",
        "turn",
        "make",
        "convert",
        "transform",
        "redraw",
        "recreate",
        "repaint",
        "restyle",
        "remix",
        "upscale",
        "enhance",
        "colorize",
        "colourize",
        "combine",
        "merge",
        "blend",
        "based",
        "inspired",
        "same",
        "similar",
        "as",
        "reference",
        "references",
        "ref",
        "style",
        "image",
        "images",
        "picture",
        "pictures",
        "pic",
        "photo",
        "photos",
        "photograph",
        "screenshot",
        "art",
        "artwork",
        "drawing",
        "painting",
        "here",
        "see",
        "look",
    ]
)
CONTENT = frozenset(
    [
        "says",
        "say",
        "saying",
        "reads",
        "reading",
        "text",
        "writes",
        "written",
        "writing",
        "spells",
        "word",
        "words",
        "title",
        "titled",
        "caption",
        "captioned",
        "label",
        "labelled",
        "labeled",
        "called",
        "named",
        "showing",
        "shows",
        "shown",
        "display",
        "displays",
        "displaying",
        "advertising",
        "promoting",
        "for",
        "to",
        "visit",
        "at",
        "on",
        "about",
        "website",
        "site",
        "page",
        "webpage",
        "homepage",
        "url",
        "link",
        "domain",
        "address",
        "qr",
        "code",
        "browser",
        "screen",
        "banner",
        "sign",
        "logo",
    ]
)


def find_picture_address(prompt: str, masked: str) -> str | None:
    """The first address that is meant as a picture. `masked` is the prompt with its quotations overwritten."""
    found = list(_ADDRESS.finditer(masked))
    if not found:
        return None
    words = [word.span() for word in _WORD.finditer(_without(masked, found))]
    earlier = 0
    for address in found:
        while earlier < len(words) and words[earlier][0] < address.start():
            earlier += 1
        near = [masked[slice(*span)].lower() for span in words[max(0, earlier - NEAR_WORDS) : earlier]]
        if _is_picture(address[0].strip(_AROUND), near, before=earlier, after=len(words) - earlier):
            return prompt[slice(*address.span())].strip(_AROUND)
    return None


def _without(masked: str, found: list[re.Match[str]]) -> str:
    """Without the addresses, whose parts are no words; at the same length."""
    pieces, position = [], 0
    for address in found:
        pieces += [masked[position : address.start()], " " * len(address[0])]
        position = address.end()
    return "".join([*pieces, masked[position:]])


def _is_picture(address: str, near: list[str], *, before: int, after: int) -> bool:
    if address.lower().startswith("data:"):
        return True
    says = next((word in CONTENT for word in reversed(near) if word in CONTENT | POINTING), None)
    if says is not None:
        return not says
    if _FILE.search(address) is not None:
        return True
    if address.lower().startswith("www."):
        # It is written as it would be read on a poster.
        return not before and not after
    at_an_end = not before or not after
    return at_an_end and (not before or before + after < FEW_WORDS)
