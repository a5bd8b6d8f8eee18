"""Reads prices as an operator or a file of the catalog writes them: one amount, or a schedule with steps."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from bot.catalog.price import PriceSchedule, PriceStep, flat_price
from bot.catalog.tables import row_keys
from bot.config import keys
from bot.config.keys import Context, Fault, FaultsError, Key
from bot.config.tables import table, tables
from bot.money import Money
from bot.values import dataclass

PRICE = 'the price per image, like "0.04 USD", or a schedule with currency and picture = [{ price = "0.04" }]'
AMOUNT = 'an amount, like "0.020"'
ENDS = "an end, because only the last step has none"
LAST = "a last step without up_to_px, so that every picture has a price"
RISING = "steps from the smallest to the largest up_to_px"
_MOST_PIXELS = 10**9


@dataclass(frozen=True, kw_only=True)
class Priced:
    """`most_layers`: how many pictures a decomposition is charged for at most, if the price says so."""

    schedule: PriceSchedule
    most_layers: int | None = None


@dataclass(frozen=True, kw_only=True)
class StepTable:
    """One step as it is written. The last has no `up_to_px`."""

    price: Annotated[Money, row_keys.money(AMOUNT)]
    up_to_px: Annotated[int | None, keys.whole_number(1, _MOST_PIXELS)] = None
    """Width times height; without it: of any size."""
    reserve_up_to_px: Annotated[int | None, keys.whole_number(1, _MOST_PIXELS)] = None
    """Where the step ends for a reservation; without it: as up_to_px."""


@dataclass(frozen=True, kw_only=True)
class ScheduleTable:
    """A schedule as it is written."""

    currency: Annotated[str, row_keys.currency()]
    picture: Annotated[tuple[StepTable, ...], tables(StepTable, "a list of steps", name="picture")]
    """By the picture's own pixels, from the smallest; the last step has no end."""
    explicit_size: Annotated[Literal["by_pixels", "last_step"], keys.one_of("by_pixels", "last_step")] = "by_pixels"
    """How a picture is billed whose size was asked for in pixels: some resellers take the last step for it."""
    reference: Annotated[Money, row_keys.money(AMOUNT)] = Money(micros=0, currency="")
    """Of each reference, in every call; without it: free."""
    free_references: Annotated[int, keys.whole_number(0, 14)] = 0
    """References that cost nothing, of each call."""
    layer: Annotated[tuple[StepTable, ...], tables(StepTable, "a list of steps", name="layer")] = ()
    """Of each picture of a decomposition, the base included; without it: as a picture."""
    layer_input: Annotated[Money, row_keys.money(AMOUNT)] = Money(micros=0, currency="")
    """Of the picture that is taken apart; without it: free."""
    most_layers: Annotated[int | None, keys.whole_number(1, 100)] = None
    """How many pictures of a decomposition are reserved at most, if the model's row has any; without it: as many as there."""


_SCHEDULE = table(ScheduleTable, PRICE)


def price_key() -> Key:
    return Key(read=read_price, allowed=PRICE, scalar=False)


def read_price(value: Any, context: Context) -> Priced:  # noqa: ANN401  # a TOML value
    """Raises FaultsError."""
    if isinstance(value, Mapping) and "amount" not in value:
        return _schedule(_SCHEDULE.read(dict(value), context))
    return Priced(schedule=flat_price(keys.read_money(value, context)))


def _schedule(written: ScheduleTable) -> Priced:
    faults = [
        *_step_faults("picture", written.picture),
        *(_step_faults("layer", written.layer) if written.layer else ()),
        *_currency_faults(written),
    ]
    if faults:
        raise FaultsError(*faults)
    schedule = PriceSchedule(
        currency=written.currency,
        picture=_steps(written.picture),
        explicit_size=written.explicit_size,
        reference=written.reference.micros,
        free_references=written.free_references,
        layer=_steps(written.layer),
        layer_input=written.layer_input.micros,
    )
    return Priced(schedule=schedule, most_layers=written.most_layers)


def _steps(written: Sequence[StepTable]) -> tuple[PriceStep, ...]:
    return tuple(
        PriceStep(micros=step.price.micros, up_to_pixels=step.up_to_px, reserve_up_to_pixels=step.reserve_up_to_px)
        for step in written
    )


def _step_faults(name: str, steps: Sequence[StepTable]) -> list[Fault]:
    """Where a picture would have no price, or two."""
    if not steps:
        return [Fault(found=[], allowed=LAST, location=(name,))]
    faults = []
    before = 0
    for number, step in enumerate(steps):
        end, reserved, last = step.up_to_px, step.reserve_up_to_px, number == len(steps) - 1
        if end is None and not last:
            faults.append(Fault(kind="missing", allowed=ENDS, location=(name, number, "up_to_px")))
        if end is not None and last:
            faults.append(Fault(found=end, allowed=LAST, location=(name, number, "up_to_px")))
        if end is not None and end <= before:
            faults.append(Fault(found=end, allowed=RISING, location=(name, number, "up_to_px")))
        if reserved is not None and (end is None or not before < reserved <= end):
            allowed = "a number between the step before and this step's up_to_px"
            faults.append(Fault(found=reserved, allowed=allowed, location=(name, number, "reserve_up_to_px")))
        before = end or before
    return faults


def _currency_faults(written: ScheduleTable) -> list[Fault]:
    amounts: list[tuple[tuple[str | int, ...], Money]] = [
        *(
            ((name, number, "price"), step.price)
            for name in ("picture", "layer")
            for number, step in enumerate(getattr(written, name))
        ),
        (("reference",), written.reference),
        (("layer_input",), written.layer_input),
    ]
    return [
        Fault(found=str(amount), allowed=f"{written.currency}, the schedule's currency", location=location)
        for location, amount in amounts
        if amount.currency not in ("", written.currency)
    ]
