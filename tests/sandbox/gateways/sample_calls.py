"""One plain paid call for each gateway of the sandbox."""

from sandbox.contracts import JsonObject
from tests.sandbox.gateways.gateway_client import SMALL

FIELDS: JsonObject = {"prompt": "a fox", "size": SMALL}


CALLS: dict[str, tuple[str, JsonObject]] = {
    "ark_intl": ("/api/v3/images/generations", {"model": "seedream-4-0-250828", **FIELDS}),
    "ark_cn": ("/api/v3/images/generations", {"model": "doubao-seedream-4-0-250828", **FIELDS}),
    "acedata": ("/seedream/images", {"model": "doubao-seedream-4-0-250828", **FIELDS}),
    "sinancode": ("/v1/generate/vol/seedream", {"version": "4.0", "max_images": 1, **FIELDS}),
    "uniall": (
        "/v1/images/generations",
        {"model": "seedream-4.0", "prompt": "a fox", "custom_size": {"width": 1280, "height": 720}},
    ),
    "unode": ("/v1/images/generations", {"model": "doubao-seedream-5-0-260128", **FIELDS, "size": "2K"}),
    "opeai": ("/v1/images/generations", {"model": "doubao-seedream-4.0", **FIELDS}),
}
