"""The price of a request."""

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
    """At the schedule's prices, every reference counted in every call."""
    calls = tuple(
        schedule.most(
            pictures=wanted, pixels=request.pixels, explicit=request.is_size_explicit, references=len(request.references)
        )
        for wanted in request.calls
    )
    return Quote(schedule=schedule, calls=calls, images=request.count)
