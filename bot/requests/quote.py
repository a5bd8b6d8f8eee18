"""The price of a request: the most that it can cost before it is made, and what its answers cost."""

from collections.abc import Sequence

from bot.catalog.price import PriceSchedule
from bot.money import Money
from bot.requests.request import Request
from bot.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The most that a request can cost: `calls` has one amount for each of its paid calls, which make `images` pictures."""

    schedule: PriceSchedule
    calls: tuple[Money, ...]
    images: int

    @property
    def most(self) -> Money:
        return Money(micros=sum(call.micros for call in self.calls), currency=self.schedule.currency)


def quote(request: Request, schedule: PriceSchedule) -> Quote:
    """At the schedule's prices, every reference counted in every call; layers at the most that there can be."""
    if request.layers:
        calls = tuple(schedule.most_layers(pictures=wanted, pixels=request.pixels) for wanted in request.calls)
    else:
        calls = tuple(
            schedule.most(
                pictures=wanted, pixels=request.pixels, explicit=request.is_size_explicit, references=len(request.references)
            )
            for wanted in request.calls
        )
    return Quote(schedule=schedule, calls=calls, images=request.count)


def cost(request: Request, schedule: PriceSchedule, *, pixels: Sequence[int | None], references: int | None = None) -> Money:
    """What one call of the request costs that made pictures of these sizes (None: unknown).

    `references`: how many the gateway says it billed; None: all that were sent.
    """
    if request.layers:
        return schedule.cost_layers(pixels=pixels)
    billed = len(request.references) if references is None else references
    return schedule.cost(pixels=pixels, explicit=request.is_size_explicit, references=billed)
