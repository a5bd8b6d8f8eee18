"""How a fake gateway reads reference pictures."""

import base64
import io
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from sandbox.gateways.references import read_reference


def reference(image_format: str, declared: str, **options: Any) -> str:
    """Return a small picture in a format, as a data URL that may declare another one."""
    into = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 120, 90)).save(into, image_format, **options)
    return f"data:image/{declared};base64,{base64.b64encode(into.getvalue()).decode()}"


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    return tags


def text() -> PngImagePlugin.PngInfo:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Author", "ada")
    return chunks


@pytest.mark.parametrize(
    ("image_format", "declared"),
    [("JPEG", "jpeg"), ("MPO", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("BMP", "bmp"), ("TIFF", "tiff"), ("GIF", "gif")],
)
def test_formats(image_format: str, declared: str) -> None:
    """Every documented format is read, and a plain picture has no metadata."""
    read = read_reference(reference(image_format, declared), 1)

    assert (read.width, read.height, read.format, read.metadata) == (40, 30, declared, False)


@pytest.mark.parametrize(
    ("image_format", "declared", "options"),
    [
        ("JPEG", "jpeg", {"exif": exif()}),
        ("JPEG", "jpeg", {"comment": b"made by ada"}),
        ("PNG", "png", {"exif": exif()}),
        ("PNG", "png", {"pnginfo": text()}),
        ("WEBP", "webp", {"exif": exif()}),
        ("WEBP", "webp", {"xmp": b"<x:xmpmeta/>"}),
        ("TIFF", "tiff", {"software": "a program"}),
        ("GIF", "gif", {"comment": b"made by ada"}),
    ],
)
def test_metadata_is_detected(image_format: str, declared: str, options: dict[str, Any]) -> None:
    """Metadata about camera, author or text is detected in each format."""
    assert read_reference(reference(image_format, declared, **options), 1).metadata is True


def test_colour_profile_is_no_metadata() -> None:
    """A colour profile does not count as metadata."""
    assert read_reference(reference("JPEG", "jpeg", icc_profile=b"a profile" * 20), 1).metadata is False
