"""What sinancode accepts."""

from dataclasses import dataclass, replace
from typing import Any

from sandbox.contracts import JsonObject
from sandbox.gateways.fields import (
    invalid_parameter,
    read_choice,
    read_integer,
    read_nonblank,
    read_object,
    read_strings,
)
from sandbox.gateways.models.rules import (
    MOST_IMAGES,
    MOST_REFERENCES,
    V4_0,
    V4_5,
    V5_0_LITE,
    check_total,
    picture_count,
    read_size,
)
from sandbox.gateways.reference_urls import is_url

_KNOWN = frozenset({"prompt", "images", "max_images", "size", "version"})
_VERSIONS = {
    "4.0": replace(V4_0, tiers=("2K", "4K")),
    "4.5": V4_5,
    "5.0-lite": replace(V5_0_LITE, tiers=("2K", "3K"), most_pixels=10_404_496),
}
_MOST_CHARACTERS = 2000


@dataclass(frozen=True, kw_only=True)
class SinancodeRequest:
    """A valid call; its references are URLs that have not been downloaded yet."""

    version: str
    prompt: str
    size: tuple[int, int]
    number: int
    references: tuple[str, ...]


def read_call(body: Any) -> SinancodeRequest:
    """Check a body against the documentation. Raises GatewayError."""
    body = read_object(body, known=_KNOWN, required=("prompt",))
    prompt = read_nonblank(body, "prompt", most=_MOST_CHARACTERS)
    rules = _VERSIONS[read_choice(body, "version", tuple(_VERSIONS), default="5.0-lite")]
    references = read_strings(body.get("images", []), "images")
    if len(references) > MOST_REFERENCES:
        raise invalid_parameter("images", f"has {len(references)} pictures, at most {MOST_REFERENCES} are taken")
    if not all(is_url(reference) for reference in references):
        raise invalid_parameter("images", "must be a list of addresses")
    return SinancodeRequest(
        version=rules.name,
        prompt=prompt,
        size=read_size(body.get("size", "2K"), rules, prompt),
        number=_number(body, prompt, len(references)),
        references=references,
    )


def _number(body: JsonObject, prompt: str, references: int) -> int:
    """Without `max_images`, make as many as allowed: the more expensive of the two meanings that sinancode's pages give it."""
    if "max_images" not in body:
        return picture_count(MOST_IMAGES - references, prompt)
    most = read_integer(body["max_images"], "max_images", least=1, most=MOST_IMAGES)
    check_total("max_images", references, most)
    return picture_count(most, prompt)
