"""Words for an image that was taken apart: which layers there are, and what could not be shown of them; pure."""

import unicodedata
from collections.abc import Sequence

from bot.chat.text import ELLIPSIS, shorten
from bot.jobs.events import Accepted, Collected, PictureArrived, RunningEvent, Submitted
from bot.values import dataclass
from bot.wording.words import Words

LONGEST_NAME = 30
MOST_NAMED = 8
"""Layers that a receipt names; the names of all are those of the files."""
MOST_NUMBERS = 20
Named = tuple[int, str]
"""The number of a layer, by which members choose it, and its name."""


@dataclass(frozen=True, kw_only=True)
class LayersShown:
    """The layers, the rearmost first, and how one message shows them; all numbers are those that members type.

    `composed`: there is a preview; without the layers in `left_out`. `too_large` could not be put into a zip. `zips`: how many.
    """

    names: tuple[Named, ...]
    composed: bool
    left_out: tuple[int, ...] = ()
    too_large: tuple[int, ...] = ()
    zips: int = 1


def layers_progress(event: RunningEvent, words: Words) -> str | None:
    """Where layers are called otherwise than images; None for any other words."""
    match event:
        case Accepted(model=model, place=place):
            queued = words.say("progress-layers-queued", model=f"Seedream {model}")
            return queued if place is None else f"{queued} {words.say('progress-place', place=place)}"
        case Submitted(model=model):
            return words.say("progress-layers", model=f"Seedream {model}")
        case PictureArrived(arrived=arrived):
            return words.say("progress-layers-arrived", arrived=arrived)
        case Collected():
            return words.say("progress-layers-collected")
        case _:
            return None


def layer_notes(shown: LayersShown, words: Words, *, first: bool) -> list[str]:
    """`first`: of the message with the preview, which names the layers."""
    notes = []
    if first:
        named = shown.names[:MOST_NAMED]
        notes.append(words.say("layers-names", names=_listed(named), more=len(shown.names) - len(named)))
        if not shown.composed:
            notes.append(words.say("layers-preview-none"))
        elif shown.left_out:
            notes.append(words.say("layers-preview-partial", **_numbers(shown.left_out)))
    if shown.too_large:
        notes.append(words.say("layers-too-large", **_numbers(shown.too_large)))
    if shown.zips > 1:
        notes.append(words.say("layers-parts", parts=shown.zips))
    return notes


def preview_alt(names: Sequence[Named], words: Words, *, length: int) -> str:
    return shorten(words.say("layers-preview-alt", layers=len(names), names=_listed(names)), length)


def base_alt(names: Sequence[Named], words: Words, *, length: int) -> str:
    """Of the base that is shown because there is no preview."""
    return shorten(words.say("layers-base-alt", layers=len(names)), length)


def zip_alt(names: Sequence[Named], words: Words, *, length: int) -> str:
    return shorten(words.say("layers-zip-alt", layers=len(names), names=_listed(names)), length)


def _clean(name: str) -> str:
    """A model's word for a layer, without what would change the text around it."""
    readable = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in name)
    return shorten(" ".join(readable.split()), LONGEST_NAME)


def layer_name(name: str, words: Words, *, base: bool) -> str:
    """A model's word for a layer as people read it; ours where there is none."""
    if named := _clean(name):
        return named
    return words.say("layers-unnamed-base") if base else words.say("layers-unnamed")


def _listed(names: Sequence[Named]) -> str:
    return ", ".join(f"{number} {name}" for number, name in names)


def _numbers(numbers: Sequence[int]) -> dict[str, str | int]:
    more = (ELLIPSIS,) if len(numbers) > MOST_NUMBERS else ()
    return {"numbers": ", ".join([*map(str, numbers[:MOST_NUMBERS]), *more]), "count": len(numbers)}
