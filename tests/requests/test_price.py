"""What a call can cost, and what it is billed, by a price schedule."""

import pytest

from bot.catalog.price import PriceSchedule, PriceStep, flat_price
from bot.money import parse_money

BY_PIXELS = PriceSchedule(
    currency="USD",
    picture=(PriceStep(micros=20_000, up_to_pixels=2_601_123, reserve_up_to_pixels=2_359_296), PriceStep(micros=35_000)),
    reference=8_000,
)
SECOND_REFERENCE = PriceSchedule(currency="USD", picture=(PriceStep(micros=90_000),), reference=3_000, free_references=1)
LAYERED = PriceSchedule(
    currency="USD",
    picture=(PriceStep(micros=45_000, up_to_pixels=2_601_123), PriceStep(micros=90_000)),
    layer=(PriceStep(micros=22_500, up_to_pixels=2_601_123), PriceStep(micros=45_000)),
    layer_input=1_000,
)
RESELLER = PriceSchedule(currency="USD", picture=BY_PIXELS.picture, explicit_size="last_step")


@pytest.mark.parametrize(
    ("schedule", "pictures", "pixels", "explicit", "references", "most"),
    [
        (BY_PIXELS, 1, 1024 * 1024, False, 0, "0.02"),
        (BY_PIXELS, 1, 1536 * 1536, False, 0, "0.02"),
        (BY_PIXELS, 1, 2352 * 1008, True, 0, "0.035"),
        (BY_PIXELS, 1, 2048 * 2048, False, 3, "0.059"),
        (BY_PIXELS, 2, 1024 * 1024, False, 1, "0.048"),
        (BY_PIXELS, 1, None, False, 0, "0.035"),
        (SECOND_REFERENCE, 1, 1, False, 0, "0.09"),
        (SECOND_REFERENCE, 1, 1, False, 1, "0.09"),
        (SECOND_REFERENCE, 1, 1, False, 3, "0.096"),
        (RESELLER, 1, 1024 * 1024, False, 0, "0.02"),
        (RESELLER, 1, 1024 * 1024, True, 0, "0.035"),
        (flat_price(parse_money("0.04 USD")), 15, None, False, 14, "0.60"),
    ],
)
def test_the_most_that_a_call_can_cost(
    schedule: PriceSchedule, pictures: int, pixels: int | None, most: str, *, explicit: bool, references: int
) -> None:
    quoted = schedule.most(pictures=pictures, pixels=pixels, explicit=explicit, references=references)
    assert str(quoted) == f"{most} USD"


@pytest.mark.parametrize(
    ("schedule", "pixels", "references", "cost"),
    [
        (BY_PIXELS, [2352 * 1008], 0, "0.02"),
        (BY_PIXELS, [2_601_123], 0, "0.02"),
        (BY_PIXELS, [2_601_124], 2, "0.051"),
        (BY_PIXELS, [None], 0, "0.035"),
        (BY_PIXELS, [], 5, "0.00"),
        (BY_PIXELS, [1024 * 1024, 2048 * 2048], 0, "0.055"),
    ],
)
def test_a_call_is_billed_by_the_true_sizes(
    schedule: PriceSchedule, pixels: list[int | None], references: int, cost: str
) -> None:
    """A quote reserves the higher step where sources differ; the bill goes by the size of the picture."""
    assert str(schedule.cost(pixels=pixels, explicit=False, references=references)) == f"{cost} USD"


def test_layers_have_prices_of_their_own() -> None:
    assert str(LAYERED.most_layers(pictures=17, pixels=None)) == "0.766 USD"
    assert str(LAYERED.cost_layers(pixels=[1024 * 1024, 2048 * 2048])) == "0.0685 USD"
    assert str(LAYERED.cost_layers(pixels=[])) == "0.00 USD"
    assert str(BY_PIXELS.cost_layers(pixels=[1024 * 1024])) == "0.02 USD"
