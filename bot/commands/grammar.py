"""Parses what members type into a command; pure. It checks that numbers are numbers; the catalog checks values.

The work grows with the length of the text, never faster: no pattern may read the same characters again from each position.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

from bot.commands.command import Generate, Options, ReferenceSource, StoredPicture
from bot.commands.quotation import PROTECTED, mask_quotations, unquote
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import parse_job_id
from bot.values import dataclass

NO_OPTIONS = Options()
MOST_CHARACTERS = 10_000
"""Twice the longest prompt that a gateway accepts, for the flags; a platform may let a member paste four times as much."""
LONGEST_VALUE = 100
"""The most characters of an option's value: more than any size, name of a model or file name has."""
SWITCH_VALUES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

Value = str | int | float | bool | StoredPicture


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag. `option` is its field in Options (None for `--ref`), `usage` shows how it is written.

    `switch_value` is the value that a switch sets; `example` is a value that always works, if there is one.
    """

    name: str
    option: str | None
    kind: Literal["text", "whole", "number", "switch", "picture"]
    usage: str
    aliases: tuple[str, ...] = ()
    switch_value: bool = True
    example: str | None = None


_FLAGS = (
    Flag(name="count", option="count", kind="whole", usage="--count N", aliases=("n",), example="1"),
    Flag(name="size", option="size", kind="text", usage="--size 1K|2K|3K|4K|WxH", example="2K"),
    Flag(name="ratio", option="ratio", kind="text", usage="--ratio W:H", aliases=("ar",), example="1:1"),
    Flag(name="model", option="model", kind="text", usage="--model M"),
    Flag(name="format", option="format", kind="text", usage="--format jpeg|png", example="jpeg"),
    Flag(name="watermark", option="watermark", kind="switch", usage="--watermark"),
    Flag(name="no-watermark", option="watermark", kind="switch", usage="--no-watermark", switch_value=False),
    Flag(name="search", option="search", kind="switch", usage="--search"),
    Flag(name="prompt-mode", option="prompt_mode", kind="text", usage="--prompt-mode standard|fast", example="standard"),
    Flag(name="gateway", option="gateway", kind="text", usage="--gateway NAME"),
    Flag(name="ref", option=None, kind="picture", usage="--ref ID#3"),
    Flag(name="private", option="private", kind="switch", usage="--private"),
    Flag(name="spoiler", option="spoiler", kind="switch", usage="--spoiler"),
    Flag(name="seed", option="seed", kind="whole", usage="--seed N"),
    Flag(name="guidance", option="guidance", kind="number", usage="--guidance X"),
)
FLAGS: Mapping[str, Flag] = MappingProxyType({name: flag for flag in _FLAGS for name in (flag.name, *flag.aliases)})
UNSUPPORTED_FLAGS = frozenset(
    {"separate", "negative-prompt", "negative", "no", "quality", "style", "mask", "background", "layers"},
)
"""Flags that other tools have and no Seedream gateway supports; `--separate` is reserved for groups of jobs."""
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "aspect": "ratio",
        "aspect-ratio": "ratio",
        "shape": "ratio",
        "images": "count",
        "number": "count",
        "num": "count",
        "resolution": "size",
        "width": "size",
        "height": "size",
        "version": "model",
        "cfg": "guidance",
        "image": "ref",
        "reference": "ref",
        "nologo": "no-watermark",
    },
)
"""Names that other tools use for our flags, where the closest spelling would not find them."""

_DASHES = "-‐‑‒–—―−﹘﹣－⸺⸻〜〰゠־֊᠆"
_NAMES = "|".join(sorted((re.escape(name).replace(r"\-", "[-_]") for name in FLAGS), key=len, reverse=True))
_KNOWN = re.compile(
    # After a space, any kind of dash starts a flag. Inside a text without spaces, only two ASCII hyphens do.
    rf"(?:(?<!\S)[{re.escape(_DASHES)}]++|(?<![\s0-9A-Za-z-])--)(?P<name>{_NAMES})(?=[\s=＝]|$)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"(?<!\S)--(?P<name>[A-Za-z][A-Za-z0-9_-]*)\S*")
_PICTURE = re.compile(r"(?:SPOILER_)?(?P<job>\w{12})[#-](?P<number>[1-9]\d{0,3})(?:\.\w{2,5})?", re.ASCII)
_GROUP = re.compile(r"\{[^{},]*+,[^{}]*+\}")
_VALUE = re.compile(r"(?:\s*+[=＝]\s*+|\s++)(?P<value>\S++)")
_ATTACHED = re.compile(r"[=＝](?P<value>\S*)")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})")
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
_MOST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class _FlagMatch:
    """A flag found in the text, with its position and value."""

    flag: Flag
    start: int
    end: int
    value: Value


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
    clean = _clean(text)
    masked = mask_quotations(clean)
    found = tuple(_flags_in(clean, masked))
    _check_unknown(clean, _blank_out(masked, found, PROTECTED))
    named = tuple(item.value for item in found if isinstance(item.value, StoredPicture))
    return Generate(
        verb=verb,
        prompt=_prompt(clean, found),
        options=_merge(options, found),
        references=(*stored, *(picture for picture in named if picture not in stored), *references),
    )


def read_picture(text: str) -> StoredPicture | None:
    """Picture 3 of a job, written as `ID#3` or as the name of a file that we posted; None for anything else."""
    if len(text) > LONGEST_VALUE:
        return None
    # A file's name may begin with words of its prompt.
    name = "-".join(unicodedata.normalize("NFKC", text).strip().rsplit("-", 2)[-2:])
    found = _PICTURE.fullmatch(name)
    job = parse_job_id(found["job"]) if found is not None else None
    if found is None or job is None:
        return None
    return StoredPicture(job=job, number=int(found["number"]))


def _check_lengths(options: Options) -> None:
    for flag in _FLAGS:
        value = None if flag.option is None else getattr(options, flag.option)
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise _bad_value(flag, value)


def _clean(text: str) -> str:
    """Join or replace halves of surrogate pairs and remove control characters, so that the text can be encoded."""
    return _PAIR.sub(_join, text).translate(_REPLACED)


def _join(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _flags_in(clean: str, masked: str) -> Iterable[_FlagMatch]:
    position = 0
    while (match := _KNOWN.search(masked, position)) is not None:
        flag = FLAGS[match["name"].lower().replace("_", "-")]
        read = _match_switch if flag.kind == "switch" else _match_valued
        found = read(flag, match, clean, masked)
        yield found
        position = found.end


def _match_switch(flag: Flag, match: re.Match[str], clean: str, masked: str) -> _FlagMatch:
    """A yes or no right after a switch is its value: `--watermark false` must not turn it on."""
    attached = _ATTACHED.match(masked, match.end())
    following = attached or _VALUE.match(masked, match.end())
    answer = SWITCH_VALUES.get(following["value"].lower()) if following is not None else None
    if following is not None and answer is not None:
        return _FlagMatch(flag=flag, start=match.start(), end=following.end(), value=flag.switch_value is answer)
    if attached is not None:
        raise _bad_value(flag, clean[slice(*attached.span("value"))], nearest=flag.usage)
    return _FlagMatch(flag=flag, start=match.start(), end=match.end(), value=flag.switch_value)


def _match_valued(flag: Flag, match: re.Match[str], clean: str, masked: str) -> _FlagMatch:
    following = _VALUE.match(masked, match.end())
    if following is None or any(pattern.match(masked, following.start("value")) for pattern in (_KNOWN, _UNKNOWN)):
        raise _bad_value(flag, "", variant="missing")
    word = unquote(clean[slice(*following.span("value"))])
    return _FlagMatch(flag=flag, start=match.start(), end=following.end(), value=_convert(flag, word))


def _convert(flag: Flag, word: str) -> Value:
    if len(word) > LONGEST_VALUE:
        raise _bad_value(flag, word)
    normalised = unicodedata.normalize("NFKC", word)
    match flag.kind:
        case "text" if normalised:
            return normalised
        case "whole" if _WHOLE.fullmatch(normalised):
            return int(normalised)
        case "number" if _NUMBER.fullmatch(normalised):
            return float(normalised)
        case "picture" if (picture := read_picture(normalised)) is not None:
            return picture
    raise _bad_value(flag, word)


def _bad_value(flag: Flag, word: str, *, nearest: str | None = None, variant: str | None = None) -> RefusedError:
    if nearest is None and flag.example is not None:
        nearest = f"--{flag.name} {flag.example}"
    return RefusedError(
        RefusalCode.BAD_VALUE,
        nearest=nearest,
        flag=f"--{flag.name}",
        value=_shorten(word),
        allowed=flag.usage,
        **({} if variant is None else {VARIANT: variant}),
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def _check_unknown(clean: str, masked: str) -> None:
    unknown = _UNKNOWN.search(masked)
    if unknown is not None:
        name = unknown["name"].lower().replace("_", "-")
        typed = _shorten(clean[slice(*unknown.span())].partition("=")[0])
        if name in UNSUPPORTED_FLAGS:
            raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, flag=typed)
        raise RefusedError(RefusalCode.UNKNOWN_FLAG, nearest=_nearest_flag(name), value=typed)
    group = _GROUP.search(masked)
    if group is not None:
        typed = _shorten(clean[slice(*group.span())])
        raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, flag=typed, **{VARIANT: "group"})


def _nearest_flag(name: str) -> str:
    """The flag with the closest name, however different, so that the error always suggests one."""
    if name == "help":
        return "/help"
    (close,) = difflib.get_close_matches(name[:_MOST_SHOWN], [*FLAGS, *SYNONYMS], n=1, cutoff=0)
    return f"--{SYNONYMS.get(close, close)}"


def _blank_out(text: str, found: tuple[_FlagMatch, ...], filler: str) -> str:
    """The text with flags and their values overwritten by a filler, at the same length."""
    letters = list(text)
    for item in found:
        letters[item.start : item.end] = filler * (item.end - item.start)
    return "".join(letters)


def _prompt(clean: str, found: tuple[_FlagMatch, ...]) -> str:
    """The text without the flags; a single space replaces each of them."""
    pieces, position = [], 0
    for item in found:
        pieces.append(clean[position : item.start])
        position = item.end
    pieces.append(clean[position:])
    stripped = [pieces[0].rstrip(), *(piece.strip() for piece in pieces[1:-1]), pieces[-1].lstrip()] if found else pieces
    return " ".join(piece for piece in stripped if piece).strip()


def _merge(options: Options, found: tuple[_FlagMatch, ...]) -> Options:
    """The typed options together with the flags. Raises RefusedError if two values for an option differ."""
    values: dict[str, Any] = {}
    for item in found:
        name = item.flag.option
        if name is None:
            continue
        earlier = values.get(name, getattr(options, name))
        if earlier is None:
            values[name] = item.value
        elif _comparable(earlier) != _comparable(item.value):
            flag = f"--{name.replace('_', '-')}"
            values_shown = {"value": _shorten(_comparable(earlier)), "other": _shorten(_comparable(item.value))}
            raise RefusedError(RefusalCode.OPTION_CONFLICT, flag=flag, **values_shown)
    return replace(options, **values)


def _comparable(value: object) -> str:
    return str(value).strip().casefold()
