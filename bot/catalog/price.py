"""Price schedules: what a call costs, by the pixels of its pictures and by its references; in micro-units of one currency.

Gateways bill by what they made, which is known only afterwards: `most` is what a call can cost, `cost` what its answer says.
"""

from collections.abc import Sequence
from typing import Literal

from bot.money import Money
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class PriceStep:
    """The price of a picture of up to `up_to_pixels` (None: of any size).

    `reserve_up_to_pixels`: sources differ on where the step ends, so a larger picture is quoted at the next one.
    """

    micros: int
    up_to_pixels: int | None = None
    reserve_up_to_pixels: int | None = None


@dataclass(frozen=True, kw_only=True)
class PriceSchedule:
    """The prices of one model at one gateway. Steps are sorted by pixels, and the last one has no end."""

    currency: str
    picture: tuple[PriceStep, ...]
    explicit_size: Literal["by_pixels", "last_step"] = "by_pixels"
    """How a picture is billed whose size was asked for in pixels."""
    reference: int = 0
    free_references: int = 0
    layer: tuple[PriceStep, ...] = ()
    """The price of each picture of a decomposition, the base included; empty: as a picture."""
    layer_input: int = 0
    """The price of the picture that is decomposed."""

    @property
    def picture_prices(self) -> tuple[Money, ...]:
        """The price of one picture at each step, the cheapest first."""
        return tuple(map(self._money, sorted({step.micros for step in self.picture})))

    def most(self, *, pictures: int, pixels: int | None, explicit: bool, references: int) -> Money:
        """The most that one call for so many pictures can cost. `pixels` of each of them; None: the gateway chooses."""
        step = self._step(self.picture, pixels, explicit=explicit, reserve=True)
        return self._money(pictures * step + self._references(references))

    def most_layers(self, *, pictures: int, pixels: int | None) -> Money:
        """The most that a decomposition into at most so many pictures can cost."""
        step = self._step(self.layer or self.picture, pixels, explicit=False, reserve=True)
        return self._money(pictures * step + self.layer_input)

    def cost(self, *, pixels: Sequence[int | None], explicit: bool, references: int) -> Money:
        """What a call is billed for pictures of these sizes (None: unknown, the dearest step)."""
        pictures = sum(self._step(self.picture, size, explicit=explicit) for size in pixels)
        return self._money(pictures + (self._references(references) if pixels else 0))

    def cost_layers(self, *, pixels: Sequence[int | None]) -> Money:
        pictures = sum(self._step(self.layer or self.picture, size, explicit=False) for size in pixels)
        return self._money(pictures + (self.layer_input if pixels else 0))

    def _references(self, references: int) -> int:
        return self.reference * max(0, references - self.free_references)

    def _step(self, steps: Sequence[PriceStep], pixels: int | None, *, explicit: bool, reserve: bool = False) -> int:
        if pixels is None or (explicit and self.explicit_size == "last_step"):
            return max(step.micros for step in steps)
        for step in steps:
            end = step.reserve_up_to_pixels if reserve and step.reserve_up_to_pixels is not None else step.up_to_pixels
            if end is None or pixels <= end:
                return step.micros
        return steps[-1].micros

    def _money(self, micros: int) -> Money:
        return Money(micros=micros, currency=self.currency)


def flat_price(price: Money) -> PriceSchedule:
    """The same price for every picture; references are free."""
    return PriceSchedule(currency=price.currency, picture=(PriceStep(micros=price.micros),))
