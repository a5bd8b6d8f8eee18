"""What is booked for a call that is over; pure."""

from collections.abc import Sequence

from bot.jobs.call import Call
from bot.jobs.picture import PictureRow
from bot.money import Money
from bot.requests.quote import cost
from bot.requests.request import Request
from bot.wallet.ledger import Spend


def call_spend(request: Request, call: Call, rows: Sequence[PictureRow], *, doubtful: bool) -> Spend:
    """By what the gateway said: its cost, else its count of pictures and their true sizes; else by the pictures that it made.

    If its answer was incomplete (`doubtful`) and said neither, the most that was quoted, as an estimate. `rows`: its pictures.
    """
    made = [row for row in rows if row.was_made]
    if call.billed_by == "cost":
        return Spend(images=len(made) if call.billed is None else call.billed, cost=call.cost, billed_by="cost")
    if call.billed is not None:
        return Spend(images=call.billed, cost=_cost(request, call, made, call.billed), billed_by="counts")
    if doubtful:
        return Spend(images=call.wants, cost=call.quoted, billed_by="estimate")
    return Spend(images=len(made), cost=_cost(request, call, made, len(made)), billed_by="schedule")


def _cost(request: Request, call: Call, made: Sequence[PictureRow], billed: int) -> Money | None:
    """The price of so many pictures: the largest that arrived, and for the others the size that was quoted."""
    if call.schedule is None:
        return None
    known = sorted((row.width * row.height for row in made if row.width and row.height), reverse=True)[:billed]
    pixels = [*known, *[request.pixels] * (billed - len(known))]
    return cost(request, call.schedule, pixels=pixels, references=call.billed_references)


def total(spends: Sequence[Spend], nothing: Money | None) -> Spend:
    """Of all calls together; `nothing` is the amount of none. The cost is None if that of any is, or if currencies differ."""
    booked = [spend for spend in spends if not spend.is_nothing]
    costs = [spend.cost for spend in booked if spend.cost is not None]
    currencies = {cost.currency for cost in costs}
    known = len(costs) == len(booked) and len(currencies) <= 1
    summed = Money(micros=sum(cost.micros for cost in costs), currency=currencies.pop()) if known and costs else None
    who = {spend.billed_by for spend in booked}
    return Spend(
        images=sum(spend.images for spend in booked),
        cost=summed if booked else nothing,
        billed_by="estimate" if "estimate" in who else who.pop() if len(who) == 1 else "schedule",
    )
