"""Unode (`facts/upstreams.md` 7): Ark behind a router that drops what it does not know. Encode and decode are pure."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from bot.errors import UpstreamKind
from bot.requests.request import Request
from bot.upstream.contract import Call
from bot.upstream.failures import FaultTable
from bot.upstream.picture_list import decode as decode_list

PATH = "/v1/images/generations"
K = UpstreamKind
FAULTS = FaultTable(
    codes={
        "insufficient_user_quota": K.BALANCE,
        "pre_consume_token_quota_failed": K.BALANCE,
        "model_not_found": K.MODEL,
        "channel:no_available_key": K.MODEL,
        "get_channel_failed": K.MODEL,
        "sensitive_words_detected": K.POLICY,
        "prompt_blocked": K.POLICY,
        "bad_response_status_code": K.UPSTREAM,
        "do_request_failed": K.UPSTREAM,
        "bad_response_body": K.UPSTREAM,
        "empty_response": K.UPSTREAM,
        "channel:response_time_exceeded": K.TIMEOUT,
        "read_request_body_failed": K.REQUEST,
        "bad_request_body": K.REQUEST,
        "invalid_request": K.REQUEST,
    },
)
decode = partial(decode_list, table=FAULTS)


def encode(request: Request, references: Sequence[str]) -> Call:
    """The paid call. What is no field of OpenAI's goes under `extra_fields`: beside them it would be dropped in silence."""
    body: dict[str, Any] = {"model": request.model_id, "prompt": request.prompt}
    if references:
        body["image"] = references[0] if len(references) == 1 else list(references)
    body["size"] = str(request.size)
    body["response_format"] = "b64_json" if request.delivery == "b64" else "url"
    if request.watermark is not None:
        body["watermark"] = request.watermark
    extra: dict[str, Any] = {}
    if request.count > 1:
        extra["sequential_image_generation"] = "auto"
        extra["sequential_image_generation_options"] = {"max_images": request.count}
    if request.format is not None:
        extra["output_format"] = request.format
    if request.search:
        extra["tools"] = [{"type": "web_search"}]
    if request.prompt_mode is not None:
        extra["optimize_prompt_options"] = {"mode": request.prompt_mode}
    if extra:
        body["extra_fields"] = extra
    return Call(method="POST", path=PATH, body=body)
