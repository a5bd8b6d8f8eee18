"""Cuts a prompt into the words of the vocabulary, in linear time."""

import re
from dataclasses import dataclass

from sandbox.gateways.drawing.words import vocabulary

_MOST_CHARACTERS = 2_000
_LONGEST_PHRASE = 4
_CATEGORIES = (
    ("act", vocabulary.ACTS),
    ("number", vocabulary.NUMBERS),
    ("picture", vocabulary.PICTURES),
    ("weather", vocabulary.WEATHERS),
    ("season", vocabulary.SEASONS),
    ("time", vocabulary.TIMES),
    ("place", vocabulary.PLACES),
    ("colour", vocabulary.COLOURS),
    ("style", vocabulary.STYLES),
    ("subject", vocabulary.SUBJECTS),
)
_HAN_DIGITS = "一二三四五六七八九十"


@dataclass(frozen=True, kw_only=True)
class Token:
    """One known word or phrase: its meanings as category and key, and where it stands. Unknown words have no meanings."""

    text: str
    start: int
    end: int
    meanings: tuple[tuple[str, str], ...] = ()
    plural: bool = False

    def key(self, category: str) -> str:
        return next((key for name, key in self.meanings if name == category), "")


def _collect() -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for category, table in _CATEGORIES:
        for key, words in table.items():
            for word in words.casefold().split():
                phrase = word.replace("_", " ").replace("-", " ")
                found[phrase] = (*found.get(phrase, ()), (category, key))
    return found


_WORDS = _collect()
_IS_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ASIAN = sorted((word for word in _WORDS if _IS_ASIAN.match(word)), key=len, reverse=True)
_LEXER = re.compile(
    rf"(?P<counted>[{_HAN_DIGITS}两兩]|\d{{1,2}})\s?(?:[只個个匹頭头条條朵棵艘辆輛座台羽つ名位隻]|마리)の?"
    r"|第(?P<nth>[一二三四五六七八九十]|\d{1,2})[张張枚]|(?:number |no\. ?|#)(?P<numbered>\d{1,2})(?!\w)"
    rf"|(?P<asian>{'|'.join(map(re.escape, _ASIAN))})|(?P<number>\d{{1,4}})|(?P<word>[a-zß-öø-ɏ]+)|(?P<stop>[,;.:!?、，。])|(?P<of>[的の]|['’]s)"
)


def read_tokens(prompt: str) -> list[Token]:
    """Return the words of a prompt in order."""
    found = list(_LEXER.finditer(prompt[:_MOST_CHARACTERS].casefold()))
    tokens: list[Token] = []
    at = 0
    while at < len(found):
        token, used = _phrase(found, at) if found[at].lastgroup == "word" else (_single(found[at]), 1)
        tokens.append(token)
        at += used
    return tokens


def _single(match: re.Match[str]) -> Token:
    text = match.group()
    kind = match.lastgroup or ""
    meanings: tuple[tuple[str, str], ...] = ()
    if kind == "asian":
        meanings = _WORDS[text]
    elif kind in {"counted", "number"}:
        meanings = (("number", _digits(match.group(kind))),)
    elif kind in {"nth", "numbered"}:
        meanings = (("picture", "picture"), ("nth", _digits(match.group(kind))))
    elif kind in {"stop", "of"}:
        meanings = ((kind, text),)
    return Token(text=text, start=match.start(), end=match.end(), meanings=meanings)


def _digits(text: str) -> str:
    if text in {"两", "兩"}:
        return "2"
    return str(_HAN_DIGITS.index(text) + 1) if text in _HAN_DIGITS else text


def _phrase(found: list[re.Match[str]], at: int) -> tuple[Token, int]:
    """Return the longest known phrase that begins here, and of how many words it is."""
    words: list[re.Match[str]] = []
    for match in found[at : at + _LONGEST_PHRASE]:
        if match.lastgroup not in {"word", "number"} or (words and match.start() - words[-1].end() > 1):
            break
        words.append(match)
    for length in range(len(words), 0, -1):
        text = " ".join(match.group() for match in words[:length])
        meanings, plural = _look_up(text)
        if meanings or length == 1:
            token = Token(text=text, start=words[0].start(), end=words[length - 1].end(), meanings=meanings, plural=plural)
            return token, length
    raise AssertionError


def _look_up(text: str) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Return the meanings of a phrase, and whether it is a plural."""
    endings = (("s", ""), ("es", ""), ("ies", "y"), ("x", ""))
    singulars = [text[: -len(end)] + singular for end, singular in endings if text.endswith(end)]
    found = next((_WORDS[word] for word in singulars if word in _WORDS), ())
    if text in _WORDS:
        return _WORDS[text], found == _WORDS[text]
    return found, bool(found)
