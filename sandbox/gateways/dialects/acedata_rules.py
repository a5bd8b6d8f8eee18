"""What Ace Data Cloud accepts: its own fields on top of those it forwards to the official API."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.ark_rules import KNOWN, MODELS, ArkRequest, read_request
from sandbox.gateways.fields import invalid_parameter, read_boolean, read_object, read_string, read_strings
from sandbox.gateways.models.rules import V5_0_PRO, ModelRules
from sandbox.gateways.reference_urls import is_url
from sandbox.gateways.responses import GatewayError

LITE_IDS = ("doubao-seedream-5-0-lite-260128", "doubao-seedream-5-0-260128")
"""The id in the newest documentation, and the id before that."""
_PRO = "doubao-seedream-5-0-pro-260628"
_MODELS = frozenset({"doubao-seedream-4-0-250828", "doubao-seedream-4-5-251128", _PRO})
_FORWARDED: Mapping[str, ModelRules] = MODELS["ark_cn"] | {_PRO: replace(V5_0_PRO, tiers=("1K", "2K"))}
_OWN_FIELDS = frozenset({"async", "callback_url"})
_WITHDRAWN = frozenset({"seed", "guidance_scale"})
"""Fields that only withdrawn models accepted."""


@dataclass(frozen=True, kw_only=True)
class AceDataRequest:
    """A valid call: what goes to the model, and how the answer is returned."""

    asked: ArkRequest
    deferred: bool
    callback_url: str | None


def read_call(body: Any, *, lite_id: str) -> AceDataRequest:
    """Check a body against the documentation. Raises GatewayError."""
    body = read_object(body, known=KNOWN | _OWN_FIELDS | _WITHDRAWN, required=("model", "prompt"))
    if read_string(body, "model") not in _MODELS | {lite_id}:
        raise GatewayError(400, "bad_request", "model is invalid.", param="model")
    withdrawn = next((name for name in _WITHDRAWN if name in body), None)
    if withdrawn is not None:
        raise invalid_parameter(withdrawn, "is not accepted by this model")
    if "image" in body:
        read_strings(body["image"], "image")
    deferred = read_boolean(body, "async", default=False)
    callback_url = _callback_url(body)
    if read_boolean(body, "stream", default=False) and (deferred or callback_url is not None):
        raise invalid_parameter("stream", "cannot be used together with async or callback_url")
    forwarded = {name: value for name, value in body.items() if name not in _OWN_FIELDS}
    return AceDataRequest(
        asked=read_request(_FORWARDED, forwarded),
        deferred=deferred or callback_url is not None,
        callback_url=callback_url,
    )


def _callback_url(body: JsonObject) -> str | None:
    if "callback_url" not in body:
        return None
    url = read_string(body, "callback_url")
    if not is_url(url):
        raise invalid_parameter("callback_url", "must be an address")
    return url


def read_query(body: Any) -> str | tuple[str, ...]:
    """Return the task id that a query names, or the ids of a batch."""
    body = read_object(body, known=frozenset({"id", "ids", "action"}), required=())
    match body.get("action", "retrieve"):
        case "retrieve":
            if "id" not in body or "ids" in body:
                raise invalid_parameter("id", "must name the task")
            return read_string(body, "id")
        case "retrieve_batch":
            if "ids" not in body or "id" in body:
                raise invalid_parameter("ids", "must name the tasks")
            return read_strings(body["ids"], "ids")
        case _:
            raise invalid_parameter("action", "must be retrieve or retrieve_batch")
