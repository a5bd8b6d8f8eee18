"""The fake official API against the vendor's own, unchanged client, which sends every field: null where it is not set."""

import pytest
from volcenginesdkarkruntime import AsyncArk
from volcenginesdkarkruntime._exceptions import ArkBadRequestError

from tests.sandbox.gateways.ark_client import V45, ArkClient
from tests.sandbox.one_picture.one_picture_client import V55


def sdk(ark: ArkClient) -> AsyncArk:
    return AsyncArk(base_url=f"{ark.gateway.origin}/api/v3", api_key=ark.gateway.key, max_retries=0, http_client=ark.http)


@pytest.mark.parametrize("model", [V45, V55])
async def test_one_picture(ark: ArkClient, model: str) -> None:
    """A call with nothing but a prompt makes one picture, also with a model that knows no sets."""
    answer = await sdk(ark).images.generate(model=model, prompt="a red fox")

    assert (await ark.http.get(answer.data[0].url)).status_code == 200
    assert answer.usage.generated_images == 1
    assert ark.billed == [1]


async def test_a_streamed_picture(ark: ArkClient) -> None:
    """A stream ends with the usage."""
    stream = await sdk(ark).images.generate(model=V45, prompt="a red fox", stream=True)
    events = [event async for event in stream]

    assert [event.type for event in events] == ["image_generation.partial_succeeded", "image_generation.completed"]
    assert events[-1].usage["generated_images"] == 1


async def test_a_refusal_has_its_code(ark: ArkClient) -> None:
    """The client finds the code of an error, and nothing is billed."""
    with pytest.raises(ArkBadRequestError) as refused:
        await sdk(ark).images.generate(model=V45, prompt="a red fox", guidance_scale=2.5)

    assert refused.value.code == "InvalidParameter"
    assert ark.billed == []
