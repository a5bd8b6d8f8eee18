"""What members type → a command; pure. Only whether numbers are numbers is judged here: values are the catalog's."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from bot.commands.command import Generate, Options, ReferenceSource, StoredPicture
from bot.errors import VARIANT, RefusalCode, RefusedError
from bot.ids import parse_job_id

NOTHING_SAID = Options()
MOST_CHARACTERS = 20_000
"""No gateway reads more; a platform may let a member paste twice that."""
YES_OR_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

Value = str | int | float | bool | StoredPicture


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag. `option` is its field in Options (none for `--ref`), `usage` how it is written, without words.

    `sets` is what a flag without a value stands for; `example` is a value that always fits, where there is one.
    """

    name: str
    option: str | None
    kind: Literal["text", "whole", "number", "switch", "picture"]
    usage: str
    aliases: tuple[str, ...] = ()
    sets: bool = True
    example: str | None = None


_FLAGS = (
    Flag(name="count", option="count", kind="whole", usage="--count N", aliases=("n",), example="1"),
    Flag(name="size", option="size", kind="text", usage="--size 1K|2K|3K|4K|WxH", example="2K"),
    Flag(name="ratio", option="ratio", kind="text", usage="--ratio W:H", aliases=("ar",), example="1:1"),
    Flag(name="model", option="model", kind="text", usage="--model M"),
    Flag(name="format", option="format", kind="text", usage="--format jpeg|png", example="jpeg"),
    Flag(name="watermark", option="watermark", kind="switch", usage="--watermark"),
    Flag(name="no-watermark", option="watermark", kind="switch", usage="--no-watermark", sets=False),
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
FOREIGN = frozenset(
    {"separate", "negative-prompt", "negative", "no", "quality", "style", "mask", "background", "layers"},
)
"""Flags other tools have and no Seedream gateway does (`--separate`: ours, once there are groups of jobs)."""
MEANT: Mapping[str, str] = MappingProxyType(
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
"""What other tools call ours, where spelling alone would not tell."""

_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|「[^」]*」')
_PROTECTED = "\ufffc"
_DASHES = "-‐‑‒–—―−﹘﹣－⸺⸻〜〰゠־֊᠆"
_NAMES = "|".join(sorted((re.escape(name).replace(r"\-", "[-_]") for name in FLAGS), key=len, reverse=True))
_KNOWN = re.compile(
    # After a space any dash will do. In the middle of a text without spaces only two plain ones are meant.
    rf"(?:(?<!\S)[{re.escape(_DASHES)}]+|(?<![\s0-9A-Za-z-])--)(?P<name>{_NAMES})(?=[\s=＝]|$)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"(?<!\S)--(?P<name>[A-Za-z][A-Za-z0-9_-]*)\S*")
_PICTURE = re.compile(r"(?:SPOILER_)?(?P<job>\w{12})[#-](?P<number>[1-9]\d{0,3})(?:\.\w{2,5})?", re.ASCII)
_GROUP = re.compile(r"\{[^{}]*,[^{}]*\}")
_VALUE = re.compile(r"(?:\s*[=＝]\s*|\s+)(?P<value>\S+)")
_ATTACHED = re.compile(r"[=＝](?P<value>\S*)")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})")
_LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A flag in the text: its place, and what it says."""

    flag: Flag
    start: int
    end: int
    value: Value


def parse(
    text: str,
    *,
    verb: Literal["imagine", "edit"],
    options: Options = NOTHING_SAID,
    stored: tuple[StoredPicture, ...] = (),
    references: tuple[ReferenceSource, ...] = (),
) -> Generate:
    """The command in a text, together with what was said in typed options. Raises RefusedError and nothing else.

    `stored` and the text's `--ref` come before `references`, in that order.
    """
    if len(text) > MOST_CHARACTERS:
        raise RefusedError(RefusalCode.PROMPT_TOO_LONG, value=len(text), limit=MOST_CHARACTERS)
    clean = _readable(text)
    masked = _QUOTED.sub(lambda quoted: _PROTECTED * len(quoted[0]), clean)
    found = tuple(_flags_in(clean, masked))
    _refuse_what_is_unknown(clean, _without(masked, found, _PROTECTED))
    named = tuple(item.value for item in found if isinstance(item.value, StoredPicture))
    return Generate(
        verb=verb,
        prompt=_prompt(clean, found),
        options=_merged(options, found),
        references=(*stored, *(picture for picture in named if picture not in stored), *references),
    )


def read_picture(text: str) -> StoredPicture | None:
    """`ID#3`, or the name of a file we posted: picture 3 of a job; None for anything else."""
    named = _PICTURE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    parsed = parse_job_id(named["job"]) if named is not None else None
    if named is None or parsed is None:
        return None
    return StoredPicture(job=parsed, number=int(named["number"]))


def _readable(text: str) -> str:
    """Halves of surrogate pairs joined or replaced, control characters out: what every later step can write down."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(_written(letter) for letter in whole)


def _written(letter: str) -> str:
    if letter in "\t\n\r" or unicodedata.category(letter) != "Cc":
        return letter
    return " " if letter.isspace() else ""


def _flags_in(clean: str, masked: str) -> Iterable[_Found]:
    position = 0
    while (match := _KNOWN.search(masked, position)) is not None:
        flag = FLAGS[match["name"].lower().replace("_", "-")]
        read = _switch if flag.kind == "switch" else _valued
        found = read(flag, match, clean, masked)
        yield found
        position = found.end


def _switch(flag: Flag, match: re.Match[str], clean: str, masked: str) -> _Found:
    """A yes or a no directly behind a switch belongs to it: `--watermark false` must not turn it on."""
    attached = _ATTACHED.match(masked, match.end())
    behind = attached or _VALUE.match(masked, match.end())
    answer = YES_OR_NO.get(behind["value"].lower()) if behind is not None else None
    if behind is not None and answer is not None:
        return _Found(flag=flag, start=match.start(), end=behind.end(), value=flag.sets is answer)
    if attached is not None:
        raise _bad_value(flag, clean[slice(*attached.span("value"))], nearest=flag.usage)
    return _Found(flag=flag, start=match.start(), end=match.end(), value=flag.sets)


def _valued(flag: Flag, match: re.Match[str], clean: str, masked: str) -> _Found:
    said = _VALUE.match(masked, match.end())
    if said is None or any(pattern.match(masked, said.start("value")) for pattern in (_KNOWN, _UNKNOWN)):
        raise _bad_value(flag, "", variant="missing")
    word = _unquoted(clean[slice(*said.span("value"))])
    return _Found(flag=flag, start=match.start(), end=said.end(), value=_read(flag, word))


def _unquoted(word: str) -> str:
    return word[1:-1].strip() if len(word) > 1 and _QUOTED.fullmatch(word) else word


def _read(flag: Flag, word: str) -> Value:
    plain = unicodedata.normalize("NFKC", word)
    match flag.kind:
        case "text" if plain:
            return plain
        case "whole" if _WHOLE.fullmatch(plain):
            return int(plain)
        case "number" if _NUMBER.fullmatch(plain):
            return float(plain)
        case "picture" if (picture := read_picture(plain)) is not None:
            return picture
    raise _bad_value(flag, word)


def _bad_value(flag: Flag, word: str, *, nearest: str | None = None, variant: str | None = None) -> RefusedError:
    if nearest is None and flag.example is not None:
        nearest = f"--{flag.name} {flag.example}"
    return RefusedError(
        RefusalCode.BAD_VALUE,
        nearest=nearest,
        flag=f"--{flag.name}",
        value=_shown(word),
        allowed=flag.usage,
        **({} if variant is None else {VARIANT: variant}),
    )


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _refuse_what_is_unknown(clean: str, masked: str) -> None:
    unknown = _UNKNOWN.search(masked)
    if unknown is not None:
        name = unknown["name"].lower().replace("_", "-")
        typed = _shown(clean[slice(*unknown.span())].partition("=")[0])
        if name in FOREIGN:
            raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, flag=typed)
        raise RefusedError(RefusalCode.UNKNOWN_FLAG, nearest=_meant(name), value=typed)
    group = _GROUP.search(masked)
    if group is not None:
        typed = _shown(clean[slice(*group.span())])
        raise RefusedError(RefusalCode.OPTION_NOT_SUPPORTED, flag=typed, **{VARIANT: "group"})


def _meant(name: str) -> str:
    """The nearest flag there is, however far: the error always names one."""
    if name == "help":
        return "/help"
    (close,) = difflib.get_close_matches(name, [*FLAGS, *MEANT], n=1, cutoff=0)
    return f"--{MEANT.get(close, close)}"


def _without(text: str, found: tuple[_Found, ...], filler: str) -> str:
    """The same length, with the flags and their values blotted out."""
    letters = list(text)
    for item in found:
        letters[item.start : item.end] = filler * (item.end - item.start)
    return "".join(letters)


def _prompt(clean: str, found: tuple[_Found, ...]) -> str:
    """What is left when the flags are cut out; a single space closes each gap."""
    pieces, position = [], 0
    for item in found:
        pieces.append(clean[position : item.start])
        position = item.end
    pieces.append(clean[position:])
    stripped = [pieces[0].rstrip(), *(piece.strip() for piece in pieces[1:-1]), pieces[-1].lstrip()] if found else pieces
    return " ".join(piece for piece in stripped if piece).strip()


def _merged(options: Options, found: tuple[_Found, ...]) -> Options:
    """The typed options with the flags: two that differ are refused, two that agree are one."""
    said: dict[str, Any] = {}
    for item in found:
        name = item.flag.option
        if name is None:
            continue
        earlier = said.get(name, getattr(options, name))
        if earlier is None:
            said[name] = item.value
        elif _spelled(earlier) != _spelled(item.value):
            flag = f"--{name.replace('_', '-')}"
            raise RefusedError(RefusalCode.OPTION_CONFLICT, flag=flag, value=_spelled(earlier), other=_spelled(item.value))
    return replace(options, **said)


def _spelled(value: object) -> str:
    return _shown(str(value).strip().casefold())
