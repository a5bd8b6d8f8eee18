"""Where the pictures of an answer stand; pure. And what a gateway charges without a picture."""

from itertools import product
from pathlib import Path

import pytest

from bot.catalog.price import PriceSchedule, PriceStep
from bot.catalog.sizes import Pixels
from bot.errors import UpstreamError, UpstreamKind
from bot.ids import GatewayName, JobId, ModelName
from bot.images.processor import ImageProcessor
from bot.jobs.call import Call, CallState
from bot.money import Money
from bot.pipeline.calls.answer_places import AnswerPlaces
from bot.upstream.contract import Completed, PictureMissing, PictureReady, Started
from tests.fakes.several_calls import SplittingStore, UnhurriedGateway, build_split
from tests.fakes.upstream import Script
from tests.fakes.worker import imagine


def call(number: int, *, wants: int = 1) -> Call:
    return Call(
        job=JobId("j"),
        number=number,
        state=CallState.RUNNING,
        state_since=0,
        updated_at=0,
        gateway=GatewayName("g"),
        model=ModelName("m"),
        first=(number - 1) * wants,
        wants=wants,
    )


@pytest.mark.parametrize(
    ("wants", "indices", "places"),
    [
        (2, (0, 1), (2, 3)),
        (2, (1, 0, 2, 3), (3, 2, 6, 7)),
        (2, (0, 1, 2, 3, 4), (2, 3, 6, 7, None)),
        (2, (9, 0, 1), (2, 3, 6)),
        (2, (9, 9, -1), (2, 2, 3)),
        (1, (3,), (1,)),
    ],
)
def test_places(wants: int, indices: tuple[int, ...], places: tuple[int | None, ...]) -> None:
    """Those of the second of two calls: its own, then those after all that were asked for."""
    found = AnswerPlaces(call(2, wants=wants), 2 * wants)
    assert tuple(found.place(index) for index in indices) == places


def test_no_two_calls_share_a_place() -> None:
    """Whatever numbers their gateways use."""
    calls = [AnswerPlaces(call(number), 4) for number in range(1, 5)]
    places = [found.place(index) for found, index in product(calls, (7, 0, 3))]
    assert len(set(places)) == 12


def test_what_is_missing_takes_no_place_of_a_picture() -> None:
    """Nor one that does not exist."""
    found = AnswerPlaces(call(1, wants=2), 2)
    assert (found.place(9), found.place_missing(0), found.place_missing(8), found.place_missing(1)) == (0, None, None, 1)
    assert found.place(5) == 2


async def test_every_paid_picture_is_kept(processor: ImageProcessor, tmp_path: Path) -> None:
    """One that is numbered past its call overwrites none of the next."""
    green, blue = PictureReady(index=0, address="green"), PictureReady(index=1, address="blue")
    white: Script = [Started(), PictureReady(index=0, address="white"), Completed(billed=1)]
    scripts: list[Script] = [
        [Started(), PictureReady(index=3, address="red"), Completed(billed=1)],
        [Started(), green, blue, Completed(billed=2)],
    ]
    harness, _ = build_split(processor, tmp_path, UnhurriedGateway([*scripts, white, white]))
    job = await harness.advance_to_end(await harness.receive(imagine(4)))
    rows = await harness.store.pictures(job.id)
    assert [(row.index, row.call, row.state) for row in rows] == [
        *((number, number + 1, "stored") for number in range(4)),
        (6, 2, "stored"),
    ]


def usd(micros: int) -> Money:
    return Money(micros=micros, currency="USD")


@pytest.mark.parametrize("withheld", [True, False])
async def test_a_cost_without_a_picture_is_booked(processor: ImageProcessor, tmp_path: Path, *, withheld: bool) -> None:
    """The operator pays it; the member's receipt says what the whole request cost."""
    refused = UpstreamError(UpstreamKind.POLICY_OUTPUT, certain=True)
    second: Script = [
        Started(),
        *([PictureMissing(index=0, error=refused)] if withheld else []),
        Completed(billed=0, cost=usd(30_000)),
    ]
    red = PictureReady(index=0, address="red")
    gateway = UnhurriedGateway([[Started(), red, Completed(billed=1, cost=usd(50_000))], second])
    harness, _ = build_split(processor, tmp_path, gateway)
    await harness.advance_to_end(await harness.receive(imagine(2)))
    spends = [spend for _, spend in sorted(harness.store.call_spends.items())]
    assert [(spend.images, spend.cost) for spend in spends] == [(1, usd(50_000)), (0, usd(30_000))]
    assert "0.08" in (harness.platform.last_result().note or "")


async def test_the_size_that_an_answer_reports_prices_a_lost_picture(processor: ImageProcessor, tmp_path: Path) -> None:
    """The gateway made it and bills it, though its bytes never came: by the small step, not by what was quoted."""
    steps = (PriceStep(micros=20_000, up_to_pixels=2_000_000), PriceStep(micros=40_000))
    prices = PriceSchedule(currency="USD", picture=steps)
    lost = PictureReady(index=0, address="lost", size=Pixels(width=1024, height=1024))
    gateway = UnhurriedGateway([[Started(), lost, Completed(billed=1)]])
    harness, _ = build_split(processor, tmp_path, gateway, store=SplittingStore(schedule=prices))
    harness.downloads.pictures["lost"] = [UpstreamError(UpstreamKind.DOWNLOAD, certain=True)] * 9
    job = await harness.advance_to_end(await harness.receive(imagine(1)))
    (row,) = await harness.store.pictures(job.id)
    assert (row.state, row.error, row.width, row.height) == ("missing", UpstreamKind.DOWNLOAD, 1024, 1024)
    assert [(spend.images, spend.cost) for spend in harness.store.call_spends.values()] == [(1, usd(20_000))]
