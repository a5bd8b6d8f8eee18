"""What Ace Data Cloud takes: its own fields on top of those it passes on to the official API; pure."""

from dataclasses import dataclass
from typing import Any

from sandbox.gateways.answers import GatewayRefusal
from sandbox.gateways.dialects.ark_rules import KNOWN, ArkRequest, read_request
from sandbox.gateways.fetching import is_address
from sandbox.gateways.fields import an_object, flag, text, texts, wrong
from sandbox.stage import JsonObject

LITE_IDS = ("doubao-seedream-5-0-lite-260128", "doubao-seedream-5-0-260128")
"""The id of the newest texts, and the id of the texts before."""
_MODELS = ("doubao-seedream-4-0-250828", "doubao-seedream-4-5-251128")
_OWN_FIELDS = frozenset({"async", "callback_url"})
_WITHDRAWN = frozenset({"seed", "guidance_scale"})
"""Fields that only the withdrawn models took."""


@dataclass(frozen=True, kw_only=True)
class AceRequest:
    """A call that was taken: what goes to the model, and how its answer travels."""

    asked: ArkRequest
    deferred: bool
    callback_url: str | None


def read_call(body: Any, *, lite_id: str) -> AceRequest:
    """Hold a body against the documents; raises GatewayRefusal."""
    body = an_object(body, known=KNOWN | _OWN_FIELDS | _WITHDRAWN, required=("model", "prompt"))
    if text(body, "model") not in {*_MODELS, lite_id}:
        raise GatewayRefusal(400, "bad_request", "model is invalid.", param="model")
    withdrawn = next((name for name in _WITHDRAWN if name in body), None)
    if withdrawn is not None:
        raise wrong(withdrawn, "is not accepted by this model")
    if "image" in body:
        texts(body["image"], "image")
    deferred = flag(body, "async", default=False)
    callback_url = _callback_url(body)
    if flag(body, "stream", default=False) and (deferred or callback_url is not None):
        raise wrong("stream", "cannot be used together with async or callback_url")
    forwarded = {name: value for name, value in body.items() if name not in _OWN_FIELDS}
    return AceRequest(
        asked=read_request("ark_cn", forwarded),
        deferred=deferred or callback_url is not None,
        callback_url=callback_url,
    )


def _callback_url(body: JsonObject) -> str | None:
    if "callback_url" not in body:
        return None
    address = text(body, "callback_url")
    if not is_address(address):
        raise wrong("callback_url", "must be an address")
    return address


def wanted_tasks(body: Any) -> str | tuple[str, ...]:
    """The id a query names, or the ids of a batch."""
    body = an_object(body, known=frozenset({"id", "ids", "action"}), required=())
    match body.get("action", "retrieve"):
        case "retrieve":
            if "id" not in body or "ids" in body:
                raise wrong("id", "must name the task")
            return text(body, "id")
        case "retrieve_batch":
            if "ids" not in body or "id" in body:
                raise wrong("ids", "must name the tasks")
            return texts(body["ids"], "ids")
        case _:
            raise wrong("action", "must be retrieve or retrieve_batch")
