"""The flags that members type, and the names that mean none; pure."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from bot.catalog.load import shipped
from bot.catalog.ratios import read_ratio
from bot.catalog.sizes import reads_as_size
from bot.commands.command import StoredPicture
from bot.config.nearest import nearest
from bot.ids import parse_job_id
from bot.values import dataclass

Value = str | int | float | bool | StoredPicture
FORMATS = frozenset({"jpeg", "jpg", "png", "webp"})
PROMPT_MODES = frozenset({"standard", "fast"})
WHOLE = re.compile(r"[+-]?\d{1,18}")
NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})")
BACKGROUNDS = frozenset({"transparent", "opaque"})
_COORDINATE = r"-?\d{1,6}(?:\.\d{1,4})?"
REGION = re.compile(rf"(?:\d{{1,2}}:)?{_COORDINATE}(?:,{_COORDINATE}){{3}}")
POINT = re.compile(rf"(?:\d{{1,2}}:)?{_COORDINATE},{_COORDINATE}")
_PICTURE = re.compile(r"(?:SPOILER_)?(?P<job>\w{12})[#-](?P<number>[1-9]\d{0,3})(?:\.\w{2,5})?", re.ASCII)


def picture_in(text: str) -> StoredPicture | None:
    """Picture 3 of a job, written as `ID#3` or as the name of a file that we posted; None for anything else."""
    found = _PICTURE.fullmatch(text)
    job = parse_job_id(found["job"]) if found is not None else None
    return None if found is None or job is None else StoredPicture(job=job, number=int(found["number"]))


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag. `option` is its field in Options (None for `--ref`), `usage` shows how it is written.

    `reads`: whether a word can only be a value of this flag, so that a single hyphen before the flag is meant as one.
    `switch_value` is the value that a switch sets; `hides`: it keeps a picture from being seen, so that it is never left to
    a guess. A `name` may consist of any letters; `pair`: two numbers with a sign between them may have spaces around it, and
    so may the commas of a `place`. `repeatable`: every value counts. `prose`: the name is an ordinary word, so that a long dash
    before it makes a flag of it no more than a single hyphen does.
    """

    name: str
    option: str | None
    kind: Literal["text", "name", "whole", "number", "switch", "picture", "place"]
    usage: str
    aliases: tuple[str, ...] = ()
    switch_value: bool = True
    hides: bool = False
    pair: bool = False
    repeatable: bool = False
    prose: bool = False
    reads: Callable[[str], bool] = lambda _: False


_FLAGS = (
    Flag(
        name="count",
        option="count",
        kind="whole",
        usage="--count N",
        aliases=("n",),
        reads=lambda word: WHOLE.fullmatch(word) is not None,
    ),
    Flag(name="size", option="size", kind="text", usage="--size 2K|4K|WxH", pair=True, reads=reads_as_size),
    Flag(
        name="ratio",
        option="ratio",
        kind="text",
        usage="--ratio W:H",
        aliases=("ar",),
        pair=True,
        reads=lambda word: read_ratio(word) is not None,
    ),
    Flag(name="model", option="model", kind="text", usage="--model M", reads=lambda word: shipped().is_model(word)),
    Flag(name="format", option="format", kind="text", usage="--format jpeg|png", reads=lambda word: word.lower() in FORMATS),
    Flag(name="watermark", option="watermark", kind="switch", usage="--watermark"),
    Flag(name="no-watermark", option="watermark", kind="switch", usage="--no-watermark", switch_value=False),
    Flag(name="search", option="search", kind="switch", usage="--search"),
    Flag(
        name="prompt-mode",
        option="prompt_mode",
        kind="text",
        usage="--prompt-mode standard|fast",
        reads=lambda word: word.lower() in PROMPT_MODES,
    ),
    Flag(name="gateway", option="gateway", kind="name", usage="--gateway NAME"),
    Flag(name="ref", option=None, kind="picture", usage="--ref ID#3", reads=lambda word: picture_in(word) is not None),
    Flag(name="private", option="private", kind="switch", usage="--private", hides=True),
    Flag(name="spoiler", option="spoiler", kind="switch", usage="--spoiler", hides=True),
    Flag(name="no-spoiler", option="spoiler", kind="switch", usage="--no-spoiler", switch_value=False),
    Flag(name="seed", option="seed", kind="whole", usage="--seed N", reads=lambda word: WHOLE.fullmatch(word) is not None),
    Flag(
        name="guidance",
        option="guidance",
        kind="number",
        usage="--guidance X",
        reads=lambda word: NUMBER.fullmatch(word) is not None,
    ),
    Flag(
        name="background",
        option="background",
        kind="text",
        usage="--background transparent|opaque",
        prose=True,
        reads=lambda word: word.lower() in BACKGROUNDS,
    ),
    Flag(name="layers", option="layers", kind="switch", usage="--layers", prose=True),
    Flag(
        name="region",
        option="region",
        kind="place",
        usage="--region x1,y1,x2,y2",
        repeatable=True,
        prose=True,
        reads=lambda word: REGION.fullmatch(word) is not None,
    ),
    Flag(
        name="point",
        option="point",
        kind="place",
        usage="--point x,y",
        repeatable=True,
        prose=True,
        reads=lambda word: POINT.fullmatch(word) is not None,
    ),
    Flag(name="separate", option="separate", kind="switch", usage="--separate", prose=True),
    Flag(name="no-separate", option="separate", kind="switch", usage="--no-separate", switch_value=False),
)
FLAGS: Mapping[str, Flag] = MappingProxyType({name: flag for flag in _FLAGS for name in (flag.name, *flag.aliases)})
OF_OPTIONS: Mapping[str, Flag] = MappingProxyType({flag.option: flag for flag in reversed(_FLAGS) if flag.option is not None})
"""The flag of each option."""
UNSUPPORTED_FLAGS = frozenset({"negative-prompt", "negative", "no", "quality", "mask"})
"""Flags that other tools have and no Seedream gateway supports."""
PLANNED_FLAGS = frozenset({"repeat", "style", "thread"})
"""Flags that this bot does not have yet."""
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "aspect": "ratio",
        "aspect-ratio": "ratio",
        "shape": "ratio",
        "images": "count",
        "number": "count",
        "num": "count",
        "amount": "count",
        "resolution": "size",
        "res": "size",
        "width": "size",
        "height": "size",
        "version": "model",
        "mode": "prompt-mode",
        "cfg": "guidance",
        "cfg-scale": "guidance",
        "image": "ref",
        "reference": "ref",
        "nologo": "no-watermark",
        "web": "search",
        "web-search": "search",
        "bg": "background",
        "box": "region",
        "bbox": "region",
        "decompose": "layers",
        "hidden": "private",
        "ephemeral": "private",
    },
)
"""Names that other tools use for our flags, where the spelling alone would not find them."""
_OTHER_WORDS = frozenset({"prompt", "speed"})
"""Flags of other tools that resemble one of ours and mean something else."""
_GLUED = re.compile(rf"({'|'.join(sorted(FLAGS, key=len, reverse=True))})(\d.*)")


def suggestion(name: str) -> str | None:
    """What a member who typed the unknown flag `--name` should type instead; None if no flag is near."""
    if name == "help":
        return "/help"
    if glued := _GLUED.fullmatch(name):
        return f"--{glued[1]} {glued[2]}"
    found = None if name in _OTHER_WORDS else nearest(name, [*FLAGS, *SYNONYMS])
    return None if found is None else f"--{SYNONYMS.get(found, found)}"
