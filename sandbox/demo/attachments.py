"""The pictures that members attach, drawn here so that the demo needs no files."""

import base64
import io
import random
from dataclasses import dataclass

from PIL import ImageFilter

from sandbox.contracts import JsonObject
from sandbox.gateways.drawing.landscapes import draw_landscape


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file and its name."""

    name: str
    content: bytes

    def to_json(self) -> JsonObject:
        return {"name": self.name, "base64": base64.b64encode(self.content).decode()}


def photo(name: str, shows: str, size: tuple[int, int]) -> Attachment:
    """Return a JPEG that shows what the description says."""
    image = draw_landscape(shows, size, random.Random(name)).filter(ImageFilter.BoxBlur(0.8))
    into = io.BytesIO()
    image.save(into, "JPEG", quality=88)
    return Attachment(name=name, content=into.getvalue())
