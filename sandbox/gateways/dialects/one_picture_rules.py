"""What the official API accepts from 5.5, 5.0-pro and 5.0-flash beyond the older models, and what it refuses of those."""

from collections.abc import Sequence

from sandbox.contracts import JsonObject
from sandbox.gateways.fields import invalid_parameter, read_boolean, read_choice
from sandbox.gateways.models.rules import ModelRules
from sandbox.gateways.models.sizes import tier_pixels_like
from sandbox.gateways.prompt_hints import named_ratio
from sandbox.gateways.references import Reference, has_transparent_pixel
from sandbox.gateways.responses import GatewayError

_OF_SETS = ("sequential_image_generation", "sequential_image_generation_options", "stream", "tools")
"""What one-picture models refuse, whatever its value: also `disabled` and `false`."""
_OF_ONE_PICTURE = ("background", "layer_decomposition")
_LEAST_LAYER_PIXELS = 262_144
_LAYER_FORMATS = ("png", "jpeg")


def check_one_picture(body: JsonObject, rules: ModelRules) -> None:
    """Raise the error of a field that belongs to the other kind of model."""
    foreign = _OF_SETS if rules.one_picture else _OF_ONE_PICTURE
    name = next((name for name in foreign if name in body), None)
    if name is not None:
        message = f"The parameter `{name}` specified in the request is not valid for this model."
        raise GatewayError(400, "InvalidParameter", message, param=name)


def read_layers(body: JsonObject, rules: ModelRules) -> bool:
    """Return whether the call takes a picture apart, and check what that excludes."""
    if not read_boolean(body, "layer_decomposition", default=False):
        return False
    if body.get("background") == "transparent":
        raise invalid_parameter("background", "cannot be transparent together with layer_decomposition")
    if body.get("size", "auto") not in (*rules.tiers, "auto"):
        raise invalid_parameter("size", f"must be auto or one of {', '.join(rules.tiers)} together with layer_decomposition")
    return True


def read_background(body: JsonObject, rules: ModelRules) -> str:
    """Return the background, empty for models without the field."""
    if not rules.backgrounds:
        return ""
    background = read_choice(body, "background", rules.backgrounds, default=rules.backgrounds[0])
    if background == "transparent" and body.get("output_format", "png") != "png":
        raise invalid_parameter("background", "cannot be transparent in a jpeg")
    return background


def check_references(references: Sequence[Reference], rules: ModelRules, *, background: str, layers: bool) -> None:
    """Raise the error of references that do not suit layers or a background that is to be kept."""
    if layers:
        _check_layered(references)
    if background == "transparent" and not rules.cuts_out:
        if len(references) != 1:
            raise invalid_parameter("image", "must be exactly one picture with this model if background is transparent")
        _check_downloaded(references[0])
        if not has_transparent_pixel(references[0]):
            raise invalid_parameter("image", "must have an alpha channel with a transparent pixel if background is transparent")


def _check_layered(references: Sequence[Reference]) -> None:
    if len(references) != 1:
        raise invalid_parameter("image", f"must be exactly one picture for layer_decomposition, not {len(references)}")
    (picture,) = references
    _check_downloaded(picture)
    if picture.format not in _LAYER_FORMATS:
        raise invalid_parameter("image", f"must be a {' or '.join(_LAYER_FORMATS)} for layer_decomposition")
    if (picture.width or 0) * (picture.height or 0) < _LEAST_LAYER_PIXELS:
        raise invalid_parameter("image", f"must have at least {_LEAST_LAYER_PIXELS} pixels for layer_decomposition")


def _check_downloaded(reference: Reference) -> None:
    if reference.content is None:
        raise GatewayError(400, "InvalidParameter", "Timeout while downloading url.", param="image")


def final_size(
    prompt: str, size: tuple[int, int], tier: str, references: Sequence[Reference], rules: ModelRules
) -> tuple[int, int]:
    """Return the size of the result: a tier takes the shape of the first reference unless the prompt names another."""
    first = references[0] if references else None
    if not tier or first is None or first.width is None or first.height is None:
        return size
    pixels = first.width * first.height
    if tier != "auto":
        return size if named_ratio(prompt) is not None else tier_pixels_like(tier, first.width, first.height)
    if rules.least_pixels <= pixels <= rules.most_pixels:
        return first.width, first.height
    return tier_pixels_like("1K" if pixels < rules.least_pixels else "2K", first.width, first.height)
