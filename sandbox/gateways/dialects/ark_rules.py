"""What the official API accepts: the models and fields of its reference, as tables.

Gateways in front of it check what they forward against the same reference.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.gateways.fields import (
    invalid_parameter,
    is_integer,
    missing_parameter,
    read_boolean,
    read_choice,
    read_nonblank,
    read_string,
)
from sandbox.gateways.model_rules import (
    MOST_IMAGES,
    MOST_REFERENCES,
    MOST_TOTAL,
    V4_0,
    V4_5,
    V5_0_LITE,
    ModelRules,
    check_total,
    picture_count,
    read_size,
)
from sandbox.gateways.responses import GatewayError

_VERSIONS = {
    "seedream-4-0-250828": V4_0,
    "seedream-4-5-251128": V4_5,
    "seedream-5-0-260128": V5_0_LITE,
    "seedream-5-0-lite-260128": V5_0_LITE,
}
MODELS: dict[str, dict[str, ModelRules]] = {
    "ark_intl": _VERSIONS,
    "ark_cn": {f"doubao-{name}": rules for name, rules in _VERSIONS.items()},
}
KNOWN = frozenset({
    "model", "prompt", "image", "size", "seed", "sequential_image_generation", "sequential_image_generation_options",
    "stream", "response_format", "output_format", "watermark", "tools", "optimize_prompt_options",
})  # fmt: skip
_MOST_SEED = 2_147_483_647


@dataclass(frozen=True, kw_only=True)
class ArkRequest:
    """A valid call; its references are still text."""

    model: str
    prompt: str
    references: tuple[str, ...]
    size: tuple[int, int]
    number: int
    stream: bool
    inline: bool
    format: str
    watermark: bool
    search: bool


def read_request(dialect: str, body: Any) -> ArkRequest:
    """Check a body against the reference. Raises GatewayError with the parameter at fault."""
    if not isinstance(body, dict):
        raise GatewayError(400, "InvalidParameter", "The request body is not a JSON object.")
    body = _without_nulls(body)
    for name in ("model", "prompt"):
        if name not in body:
            raise missing_parameter(name)
    model = read_string(body, "model")
    rules = MODELS[dialect].get(model)
    if rules is None:
        message = f"The model or endpoint {model} does not exist or you do not have access to it."
        raise GatewayError(404, "InvalidEndpointOrModel.NotFound", message)
    unknown = next((name for name in body if name not in KNOWN), None)
    if unknown is not None:
        raise invalid_parameter(unknown, "is not a parameter of this API")
    prompt = read_nonblank(body, "prompt")
    _check_seed(body)
    _check_lite(body, rules)
    _check_prompt_mode(body, rules)
    references = _references(body)
    return ArkRequest(
        model=model,
        prompt=prompt,
        references=references,
        size=read_size(body.get("size", "2048x2048"), rules, prompt),
        number=_number(body, prompt, len(references)),
        stream=read_boolean(body, "stream", default=False),
        inline=read_choice(body, "response_format", ("url", "b64_json"), default="url") == "b64_json",
        format=read_choice(body, "output_format", ("jpeg", "png"), default="jpeg"),
        watermark=read_boolean(body, "watermark", default=True),
        search=_search(body),
    )


def _without_nulls(body: JsonObject) -> JsonObject:
    """A field that is null counts as unset: the vendor's SDKs send all of them."""
    set_fields = {name: value for name, value in body.items() if value is not None}
    return {name: _without_nulls(value) if isinstance(value, dict) else value for name, value in set_fields.items()}


def _check_seed(body: JsonObject) -> None:
    """These models accept a seed and ignore it: the vendor's own sample sends one."""
    seed = body.get("seed", -1)
    if not is_integer(seed) or not -1 <= seed <= _MOST_SEED:
        raise invalid_parameter("seed", f"must be a whole number from -1 to {_MOST_SEED}")


def _references(body: JsonObject) -> tuple[str, ...]:
    if "image" not in body:
        return ()
    value = body["image"]
    references = [value] if isinstance(value, str) else value
    if not isinstance(references, list) or not all(isinstance(item, str) for item in references):
        raise invalid_parameter("image", "must be an address or data URL, or a list of them")
    if len(references) > MOST_REFERENCES:
        raise invalid_parameter("image", f"has {len(references)} pictures, at most {MOST_REFERENCES} are taken")
    return tuple(references)


def _number(body: JsonObject, prompt: str, references: int) -> int:
    mode = read_choice(body, "sequential_image_generation", ("disabled", "auto"), default="disabled")
    most = _max_images(body)
    if mode == "disabled":
        if most is not None:
            raise invalid_parameter("sequential_image_generation_options", "needs sequential_image_generation to be auto")
        return 1
    if most is not None:
        check_total("sequential_image_generation_options.max_images", references, most)
    return picture_count(MOST_TOTAL - references if most is None else most, prompt)


def _max_images(body: JsonObject) -> int | None:
    options = body.get("sequential_image_generation_options")
    if options is None and "sequential_image_generation_options" not in body:
        return None
    if not isinstance(options, dict) or set(options) - {"max_images"}:
        raise invalid_parameter("sequential_image_generation_options", "must be an object that holds max_images only")
    most: Any = options.get("max_images", MOST_IMAGES)
    if not is_integer(most) or not 1 <= most <= MOST_IMAGES:
        raise invalid_parameter(
            "sequential_image_generation_options.max_images", f"must be a whole number from 1 to {MOST_IMAGES}"
        )
    return int(most)


def _check_lite(body: JsonObject, rules: ModelRules) -> None:
    name = next((name for name in ("output_format", "tools") if name in body and not rules.lite), None)
    if name is not None:
        message = f"The parameter `{name}` is not supported by this model."
        raise GatewayError(400, "InvalidParameter.UnsupportedParameter", message, param=name)


def _search(body: JsonObject) -> bool:
    if "tools" not in body:
        return False
    if body["tools"] != [{"type": "web_search"}]:
        raise invalid_parameter("tools", 'must be [{"type":"web_search"}]')
    return True


def _check_prompt_mode(body: JsonObject, rules: ModelRules) -> None:
    options = body.get("optimize_prompt_options", {})
    if options == {}:
        return
    if not isinstance(options, dict) or set(options) != {"mode"}:
        raise invalid_parameter("optimize_prompt_options", "must be an object that holds mode only")
    if options["mode"] not in rules.prompt_modes:
        raise invalid_parameter("optimize_prompt_options.mode", f"must be one of {', '.join(rules.prompt_modes)} with this model")
