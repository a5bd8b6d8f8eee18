"""Parses what members type into a command; pure. It checks that numbers are numbers; the catalog checks values.

The work grows with the length of the text, never faster: no pattern may read the same characters again from each position.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from bot.commands.command import Generate, Options, ReferenceSource, StoredPicture
from bot.commands.syntax.addresses import find_picture_address
from bot.commands.syntax.braces import braced, find_group
from bot.commands.syntax.finding import UNKNOWN, FlagFinder, FoundFlag, check_hiding
from bot.commands.syntax.flags import OF_OPTIONS, PLANNED_FLAGS, UNSUPPORTED_FLAGS, picture_in, suggestion
from bot.commands.syntax.quotation import mask_quotations
from bot.commands.syntax.values import LONGEST_VALUE, OPENING, bad_value, shorten
from bot.commands.syntax.visible import VisibleText
from bot.errors import VARIANT, RefusalCode, RefusedError

NO_OPTIONS = Options()
MOST_CHARACTERS = 10_000
"""Twice the longest prompt that a gateway accepts, for the flags; a platform may let a member paste four times as much."""

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_REPLACED = {
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **{
        number: " " if chr(number).isspace() else ""
        for number in range(0xA0)
        if unicodedata.category(chr(number)) == "Cc" and chr(number) not in "\t\n\r"
    },
}
"""What single halves of pairs and control characters become."""
_CLOSED = {closing: opening for opening, closing in OPENING.items()}
_STOPS = ".,;:!?，。；：！？、…"
_GLUED = re.compile(rf"[{re.escape(_STOPS + ''.join(OPENING.values()))}]{{1,8}}")
"""Punctuation and closing marks right behind a flag."""


def parse(
    text: str,
    *,
    verb: Literal["imagine", "edit"],
    options: Options = NO_OPTIONS,
    stored: tuple[StoredPicture, ...] = (),
    references: tuple[ReferenceSource, ...] = (),
) -> Generate:
    """Combine a text with typed options into a command. Raises only RefusedError.

    `stored` and the text's `--ref` come before `references`, in that order.
    """
    if len(text) > MOST_CHARACTERS:
        raise RefusedError(RefusalCode.PROMPT_TOO_LONG, value=len(text), limit=MOST_CHARACTERS)
    _check_lengths(options)
    options = _visible(options)
    clean = VisibleText(original=_clean(text))
    masked = mask_quotations(clean.visible)
    in_braces = braced(masked)
    found = tuple(FlagFinder(clean.visible, masked, in_braces).find())
    _check_rest(clean.visible, _blank_out(masked, [(item.start, item.end) for item in found]), in_braces)
    named = tuple(item.value for item in found if isinstance(item.value, StoredPicture))
    prompt = _prompt(clean, found)
    _check_addresses(prompt)
    return Generate(
        verb=verb,
        prompt=prompt,
        options=_merge(options, found),
        references=(*stored, *(picture for picture in named if picture not in stored), *references),
    )


def read_picture(text: str) -> StoredPicture | None:
    """Picture 3 of a job, written as `ID#3` or as the name of a file that we posted; None for anything else."""
    if len(text) > LONGEST_VALUE:
        return None
    # A file's name may begin with words of its prompt.
    return picture_in("-".join(unicodedata.normalize("NFKC", text).strip().rsplit("-", 2)[-2:]))


def _check_lengths(options: Options) -> None:
    for name, flag in OF_OPTIONS.items():
        value = getattr(options, name)
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise bad_value(flag, value)


def _visible(options: Options) -> Options:
    """Without invisible characters in typed values."""
    given = {name: getattr(options, name) for name in OF_OPTIONS}
    texts: dict[str, Any] = {
        name: VisibleText(original=_clean(text)).visible for name, text in given.items() if isinstance(text, str)
    }
    return replace(options, **texts)


def _clean(text: str) -> str:
    """Join or replace halves of surrogate pairs and remove control characters, so that the text can be encoded."""
    return _PAIR.sub(_join, text).translate(_REPLACED)


def _join(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _check_rest(visible: str, masked: str, in_braces: list[tuple[int, int]]) -> None:
    """Refuse what is left beside the flags and is no prompt. `masked`: without quotations and flags."""
    check_hiding(visible, masked)
    group = find_group(masked)
    if group is not None:
        raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, flag=shorten(visible[slice(*group)]), **{VARIANT: "group"})
    # Styles and data in braces have names with dashes of their own.
    unknown = UNKNOWN.search(_blank_out(masked, in_braces))
    if unknown is None:
        return
    name = unknown["name"].lower().replace("_", "-").rstrip("-")
    typed = shorten(visible[slice(*unknown.span())].partition("=")[0])
    if name in UNSUPPORTED_FLAGS:
        raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, flag=typed)
    if name in PLANNED_FLAGS:
        raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, flag=typed, **{VARIANT: "planned"})
    glued = visible[unknown.start() + 2 : unknown.end()].lower()
    raise RefusedError(RefusalCode.UNKNOWN_FLAG, nearest=suggestion(glued) or suggestion(name), value=typed)


def _blank_out(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with some of its parts overwritten by spaces, at the same length."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = " " * (end - start)
    return "".join(letters)


def _check_addresses(prompt: str) -> None:
    address = find_picture_address(prompt, mask_quotations(prompt))
    if address is not None:
        raise RefusedError(RefusalCode.REF_ADDRESS, value=shorten(address))


def _prompt(clean: VisibleText, found: tuple[FoundFlag, ...]) -> str:
    """The text without the flags; a single space replaces each row of them.

    Punctuation behind a flag moves to the word before it, and brackets that held nothing else go with it.
    """
    prompt, start, stops = "", 0, ""
    for begin, end in _rows(clean, found):
        prompt = _joined(prompt, stops, clean.original[start:begin])
        glued = _GLUED.match(clean.original, end)
        marks = "" if glued is None else glued[0]
        prompt, marks = _without_empty_brackets(prompt, marks)
        stops = marks if prompt else ""
        start = end if glued is None else glued.end()
    rest = clean.original[start:]
    if not rest.strip():
        stops = "".join(mark for mark in stops if _CLOSED.get(mark, "") in prompt)
    return _joined(prompt, stops, rest).strip()


def _rows(clean: VisibleText, found: tuple[FoundFlag, ...]) -> Iterator[tuple[int, int]]:
    """Where flags stand that follow each other directly, in the original text."""
    spans = [clean.span(item.start, item.end) for item in found]
    row: tuple[int, int] | None = None
    for begin, end in spans:
        if row is not None and not clean.original[row[1] : begin].strip():
            row = row[0], end
            continue
        if row is not None:
            yield row
        row = begin, end
    if row is not None:
        yield row


def _joined(prompt: str, marks: str, piece: str) -> str:
    """`marks` stood behind the flags between the two; a full stop that ended the flags ends no prompt."""
    stripped = piece.strip()
    if not prompt:
        return piece.rstrip() if stripped else ""
    if not stripped or prompt[-1] in _STOPS:
        marks = "".join(mark for mark in marks if mark not in _STOPS)
    return f"{prompt}{marks} {stripped}" if stripped else f"{prompt}{marks}"


def _without_empty_brackets(prompt: str, marks: str) -> tuple[str, str]:
    """Without an opening mark at the end of the prompt that is closed by the marks, as in `a fox (--count 4)`."""
    empty = 0
    while empty < min(len(marks), len(prompt)) and OPENING.get(prompt[-1 - empty]) == marks[empty]:
        empty += 1
    return (prompt[:-empty].rstrip(), marks[empty:]) if empty else (prompt, marks)


def _merge(options: Options, found: tuple[FoundFlag, ...]) -> Options:
    """The typed options together with the flags. Raises RefusedError if two values for an option differ."""
    values: dict[str, Any] = {}
    repeated: dict[str, dict[str, None]] = {}
    for item in found:
        name = item.flag.option
        if name is None:
            continue
        if item.flag.repeatable:
            repeated.setdefault(name, dict.fromkeys((getattr(options, name) or "").split()))[str(item.value)] = None
            continue
        earlier = values.get(name, getattr(options, name))
        if earlier is None:
            values[name] = item.value
        elif _comparable(earlier) != _comparable(item.value):
            flag = f"--{name.replace('_', '-')}"
            values_shown = {"value": shorten(_comparable(earlier)), "other": shorten(_comparable(item.value))}
            raise RefusedError(RefusalCode.OPTION_CONFLICT, flag=flag, **values_shown)
    values |= {name: " ".join(each) for name, each in repeated.items()}
    return replace(options, **values)


def _comparable(value: object) -> str:
    return str(value).strip().casefold()
