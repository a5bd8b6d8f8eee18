"""Finds what members put into double quotes; pure."""

import re

PROTECTED = "\ufffc"
"""Stands for each character of a quotation."""
_UNPAIRED, _UNPAIRED_CLOSING = "\x00", "\x01"
"""Stand for opening marks that open nothing; the second may still close a „quotation“."""
_QUOTED = re.compile('"[^"]*"|“[^”]*”|„[^“”\x01]*[“”\x01]|「[^」]*」')


def mask_quotations(text: str) -> str:
    """The text, at the same length, with its quotations overwritten. Control characters must have been removed before."""
    return _QUOTED.sub(lambda quoted: PROTECTED * len(quoted[0]), _without_unpaired(text))


def unquote(word: str) -> str:
    """The inside of a quotation; any other word as it is."""
    return word[1:-1].strip() if len(word) > 1 and _QUOTED.fullmatch(word) else word


def _without_unpaired(text: str) -> str:
    """Without opening marks behind the last closing one: the search would go on to the end from each of them."""
    replaced = _replace_behind(text, max(text.rfind("“"), text.rfind("”")), "„", _UNPAIRED)
    replaced = _replace_behind(replaced, text.rfind("”"), "“", _UNPAIRED_CLOSING)
    return _replace_behind(replaced, text.rfind("」"), "「", _UNPAIRED)


def _replace_behind(text: str, last: int, mark: str, other: str) -> str:
    return text[: last + 1] + text[last + 1 :].replace(mark, other)
