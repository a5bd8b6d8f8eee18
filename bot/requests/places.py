"""Places of reference pictures that a prompt points at: in percent from members, as tags for the models that read them; pure.

The tags are those of BytePlus ModelArk's editing guide: whole numbers from 0 to 999, from the upper left corner.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from bot.catalog.rule_violation import OptionChange, RuleViolationError
from bot.commands.command import Options
from bot.commands.syntax.flags import OF_OPTIONS, POINT, REGION
from bot.commands.syntax.values import shorten
from bot.errors import VARIANT, RefusalCode
from bot.values import dataclass

MOST_PLACES = 20
"""As many as two for each reference that a model takes."""
LARGEST = 999
_WHOLE = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A rectangle (left, top, right, bottom) or a point (left, top), in percent. `number`: the member's of the reference, if said."""

    kind: Literal["region", "point"]
    number: int | None
    percent: tuple[Decimal, ...]

    @property
    def written(self) -> str:
        """As a member types it."""
        corners = ",".join(f"{number.normalize():f}" for number in self.percent)
        return corners if self.number is None else f"{self.number}:{corners}"


def read_places(options: Options) -> tuple[Place, ...]:
    """The places of a request, regions first. Raises RuleViolationError for one that is not inside of a picture."""
    found = [
        *(_place("region", text) for text in (options.region or "").split()),
        *(_place("point", text) for text in (options.point or "").split()),
    ]
    if len(found) > MOST_PLACES:
        raise _bad(found[MOST_PLACES].kind, found[MOST_PLACES].written, variant="many")
    return tuple(found)


def _place(kind: Literal["region", "point"], text: str) -> Place:
    if not (REGION if kind == "region" else POINT).fullmatch(text):
        raise _bad(kind, text)
    number, colon, corners = text.rpartition(":")
    percent = tuple(map(Decimal, corners.split(",")))
    place = Place(kind=kind, number=int(number) if colon else None, percent=percent)
    inside = Place(kind=kind, number=place.number, percent=_inside(percent))
    if inside != place:
        usable = kind == "point" or (inside.percent[0] < inside.percent[2] and inside.percent[1] < inside.percent[3])
        raise _bad(kind, text, *((inside,) if usable else ()), variant="outside")
    if kind == "region" and (percent[0] == percent[2] or percent[1] == percent[3]):
        raise _bad(kind, text, variant="flat")
    return place


def _inside(percent: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The nearest corners inside of the picture, the upper left one first."""
    cut = [min(max(number, Decimal(0)), _WHOLE) for number in percent]
    if len(cut) == 2:
        return tuple(cut)
    left, top, right, bottom = cut
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)


def _bad(kind: Literal["region", "point"], text: str, *instead: Place, variant: str | None = None) -> RuleViolationError:
    """`instead`: what may have been meant."""
    fixes: list[OptionChange] = [{"region": place.written} if kind == "region" else {"point": place.written} for place in instead]
    return RuleViolationError(
        RefusalCode.BAD_VALUE,
        *fixes,
        flag=f"--{kind}",
        value=shorten(text),
        allowed=OF_OPTIONS[kind].usage,
        **({} if variant is None else {VARIANT: variant}),
    )


def mark_places(prompt: str, places: Sequence[Place], *, references: int, numbers: Sequence[int]) -> str:
    """The prompt with the tags of its places behind it. `numbers`: the member's of the references; empty: 1, 2, 3 and so on.

    Raises RuleViolationError where it is not clear which reference a place is in.
    """
    tags = [_tag(place, references, numbers or range(1, references + 1)) for place in places]
    return " ".join(part for part in (prompt, ", ".join(tags)) if part)


def _tag(place: Place, references: int, numbers: Sequence[int]) -> str:
    if place.number is None and references > 1:
        first = Place(kind=place.kind, number=numbers[0], percent=place.percent)
        raise _bad(place.kind, place.written, first, variant="which")
    if place.number is not None and place.number not in numbers:
        raise _bad(place.kind, place.written, variant="no-image")
    corners = " ".join(str(min(round(number * 10), LARGEST)) for number in place.percent)
    name = "bbox" if place.kind == "region" else "point"
    position = 1 if place.number is None else numbers.index(place.number) + 1
    return f"<{name}>{corners}</{name}>" if references == 1 else f"Image {position} <{name}>{corners}</{name}>"
