"""What is booked for a call: by what its gateway said, else by the prices of the quote."""

from dataclasses import replace

import pytest

from bot.catalog.price import PriceSchedule, PriceStep
from bot.catalog.sizes import Pixels
from bot.errors import UpstreamKind
from bot.ids import JobId
from bot.jobs.billing import call_spend, total
from bot.jobs.call import Call, plan_calls
from bot.jobs.picture import PictureRow
from bot.money import Money, parse_money
from bot.requests.quote import quote
from bot.requests.references import Reference
from bot.wallet.ledger import BilledBy, Spend
from tests.fakes.jobs import request

JOB = JobId("j0")
SEEN = Reference(form="url", value="https://pictures.example/fox.png")
SCHEDULE = PriceSchedule(
    currency="USD",
    picture=(PriceStep(micros=20_000, up_to_pixels=2_601_123, reserve_up_to_pixels=2_359_296), PriceStep(micros=35_000)),
    reference=8_000,
    free_references=1,
)
WANTED = replace(request(count=3, references=(SEEN, SEEN, SEEN)), size=Pixels(width=1600, height=1600))
SMALL = PictureRow(index=0, state="stored", width=1600, height=1600)
LARGE = PictureRow(index=1, state="stored", width=2048, height=2048)
LOST = PictureRow(index=2, state="missing", error=UpstreamKind.DOWNLOAD)
WITHHELD = PictureRow(index=2, state="missing", error=UpstreamKind.POLICY_OUTPUT)


def planned(**said: object) -> Call:
    (call,) = plan_calls(JOB, WANTED, quote(WANTED, SCHEDULE), now=0.0)
    return replace(call, **said)  # type: ignore[arg-type]  # fields of a call


COST = parse_money("0.0777 USD")
REFERENCES = 2 * 8_000


@pytest.mark.parametrize(
    ("call", "rows", "doubtful", "images", "micros", "by"),
    [
        (planned(billed=2, cost=COST, billed_by="cost"), (SMALL, LARGE), False, 2, 77_700, "cost"),
        (planned(cost=COST, billed_by="cost"), (SMALL, LARGE, LOST), True, 3, 77_700, "cost"),
        (planned(billed=2, billed_by="counts"), (SMALL, LARGE), False, 2, 55_000 + REFERENCES, "counts"),
        (planned(billed=1, billed_by="counts"), (SMALL, LARGE), False, 1, 35_000 + REFERENCES, "counts"),
        (planned(billed=3, billed_by="counts"), (SMALL, LARGE), True, 3, 75_000 + REFERENCES, "counts"),
        (planned(billed=0, billed_by="counts"), (), True, 0, 0, "counts"),
        (planned(), (SMALL, LOST), False, 2, 40_000 + REFERENCES, "schedule"),
        (planned(), (SMALL, WITHHELD), False, 1, 20_000 + REFERENCES, "schedule"),
        (planned(), (WITHHELD,), False, 0, 0, "schedule"),
        (planned(), (SMALL,), True, 3, 105_000 + REFERENCES, "estimate"),
    ],
)
def test_what_is_booked(call: Call, rows: tuple[PictureRow, ...], doubtful: bool, images: int, micros: int, by: BilledBy) -> None:
    """The reported cost; else the reported count, by true sizes; else what was made; else the most that was quoted."""
    expected = Spend(images=images, cost=Money(micros=micros, currency="USD"), billed_by=by)
    assert call_spend(WANTED, call, rows, doubtful=doubtful) == expected


def test_an_unknown_price_is_unknown() -> None:
    """The pictures are counted all the same."""
    (call,) = plan_calls(JOB, WANTED, None, now=0.0)
    assert call_spend(WANTED, call, (SMALL,), doubtful=False) == Spend(images=1, cost=None, billed_by="schedule")
    assert call_spend(WANTED, call, (SMALL,), doubtful=True) == Spend(images=3, cost=None, billed_by="estimate")


NOTHING = Money(micros=0, currency="USD")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), (0, 0, "schedule")),
        (((1, 5, "counts"), (2, 10, "counts")), (3, 15, "counts")),
        (((1, 5, "counts"), (2, 10, "estimate")), (3, 15, "estimate")),
        (((1, 5, "cost"), (2, 10, "schedule")), (3, 15, "schedule")),
        (((1, 5, "cost"), (2, None, "cost")), (3, None, "cost")),
        (((1, 5, "cost"), (0, None, "estimate")), (1, 5, "cost")),
    ],
)
def test_the_calls_of_a_job_together(
    parts: tuple[tuple[int, int | None, BilledBy], ...], expected: tuple[int, int | None, BilledBy]
) -> None:
    """One that nobody could price makes the sum unknown, and one estimate makes it an estimate."""
    spends = [spend_of(part) for part in parts]
    assert total(spends, NOTHING) == spend_of(expected)


def spend_of(part: tuple[int, int | None, BilledBy]) -> Spend:
    images, micros, by = part
    return Spend(images=images, cost=None if micros is None else Money(micros=micros, currency="USD"), billed_by=by)


def test_currencies_are_not_added() -> None:
    """As amounts they mean nothing together."""
    spends = [Spend(images=1, cost=Money(micros=5, currency=name), billed_by="cost") for name in ("USD", "CNY")]
    assert total(spends, NOTHING).cost is None
