"""What sinancode takes; pure."""

from dataclasses import dataclass, replace
from typing import Any

from sandbox.gateways.fetching import is_address
from sandbox.gateways.fields import an_object, choice, texts, whole, words, wrong
from sandbox.gateways.model_rules import (
    MOST_IMAGES,
    MOST_REFERENCES,
    V4_0,
    V4_5,
    V5_0_LITE,
    number_made,
    size_in,
    together,
)
from sandbox.stage import JsonObject

_KNOWN = frozenset({"prompt", "images", "max_images", "size", "version"})
_VERSIONS = {
    "4.0": replace(V4_0, tiers=("2K", "4K")),
    "4.5": V4_5,
    "5.0-lite": replace(V5_0_LITE, tiers=("2K", "3K"), most_pixels=10_404_496),
}
_MOST_CHARACTERS = 2000


@dataclass(frozen=True, kw_only=True)
class SinanRequest:
    """A call that was taken; its references are addresses that were not fetched."""

    prompt: str
    size: tuple[int, int]
    number: int
    references: tuple[str, ...]


def read_call(body: Any) -> SinanRequest:
    """Hold a body against the documents; raises GatewayRefusal."""
    body = an_object(body, known=_KNOWN, required=("prompt",))
    prompt = words(body, "prompt", most=_MOST_CHARACTERS)
    rules = _VERSIONS[choice(body, "version", tuple(_VERSIONS), default="5.0-lite")]
    references = texts(body.get("images", []), "images")
    if len(references) > MOST_REFERENCES:
        raise wrong("images", f"has {len(references)} pictures, at most {MOST_REFERENCES} are taken")
    if not all(is_address(reference) for reference in references):
        raise wrong("images", "must be a list of addresses")
    return SinanRequest(
        prompt=prompt,
        size=size_in(body.get("size", "2K"), rules, prompt),
        number=_number(body, prompt, len(references)),
        references=references,
    )


def _number(body: JsonObject, prompt: str, references: int) -> int:
    """Left out, it means a set of as many as there is room for: the dearer of the two meanings their pages give it."""
    if "max_images" not in body:
        return number_made(MOST_IMAGES - references, prompt)
    most = whole(body["max_images"], "max_images", least=1, most=MOST_IMAGES)
    together("max_images", references, most)
    return number_made(most, prompt)
