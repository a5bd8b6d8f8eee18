"""The pictures that members attach, drawn here so that the demo needs no files."""

import base64
from dataclasses import dataclass

from sandbox.contracts import JsonObject
from sandbox.gateways.drawing.memory import marked
from sandbox.gateways.drawing.pictures import Picture, draw, scene_of
from sandbox.gateways.drawing.scene import layout_of


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file and its name."""

    name: str
    content: bytes

    def to_json(self) -> JsonObject:
        return {"name": self.name, "base64": base64.b64encode(self.content).decode()}


def photo(name: str, shows: str, size: tuple[int, int]) -> Attachment:
    """Return a JPEG that shows what the description says and carries its scene, for the painter to recognise."""
    picture = Picture(prompt=shows, size=size, caption=False, seed=layout_of(name))
    return Attachment(name=name, content=marked(draw(picture), scene_of(picture)))
