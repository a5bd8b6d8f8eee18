"""The official API: Volcengine Ark and BytePlus ModelArk, "Image generation API". Other gateways pass its fields on."""

from collections.abc import Sequence
from typing import Any

from bot.requests.request import Request
from bot.upstream.dialect import Dialect, StreamFormat
from bot.upstream.transport.http_messages import HttpRequest

PATH = "/images/generations"


def encode(request: Request, references: Sequence[str]) -> HttpRequest:
    return HttpRequest(method="POST", path=PATH, body={**common_fields(request, references), **option_fields(request)})


def common_fields(request: Request, references: Sequence[str]) -> dict[str, Any]:
    """The fields that every call has, with one reference as a string and several as a list. Only layers need no prompt."""
    fields: dict[str, Any] = {"model": request.model_id}
    if request.prompt:
        fields["prompt"] = request.prompt
    if references:
        fields["image"] = references[0] if len(references) == 1 else list(references)
    fields["size"] = str(request.size)
    fields["response_format"] = "url"
    if request.watermark is not None:
        fields["watermark"] = request.watermark
    return fields


def option_fields(request: Request) -> dict[str, Any]:
    """The fields of options; one that was not asked for is left out. A one-picture model refuses the fields of a set."""
    fields: dict[str, Any] = {}
    if request.layers:
        fields["layer_decomposition"] = True
    elif request.wanted > 1:
        fields["sequential_image_generation"] = "auto"
        fields["sequential_image_generation_options"] = {"max_images": request.wanted}
    if request.background is not None:
        fields["background"] = request.background
    if request.format is not None:
        fields["output_format"] = request.format
    if request.search:
        fields["tools"] = [{"type": "web_search"}]
    if request.prompt_mode is not None:
        fields["optimize_prompt_options"] = {"mode": request.prompt_mode}
    if request.seed is not None:
        fields["seed"] = request.seed
    if request.guidance is not None:
        fields["guidance_scale"] = request.guidance
    return fields


ARK = Dialect(encode=encode, free_call=HttpRequest(method="GET", path="/models"), stream=StreamFormat(fields={"stream": True}))
