"""Several calls of one job, side by side: a fault hits one of them and leaves the others alone."""

import asyncio

import httpx
import pytest

from tests.sandbox.gateways.ark_client import ArkClient
from tests.sandbox.one_picture.one_picture_client import FLASH, as_data_url, generate, photo


async def outcomes(ark: ArkClient, number: int = 4, timeout_s: float = 20) -> list[int | str]:
    """Make equal calls at once; return their statuses, or the name of what the client met."""
    ark.http.timeout = httpx.Timeout(20, read=timeout_s)
    calls = [generate(ark, model=FLASH, image=as_data_url(photo(300, 300))) for _ in range(number)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return sorted((each.status_code if isinstance(each, httpx.Response) else type(each).__name__ for each in answers), key=str)


@pytest.mark.parametrize(
    ("fault", "outcome", "billed"),
    [
        ("500", 500, 3),
        ("503:1", 503, 3),
        ("429:1", 429, 3),
        ("html", 502, 3),
        ("error:400:OutputImageSensitiveContentDetected", 400, 3),
        ("error:404:ModelNotOpen", 404, 3),
        ("reset-before", "ReadError", 3),
        ("reset-after", "ReadError", 4),
        ("504", 504, 4),
        ("slow:0.2", 200, 4),
    ],
)
async def test_one_of_four(ark: ArkClient, fault: str, outcome: int | str, billed: int) -> None:
    """One call fails in its own way; the record has a row for each that was made, with its own bill."""
    ark.inject("submit", fault)
    found = await outcomes(ark)

    assert [each for each in found if each != 200] == [outcome] * (outcome != 200)
    assert [call["billed_micros"] for call in ark.gateway.calls] == [18_000] * billed
    assert await outcomes(ark, 2) == [200, 200]


async def test_one_hangs(ark: ArkClient) -> None:
    """The others are answered meanwhile."""
    ark.inject("submit", "hang")

    assert await outcomes(ark, 3, timeout_s=3) == [200, 200, "ReadTimeout"]
    assert ark.billed == [1, 1]


async def test_a_client_that_hangs_up_is_billed(ark: ArkClient) -> None:
    """The call is made to its end, and its picture is lost."""
    ark.gateway.change({"seconds": {"5.0-flash": 0.3}})
    ark.http.timeout = httpx.Timeout(20, read=0.1)
    with pytest.raises(httpx.ReadTimeout):
        await generate(ark, model=FLASH)
    await ark.wait_until(lambda: ark.get("/"), lambda _: ark.billed == [1])

    assert ark.gateway.calls[0]["billed_micros"] == 18_000


async def test_the_pictures_differ(ark: ArkClient) -> None:
    """Equal calls at once give pictures of their own."""
    answers = await asyncio.gather(*(generate(ark, model=FLASH) for _ in range(3)))
    pictures = {(await ark.result(answer)).content for answer in answers}

    assert len(pictures) == 3
