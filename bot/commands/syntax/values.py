"""Reads the value behind a flag: where it ends, and what it means; pure."""

import re
import unicodedata

from bot.commands.syntax.flags import NUMBER, WHOLE, Flag, Value, picture_in
from bot.commands.syntax.quotation import PROTECTED, unquote
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.values import dataclass

LONGEST_VALUE = 100
"""The most characters of an option's value: more than any size, name of a model or file name has."""
SWITCH_VALUES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
OPENING = dict(zip("([{<*_~`|'‘（【", ")]}>*_~`|'’）】", strict=True))
"""Brackets and markup that may surround a value, and how each is closed."""
MOST_SHOWN = 60

_BARE = {ord(" "): None, ord("\t"): None, ord("%"): None, ord("∶"): ":"}
_PROTECTED_RUN = re.compile(rf"{PROTECTED}++")
_WORD = re.compile(rf"\S{{1,{LONGEST_VALUE + 1}}}")
_END = re.compile(r"[;!?，。；！？、…)\]}>|`\"”）】」』({<\[]|,(?!\d)|[*_~](?![0-9A-Za-z])|[–—―]")
"""Where a value ends that is not followed by a space."""
_UNSPACED = re.compile(r"(?<=[0-9A-Za-z])[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""A letter of a script that writes no spaces there, behind a value in Latin letters or digits."""
_PAIR = re.compile(
    r"(\d{1,6}(?:\.\d{1,4})?)[ \t]{0,2}([x×*:：∶/])[ \t]{0,2}(\d{1,6}(?:\.\d{1,4})?)(?![\w:：.×*/])", re.IGNORECASE
)
_PLACE = re.compile(
    r"(?:\d{1,2}[ \t]{0,2}[:：∶][ \t]{0,2})?-?\d{1,6}(?:\.\d{1,4})?[%％]?"
    r"(?:[ \t]{0,2}[,，][ \t]{0,2}-?\d{1,6}(?:\.\d{1,4})?[%％]?){1,3}(?![\w%％]|[.,，]\d)"
)
_NUMBERS = re.compile(r"\d{1,18}")


@dataclass(frozen=True, kw_only=True)
class Word:
    """What follows a flag, without brackets, markup and punctuation around it. It ends at `end` of the text."""

    text: str
    end: int


def word_at(flag: Flag, text: str, masked: str, start: int) -> Word:
    """The value of a flag that begins at `start`, which is no space; quotations are overwritten in `masked`."""
    if quoted := _PROTECTED_RUN.match(masked, start):
        return Word(text=unquote(text[start : quoted.end()]), end=quoted.end())
    if flag.pair and (pair := _PAIR.match(masked, start)):
        return Word(text="".join(pair.groups()), end=pair.end())
    if flag.kind == "place" and (place := _PLACE.match(masked, start)):
        return Word(text=place[0], end=place.end())
    run = _WORD.match(masked, start)
    whole = run[0] if run is not None else ""
    opened = len(whole) - len(whole.lstrip("".join(OPENING)))
    end = _end_of(whole, opened, flag)
    closing = "".join(OPENING[mark] for mark in reversed(whole[:opened]))
    if end == opened or not whole.startswith(closing, end):
        # Nothing but punctuation, or marks that are not closed.
        return Word(text=text[start : start + len(whole)], end=start + len(whole))
    return Word(text=text[start + opened : start + end], end=start + end + len(closing))


def _end_of(whole: str, begin: int, flag: Flag) -> int:
    """Where the value in a word ends that begins after its opening marks."""
    cut = _END.search(whole, begin)
    end = len(whole) if cut is None else cut.start()
    script = None if flag.kind == "name" else _UNSPACED.search(whole, begin, end)
    if script is not None:
        end = script.start()
    return begin + len(whole[begin:end].rstrip(".:：'’-"))


def convert(flag: Flag, word: str) -> Value:
    """The value that a word means for a flag that is no switch. Raises BAD_VALUE."""
    if len(word) > LONGEST_VALUE:
        raise bad_value(flag, word)
    normalised = unicodedata.normalize("NFKC", word)
    match flag.kind:
        case "text" | "name" if normalised:
            return normalised
        case "whole" if WHOLE.fullmatch(normalised):
            return int(normalised)
        case "number" if NUMBER.fullmatch(normalised):
            return float(normalised)
        case "place" if flag.reads(bare_place(normalised)):
            return bare_place(normalised)
        case "picture" if (picture := picture_in(normalised)) is not None:
            return picture
    raise bad_value(flag, word, nearest=_meant(flag, normalised))


def reads(flag: Flag, word: str) -> bool:
    """Whether a word can only be a value of this flag."""
    if len(word) > LONGEST_VALUE:
        return False
    normalised = unicodedata.normalize("NFKC", word)
    return flag.reads(bare_place(normalised) if flag.kind == "place" else normalised)


def bare_place(text: str) -> str:
    """Coordinates without spaces and signs of percent; `text` has ordinary letters."""
    return text.translate(_BARE)


def _meant(flag: Flag, word: str) -> str | None:
    """The flag with the number that a word contains or names; None if there is not exactly one."""
    if flag.kind not in {"whole", "number"}:
        return None
    if word.lower() in NUMBER_WORDS:
        return f"--{flag.name} {NUMBER_WORDS.index(word.lower())}"
    numbers = _NUMBERS.findall(word)
    if len(numbers) == 1:
        return f"--{flag.name} {numbers[0]}"
    if re.fullmatch(r"\D{0,2}\d{1,18}[.,]\d{1,18}", word):
        return f"--{flag.name} {numbers[0] if flag.kind == 'whole' else '.'.join(numbers)}"
    return None


def bad_value(flag: Flag, word: str, *, nearest: str | None = None, variant: str | None = None) -> RefusedError:
    if variant is None and flag.kind == "place":
        variant = "place"
    return RefusedError(
        RefusalCode.BAD_VALUE,
        nearest=nearest,
        flag=f"--{flag.name}",
        value=shorten(word),
        allowed=flag.usage,
        **({} if variant is None else {VARIANT: variant}),
    )


def shorten(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
