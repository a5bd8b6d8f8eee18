"""Bodies of a gateway's answers in the official shapes, and the refusals that become one."""

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.stage import JsonObject

_TYPES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    413: "RequestEntityTooLarge",
    429: "TooManyRequests",
}


class GatewayRefusal(Exception):  # noqa: N818  # it is an answer, not a defect
    """A request that is answered with an error: status, code, sentence and the parameter at fault."""

    def __init__(
        self, status: int, code: str, sentence: str, *, param: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.param = param
        self.headers = dict(headers or {})


@dataclass(frozen=True, kw_only=True)
class MadePicture:
    """One finished picture of a call: its bytes and size."""

    content: bytes
    size: tuple[int, int]
    format: str


@dataclass(frozen=True, kw_only=True)
class FailedPicture:
    """One picture of a call that was withheld or not made; it is not billed."""

    code: str
    sentence: str


def ark_item(
    picture: MadePicture | FailedPicture, publish: Callable[[bytes, str], str], *, inline: bool, key: str = "url"
) -> JsonObject:
    """One picture of `data`: where it is (under `key`) or what it is, and its size; or why there is none."""
    if isinstance(picture, FailedPicture):
        return {"error": {"code": picture.code, "message": picture.sentence}}
    size = f"{picture.size[0]}x{picture.size[1]}"
    if inline:
        return {"b64_json": base64.b64encode(picture.content).decode(), "size": size}
    return {key: publish(picture.content, picture.format), "size": size}


def error_body(refusal: GatewayRefusal, request_id: str) -> JsonObject:
    """The shape of the one live error on record: the sentence ends in the request's id."""
    return {
        "error": {
            "code": refusal.code,
            "message": f"{refusal.sentence} Request id: {request_id}",
            "param": refusal.param,
            "type": _TYPES.get(refusal.status, "InternalServerError"),
        }
    }


def usage_of(made: list[MadePicture], *, searches: int | None) -> JsonObject:
    """What is billed: only finished pictures count."""
    tokens = math.floor(sum(picture.size[0] * picture.size[1] for picture in made) / 256 + 0.5)
    usage: JsonObject = {"generated_images": len(made), "output_tokens": tokens, "total_tokens": tokens}
    if searches is not None:
        usage["tool_usage"] = {"web_search": searches}
    return usage
