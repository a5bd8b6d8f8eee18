"""What the official API takes: models and fields of its reference, as tables; pure.

Gateways that lead to it hold what they forward against the same reference.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.gateways.answers import GatewayRefusal
from sandbox.gateways.fields import choice, flag, is_whole, missing, text, words, wrong
from sandbox.gateways.model_rules import (
    MOST_IMAGES,
    MOST_REFERENCES,
    MOST_TOGETHER,
    V4_0,
    V4_5,
    V5_0_LITE,
    ModelRules,
    number_made,
    size_in,
    together,
)
from sandbox.stage import JsonObject

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
    """A call that was taken, apart from its reference pictures, which are still text."""

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
    """Hold a body against the reference; raises GatewayRefusal with the parameter at fault."""
    if not isinstance(body, dict):
        raise GatewayRefusal(400, "InvalidParameter", "The request body is not a JSON object.")
    for name in ("model", "prompt"):
        if name not in body:
            raise missing(name)
    model = text(body, "model")
    rules = MODELS[dialect].get(model)
    if rules is None:
        sentence = f"The model or endpoint {model} does not exist or you do not have access to it."
        raise GatewayRefusal(404, "InvalidEndpointOrModel.NotFound", sentence)
    unknown = next((name for name in body if name not in KNOWN), None)
    if unknown is not None:
        raise wrong(unknown, "is not a parameter of this API")
    prompt = words(body, "prompt")
    _check_seed(body)
    _check_lite(body, rules)
    _check_prompt_mode(body, rules)
    references = _references(body)
    return ArkRequest(
        model=model,
        prompt=prompt,
        references=references,
        size=size_in(body.get("size", "2048x2048"), rules, prompt),
        number=_number(body, prompt, len(references)),
        stream=flag(body, "stream", default=False),
        inline=choice(body, "response_format", ("url", "b64_json"), default="url") == "b64_json",
        format=choice(body, "output_format", ("jpeg", "png"), default="jpeg"),
        watermark=flag(body, "watermark", default=True),
        search=_search(body),
    )


def _check_seed(body: JsonObject) -> None:
    """A seed is taken and ignored by these models: the vendor's own sample sends one."""
    seed = body.get("seed", -1)
    if not is_whole(seed) or not -1 <= seed <= _MOST_SEED:
        raise wrong("seed", f"must be a whole number from -1 to {_MOST_SEED}")


def _references(body: JsonObject) -> tuple[str, ...]:
    if "image" not in body:
        return ()
    value = body["image"]
    references = [value] if isinstance(value, str) else value
    if not isinstance(references, list) or not all(isinstance(item, str) for item in references):
        raise wrong("image", "must be an address or data URL, or a list of them")
    if len(references) > MOST_REFERENCES:
        raise wrong("image", f"has {len(references)} pictures, at most {MOST_REFERENCES} are taken")
    return tuple(references)


def _number(body: JsonObject, prompt: str, references: int) -> int:
    mode = choice(body, "sequential_image_generation", ("disabled", "auto"), default="disabled")
    most = _most_images(body)
    if mode == "disabled":
        if most is not None:
            raise wrong("sequential_image_generation_options", "needs sequential_image_generation to be auto")
        return 1
    if most is not None:
        together("sequential_image_generation_options.max_images", references, most)
    return number_made(MOST_TOGETHER - references if most is None else most, prompt)


def _most_images(body: JsonObject) -> int | None:
    options = body.get("sequential_image_generation_options")
    if options is None and "sequential_image_generation_options" not in body:
        return None
    if not isinstance(options, dict) or set(options) - {"max_images"}:
        raise wrong("sequential_image_generation_options", "must be an object that holds max_images only")
    most: Any = options.get("max_images", MOST_IMAGES)
    if not is_whole(most) or not 1 <= most <= MOST_IMAGES:
        raise wrong("sequential_image_generation_options.max_images", f"must be a whole number from 1 to {MOST_IMAGES}")
    return int(most)


def _check_lite(body: JsonObject, rules: ModelRules) -> None:
    name = next((name for name in ("output_format", "tools") if name in body and not rules.lite), None)
    if name is not None:
        sentence = f"The parameter `{name}` is not supported by this model."
        raise GatewayRefusal(400, "InvalidParameter.UnsupportedParameter", sentence, param=name)


def _search(body: JsonObject) -> bool:
    if "tools" not in body:
        return False
    if body["tools"] != [{"type": "web_search"}]:
        raise wrong("tools", 'must be [{"type":"web_search"}]')
    return True


def _check_prompt_mode(body: JsonObject, rules: ModelRules) -> None:
    if "optimize_prompt_options" not in body:
        return
    options = body["optimize_prompt_options"]
    if not isinstance(options, dict) or set(options) != {"mode"}:
        raise wrong("optimize_prompt_options", "must be an object that holds mode only")
    if options["mode"] not in rules.prompt_modes:
        raise wrong("optimize_prompt_options.mode", f"must be one of {', '.join(rules.prompt_modes)} with this model")
