"""Unode: Ark behind NewAPI, a router that silently drops top-level fields which OpenAI's endpoint does not have."""

from collections.abc import Sequence

from bot.errors import UpstreamKind
from bot.requests.request import Request
from bot.upstream.decoding.failures import FaultTable
from bot.upstream.dialect import Dialect
from bot.upstream.dialects.ark import common_fields, option_fields
from bot.upstream.transport.http_messages import HttpRequest

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
"""NewAPI's own codes."""


def encode(request: Request, references: Sequence[str]) -> HttpRequest:
    """Options go under `extra_fields`, which the router passes on."""
    body = common_fields(request, references)
    options = option_fields(request)
    if options:
        body["extra_fields"] = options
    return HttpRequest(method="POST", path=PATH, body=body)


UNODE = Dialect(encode=encode, free_call=HttpRequest(method="GET", path="/v1/models"), faults=FAULTS)
