"""Response bodies in the official API's shapes, and the error that becomes one."""

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.contracts import JsonObject

_TYPES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    413: "RequestEntityTooLarge",
    429: "TooManyRequests",
}


class GatewayError(Exception):
    """The gateway answers with an error: status, code, message and the parameter at fault."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers = dict(headers or {})


@dataclass(frozen=True, kw_only=True)
class GeneratedPicture:
    """One finished picture of a call: its bytes and size. `layer` says what it is of a picture taken apart."""

    content: bytes
    size: tuple[int, int]
    format: str
    transparent: bool = False
    layer: "LayerPlace | None" = None


@dataclass(frozen=True, kw_only=True)
class LayerPlace:
    """What a picture is of a picture taken apart: the base (`z_index` 0, the whole `canvas`), or a layer in its `box` of it."""

    z_index: int
    canvas: tuple[int, int]
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    name: str = ""
    description: str = ""

    def to_json(self) -> JsonObject:
        """Return the official fields: boxes in pixels of the base, and in thousandths of it."""
        if self.z_index == 0:
            return {"z_index": 0}
        sides = (*self.canvas, *self.canvas)
        normalized = [round(edge / side * 1000) for edge, side in zip(self.box, sides, strict=True)]
        box = {"absolute": list(self.box), "normalized": normalized}
        return {"z_index": self.z_index, "name": self.name, "description": self.description, "bounding_box": box}


@dataclass(frozen=True, kw_only=True)
class FailedPicture:
    """One picture of a call that was withheld or could not be made. It is not billed."""

    code: str
    message: str


Outcome = GeneratedPicture | FailedPicture


def picture_item(picture: Outcome, publish: Callable[[bytes, str], str], *, inline: bool, key: str = "url") -> JsonObject:
    """Return one entry of `data`: the picture's URL (under `key`) or base64 with its size, or its error."""
    if isinstance(picture, FailedPicture):
        return {"error": {"code": picture.code, "message": picture.message}}
    size = f"{picture.size[0]}x{picture.size[1]}"
    if inline:
        return {"b64_json": base64.b64encode(picture.content).decode(), "size": size}
    return {key: publish(picture.content, picture.format), "size": size}


def error_body(error: GatewayError, request_id: str) -> JsonObject:
    """Return an error in the shape seen from the live API, where the message ends in the request id."""
    return {
        "error": {
            "code": error.code,
            "message": f"{error.message} Request id: {request_id}",
            "param": error.param,
            "type": _TYPES.get(error.status, "InternalServerError"),
        }
    }


def usage(made: list[GeneratedPicture], *, searches: int | None, references: int | None) -> JsonObject:
    """Return what is billed: finished pictures only, and with the newer models the references."""
    tokens = math.floor(sum(picture.size[0] * picture.size[1] for picture in made) / 256 + 0.5)
    fields: JsonObject = {} if references is None else {"input_images": references}
    fields |= {"generated_images": len(made), "output_tokens": tokens, "total_tokens": tokens}
    if searches is not None:
        fields["tool_usage"] = {"web_search": searches}
    return fields
