"""What the official API accepts: the models and fields of its reference, as tables.

Gateways in front of it check what they forward against the same reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.gateways.dialects.one_picture_rules import check_one_picture, read_background, read_layers
from sandbox.gateways.fields import (
    invalid_parameter,
    is_integer,
    missing_parameter,
    read_boolean,
    read_choice,
    read_nonblank,
    read_string,
)
from sandbox.gateways.models.rules import (
    MOST_IMAGES,
    MOST_TOTAL,
    V4_0,
    V4_5,
    V5_0_FLASH,
    V5_0_LITE,
    V5_0_PRO,
    V5_5,
    ModelRules,
    check_total,
    picture_count,
    read_size,
)
from sandbox.gateways.responses import GatewayError

_SETS = {
    "seedream-4-0-250828": V4_0,
    "seedream-4-0-20260415": V4_0,
    "seedream-4-5-251128": V4_5,
    "seedream-5-0-260128": V5_0_LITE,
    "seedream-5-0-lite-260128": V5_0_LITE,
}
_ONE_PICTURE = {
    "seedream-5-0-pro-260628": V5_0_PRO,
    "seedream-5-0-flash-260915": V5_0_FLASH,
    "seedream-5-5-261028": V5_5,
}
MODELS: dict[str, dict[str, ModelRules]] = {
    "ark_intl": {**_SETS, **{f"dola-{name}": rules for name, rules in _ONE_PICTURE.items()}},
    "ark_cn": {f"doubao-{name}": rules for name, rules in {**_SETS, **_ONE_PICTURE}.items()},
}
KNOWN = frozenset({
    "model", "prompt", "image", "size", "seed", "sequential_image_generation", "sequential_image_generation_options",
    "stream", "response_format", "output_format", "watermark", "tools", "optimize_prompt_options",
})  # fmt: skip
"""What gateways in front of the official API know of it."""
_KNOWN_TO_ARK = KNOWN | {"background", "layer_decomposition"}
_IGNORED = frozenset({"n"})
"""What one-picture models ignore silently."""
_MOST_SEED = 2_147_483_647


@dataclass(frozen=True, kw_only=True)
class ArkRequest:
    """A valid call; its references are still text. `tier` is the word of a size whose shape the references may decide, or `auto`."""

    model: str
    rules: ModelRules
    prompt: str
    references: tuple[str, ...]
    size: tuple[int, int]
    tier: str
    number: int
    stream: bool
    inline: bool
    format: str
    watermark: bool
    search: bool
    background: str
    layers: bool
    seed: int | None
    ignored: frozenset[str]
    """The names of fields that have no effect."""


def read_request(models: Mapping[str, ModelRules], body: Any) -> ArkRequest:
    """Check a body against the reference. Raises GatewayError with the parameter at fault."""
    if not isinstance(body, dict):
        raise GatewayError(400, "InvalidParameter", "The request body is not a JSON object.")
    body = _without_nulls(body)
    if "model" not in body:
        raise missing_parameter("model")
    model = read_string(body, "model")
    rules = models.get(model)
    if rules is None:
        message = f"The model or endpoint {model} does not exist or you do not have access to it."
        raise GatewayError(404, "InvalidEndpointOrModel.NotFound", message)
    ignored = _IGNORED & set(body) if rules.one_picture else frozenset()
    unknown = next((name for name in body if name not in _KNOWN_TO_ARK | ignored), None)
    if unknown is not None:
        raise invalid_parameter(unknown, "is not a parameter of this API")
    check_one_picture(body, rules)
    layers = read_layers(body, rules)
    prompt = _prompt(body, optional=layers)
    _check_supported(body, rules)
    _check_prompt_mode(body, rules)
    references = _references(body, rules)
    size = body.get("size", "auto" if layers else rules.default_size)
    return ArkRequest(
        model=model,
        rules=rules,
        prompt=prompt,
        references=references,
        size=(0, 0) if size == "auto" and layers else read_size(size, rules, prompt),
        tier=size if rules.one_picture and size in (*rules.tiers, "auto") else "",
        number=_number(body, prompt, len(references)),
        stream=read_boolean(body, "stream", default=False),
        inline=read_choice(body, "response_format", ("url", "b64_json"), default="url") == "b64_json",
        format=_format(body, rules),
        watermark=read_boolean(body, "watermark", default=True),
        search=_search(body),
        background=read_background(body, rules),
        layers=layers,
        seed=_seed(body),
        ignored=ignored,
    )


def _without_nulls(body: JsonObject) -> JsonObject:
    """A field that is null counts as unset: the vendor's SDKs send all of them."""
    set_fields = {name: value for name, value in body.items() if value is not None}
    return {name: _without_nulls(value) if isinstance(value, dict) else value for name, value in set_fields.items()}


def _prompt(body: JsonObject, *, optional: bool) -> str:
    if optional and ("prompt" not in body or body["prompt"] == ""):
        return ""
    if "prompt" not in body:
        raise missing_parameter("prompt")
    return read_nonblank(body, "prompt")


def _seed(body: JsonObject) -> int | None:
    """Return the seed. These models accept one and most ignore it: the vendor's own sample sends one."""
    seed = body.get("seed", -1)
    if not is_integer(seed) or not -1 <= seed <= _MOST_SEED:
        raise invalid_parameter("seed", f"must be a whole number from -1 to {_MOST_SEED}")
    return None if seed == -1 else int(seed)


def _format(body: JsonObject, rules: ModelRules) -> str:
    """Return the output format: a transparent picture is a PNG whatever the model's default is."""
    usual = rules.formats[0] if rules.formats else "jpeg"
    default = "png" if body.get("background") == "transparent" else usual
    return read_choice(body, "output_format", ("jpeg", "png"), default=default)


def _references(body: JsonObject, rules: ModelRules) -> tuple[str, ...]:
    if "image" not in body:
        return ()
    value = body["image"]
    references = [value] if isinstance(value, str) else value
    if not isinstance(references, list) or not all(isinstance(item, str) for item in references):
        raise invalid_parameter("image", "must be an address or data URL, or a list of them")
    if len(references) > rules.most_references:
        raise invalid_parameter("image", f"has {len(references)} pictures, at most {rules.most_references} are taken")
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


def _check_supported(body: JsonObject, rules: ModelRules) -> None:
    supported = {"output_format": bool(rules.formats), "tools": rules.search}
    name = next((name for name, is_supported in supported.items() if name in body and not is_supported), None)
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
