"""What the official API takes: models, fields and sizes of its reference, as tables; pure."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.gateways.answers import GatewayRefusal
from sandbox.gateways.sizes import number_in, ratio_in, size_of
from sandbox.stage import JsonObject

MOST_REFERENCES = 14
MOST_TOGETHER = 15
"""References and outputs of one call."""
MOST_IMAGES = 15


@dataclass(frozen=True, kw_only=True)
class ModelRules:
    """What one model version takes."""

    tiers: tuple[str, ...]
    least_pixels: int
    most_pixels: int = 16_777_216
    lite: bool = False
    prompt_modes: tuple[str, ...] = ("standard",)


_4_0 = ModelRules(tiers=("1K", "2K", "4K"), least_pixels=921_600, prompt_modes=("standard", "fast"))
_4_5 = ModelRules(tiers=("2K", "4K"), least_pixels=3_686_400)
_5_0_LITE = ModelRules(tiers=("2K", "3K", "4K"), least_pixels=3_686_400, lite=True)
_VERSIONS = {
    "seedream-4-0-250828": _4_0,
    "seedream-4-5-251128": _4_5,
    "seedream-5-0-260128": _5_0_LITE,
    "seedream-5-0-lite-260128": _5_0_LITE,
}
MODELS: dict[str, dict[str, ModelRules]] = {
    "ark_intl": _VERSIONS,
    "ark_cn": {f"doubao-{name}": rules for name, rules in _VERSIONS.items()},
}
_MOST_ASPECT = 16
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
            raise GatewayRefusal(400, f"MissingParameter.{name}", f"The request is missing the parameter `{name}`.", param=name)
    model = _text(body, "model")
    rules = MODELS[dialect].get(model)
    if rules is None:
        sentence = f"The model or endpoint {model} does not exist or you do not have access to it."
        raise GatewayRefusal(404, "InvalidEndpointOrModel.NotFound", sentence)
    unknown = next((name for name in body if name not in _KNOWN), None)
    if unknown is not None:
        raise _wrong(unknown, "is not a parameter of this API")
    prompt = _text(body, "prompt")
    if not prompt.strip():
        raise _wrong("prompt", "must not be empty")
    _check_seed(body)
    _check_lite(body, rules)
    _check_prompt_mode(body, rules)
    references = _references(body)
    return ArkRequest(
        model=model,
        prompt=prompt,
        references=references,
        size=_size(body, rules, prompt),
        number=_number(body, prompt, len(references)),
        stream=_flag(body, "stream", default=False),
        inline=_choice(body, "response_format", ("url", "b64_json"), default="url") == "b64_json",
        format=_choice(body, "output_format", ("jpeg", "png"), default="jpeg"),
        watermark=_flag(body, "watermark", default=True),
        search=_search(body),
    )


_KNOWN = frozenset({
    "model", "prompt", "image", "size", "seed", "sequential_image_generation", "sequential_image_generation_options",
    "stream", "response_format", "output_format", "watermark", "tools", "optimize_prompt_options",
})  # fmt: skip


def _wrong(name: str, why: str) -> GatewayRefusal:
    return GatewayRefusal(
        400, "InvalidParameter", f"The parameter `{name}` specified in the request is not valid: it {why}.", param=name
    )


def _text(body: JsonObject, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise _wrong(name, "must be a string")
    return value


def _flag(body: JsonObject, name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise _wrong(name, "must be true or false")
    return value


def _choice(body: JsonObject, name: str, allowed: tuple[str, ...], *, default: str) -> str:
    value = body.get(name, default)
    if value not in allowed or not isinstance(value, str):
        raise _wrong(name, f"must be one of {', '.join(allowed)}")
    return value


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_seed(body: JsonObject) -> None:
    """A seed is taken and ignored by these models: the vendor's own sample sends one."""
    seed = body.get("seed", -1)
    if not _whole(seed) or not -1 <= seed <= _MOST_SEED:
        raise _wrong("seed", f"must be a whole number from -1 to {_MOST_SEED}")


def _references(body: JsonObject) -> tuple[str, ...]:
    if "image" not in body:
        return ()
    value = body["image"]
    references = [value] if isinstance(value, str) else value
    if not isinstance(references, list) or not all(isinstance(item, str) for item in references):
        raise _wrong("image", "must be an address or data URL, or a list of them")
    if len(references) > MOST_REFERENCES:
        raise _wrong("image", f"has {len(references)} pictures, at most {MOST_REFERENCES} are taken")
    return tuple(references)


def _size(body: JsonObject, rules: ModelRules, prompt: str) -> tuple[int, int]:
    size = body.get("size", "2048x2048")
    if isinstance(size, str) and size in rules.tiers:
        return size_of(size, ratio_in(prompt))
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", size) if isinstance(size, str) else None
    if found is None:
        raise _wrong("size", f"must be one of {', '.join(rules.tiers)}, or width and height like 2048x2048")
    width, height = int(found.group(1)), int(found.group(2))
    if not rules.least_pixels <= width * height <= rules.most_pixels:
        raise _wrong("size", f"has {width * height} pixels, allowed are {rules.least_pixels} to {rules.most_pixels}")
    if max(width, height) > _MOST_ASPECT * min(width, height):
        raise _wrong("size", "has an aspect ratio outside 1/16 to 16")
    return width, height


def _number(body: JsonObject, prompt: str, references: int) -> int:
    """How many pictures the model makes: a cap and the words of the prompt decide it together."""
    mode = _choice(body, "sequential_image_generation", ("disabled", "auto"), default="disabled")
    most = _most_images(body)
    if mode == "disabled":
        if most is not None:
            raise _wrong("sequential_image_generation_options", "needs sequential_image_generation to be auto")
        return 1
    if most is not None and references + most > MOST_TOGETHER:
        raise _wrong(
            "sequential_image_generation_options.max_images",
            f"asks for {most} pictures beside {references} references, together at most {MOST_TOGETHER} are allowed",
        )
    cap = MOST_TOGETHER - references if most is None else most
    return max(1, min(cap, number_in(prompt) or cap))


def _most_images(body: JsonObject) -> int | None:
    options = body.get("sequential_image_generation_options")
    if options is None and "sequential_image_generation_options" not in body:
        return None
    if not isinstance(options, dict) or set(options) - {"max_images"}:
        raise _wrong("sequential_image_generation_options", "must be an object that holds max_images only")
    most: Any = options.get("max_images", MOST_IMAGES)
    if not _whole(most) or not 1 <= most <= MOST_IMAGES:
        raise _wrong("sequential_image_generation_options.max_images", f"must be a whole number from 1 to {MOST_IMAGES}")
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
        raise _wrong("tools", 'must be [{"type":"web_search"}]')
    return True


def _check_prompt_mode(body: JsonObject, rules: ModelRules) -> None:
    if "optimize_prompt_options" not in body:
        return
    options = body["optimize_prompt_options"]
    if not isinstance(options, dict) or set(options) != {"mode"}:
        raise _wrong("optimize_prompt_options", "must be an object that holds mode only")
    if options["mode"] not in rules.prompt_modes:
        raise _wrong("optimize_prompt_options.mode", f"must be one of {', '.join(rules.prompt_modes)} with this model")
