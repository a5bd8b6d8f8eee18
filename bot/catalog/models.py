"""The rows of Seedream models: what a model can do wherever it is sold."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Protocol

from bot.catalog.retirement import Retirable, Retirement, Source, is_over
from bot.catalog.tables import row_keys
from bot.config import keys
from bot.config.nearest import nearest
from bot.ids import ModelName
from bot.values import dataclass

LONGEST_SPELLING = 100
"""Normalising takes quadratic time where a letter has very many accents."""
MOST_PIXELS = 10**9
Background = Literal["transparent", "opaque"]


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """The limits of a model, which a gateway may tighten. Pixels are width times height.

    The annotated fields are the keys of a `[model."NAME"]` table. The defaults are the safest: they hold for a model of which
    nothing is known.
    """

    name: str
    spellings: Annotated[tuple[str, ...], row_keys.texts("a list of names that members may type")] = ()
    """More names that members may type, in lower case, with or without `seedream-`."""
    spellings_until_retired: Annotated[tuple[str, ...], row_keys.texts("a list of names that members may type")] = ()
    """Names that mean this model only while the gateway has not withdrawn it."""
    tiers: Annotated[tuple[str, ...], row_keys.tiers()] = ("1K", "2K")
    """Sizes that can be asked for by name."""
    sizes: Annotated[str | None, keys.text("the name of a [sizes] table")] = None
    """The table of recommended pixels; None: they are computed."""
    default_size: Annotated[str, row_keys.size()] = "2K"
    """What is sent if nothing is said of the size."""
    pixel_sizes: Annotated[bool, keys.switch()] = True
    """Whether a size can be sent in pixels."""
    least_pixels: Annotated[int, keys.whole_number(1, MOST_PIXELS)] = 921_600
    """Width times height."""
    most_pixels: Annotated[int, keys.whole_number(1, MOST_PIXELS)] = 4_194_304
    most_aspect: Annotated[int, keys.whole_number(1, 100)] = 16
    """The longer side divided by the shorter one."""
    least_references: Annotated[int, keys.whole_number(0, 14)] = 0
    most_references: Annotated[int, keys.whole_number(0, 14)] = 10
    most_images: Annotated[int, keys.whole_number(1, 15)] = 15
    most_references_and_images: Annotated[int, keys.whole_number(1, 29)] = 29
    """References and generated pictures together."""
    default_format: Annotated[Literal["jpeg", "png"], keys.one_of("jpeg", "png")] = "jpeg"
    """The output format if the request names none."""
    formats: Annotated[tuple[str, ...], row_keys.ordered("jpeg", "png")] = ()
    """Formats that a request can choose; empty if it cannot choose."""
    search: Annotated[bool, keys.switch()] = False
    prompt_modes: Annotated[tuple[str, ...], row_keys.ordered("standard", "fast")] = ()
    stream: Annotated[bool, keys.switch()] = False
    one_picture: Annotated[bool, keys.switch()] = True
    """A paid call makes one picture: a set is that many calls, and the fields of sets are never sent."""
    backgrounds: Annotated[tuple[str, ...], row_keys.ordered("transparent", "opaque")] = ()
    """What a request can ask of the background; empty if it cannot."""
    transparent: Annotated[Literal["drawn", "kept"] | None, keys.one_of("drawn", "kept")] = None
    """How a transparent background comes about: drawn from the prompt, or kept from the one reference that has it."""
    most_layers: Annotated[int, keys.whole_number(0, 100)] = 0
    """How many pictures a picture is taken apart into at most, its base included; 0: not at all."""
    regions: Annotated[bool, keys.switch()] = False
    """Whether the prompt can point at places of a reference, with tags."""
    seed: Annotated[
        tuple[int, int] | None, row_keys.span(int, "the least and the largest seed, like [-1, 2147483647], or false")
    ] = None
    """The least and the largest; None: it has no seed."""
    guidance: Annotated[tuple[float, float] | None, row_keys.span(float, "the least and the largest, like [1, 10], or false")] = (
        None
    )
    """The least and the largest; None: it cannot be set."""
    retired: Annotated[float | None, row_keys.instant()] = None
    """When it stops being sold; None: no date is known."""
    retired_source: Annotated[Source, keys.one_of("announced", "reported")] = "announced"
    """Whether the provider itself says so."""
    instead: Annotated[str | None, keys.model()] = None
    """The model to offer in its place."""
    remap: Annotated[bool, keys.switch()] = False
    """Whether `instead` is used in its place without being asked for."""

    @property
    def retirement(self) -> Retirement | None:
        if self.retired is None:
            return None
        instead = None if self.instead is None else ModelName(self.instead)
        return Retirement(at=self.retired, source=self.retired_source, instead=instead, remap=self.remap)

    @property
    def all_spellings(self) -> tuple[str, ...]:
        """Beside those that end with its retirement."""
        own = spelled(self.name)
        return tuple(dict.fromkeys((own, own.replace(".", "-"), *self.spellings)))


class Named(Retirable, Protocol):
    """A model with the names that mean it."""

    @property
    def all_spellings(self) -> tuple[str, ...]: ...


_NUMBER = re.compile(r"(\d)(?:[.-](\d))?(?![0-9])")
_FAMILY = re.compile(r"^(?:doubao-|dola-|bytedance-)?(?:seedream-?)?v?(?=.)")


def near_models(text: str, offered: Mapping[str, Named], *, now: float | None = None) -> list[str]:
    """The offered models that a text may have meant, the likeliest first: a version close by, or a slip of typing.

    With `now`, none that is said to be withdrawn.
    """
    version = spelled(text)
    if now is not None:
        offered = {name: model for name, model in offered.items() if not is_over(model, now)}
    numbered = _NUMBER.match(version)
    if numbered is not None:
        asked = Decimal(f"{numbered[1]}.{numbered[2] or 0}")
        distances = {
            name: abs(Decimal(f"{found[1]}.{found[2] or 0}") - asked) for name in offered if (found := _NUMBER.match(name))
        }
        return sorted((name for name, distance in distances.items() if distance <= 1), key=lambda name: distances[name])
    named = {spelling: name for name, model in offered.items() for spelling in model.all_spellings}
    near = nearest(version, named)
    return [] if near is None else [named[near]]


def spelled(text: str) -> str:
    """What a member has typed, without the name of the family; case, spaces and underscores do not matter."""
    if len(text) > LONGEST_SPELLING:
        return ""
    normalised = re.sub(r"[\s_]+", "-", unicodedata.normalize("NFKC", text).strip().lower())
    return _FAMILY.sub("", normalised)
