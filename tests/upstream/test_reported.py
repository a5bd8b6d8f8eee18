"""What an answer reports beside its pictures: sizes, layers, and what was billed."""

from typing import Any

import pytest

from bot.jobs.picture import Layer
from bot.requests.request import Pixels
from bot.upstream.contract import Completed, PictureReady
from bot.upstream.decoding.reported import read_layer, read_size
from tests.fakes.dialects import answer, decode

# An item, and the size that it reports.
SIZES: list[tuple[dict[str, Any], tuple[int, int] | None]] = [
    ({"size": "2496x1664"}, (2496, 1664)),
    ({"size": " 2496 × 1664 "}, (2496, 1664)),
    ({"width": 2048, "height": 1152}, (2048, 1152)),
    ({"size": "2K"}, None),
    ({"size": "0x1664"}, None),
    ({"size": "9999999x1664"}, None),
    ({"size": 2048}, None),
    ({"width": 2048}, None),
    ({"width": 0, "height": 1152}, None),
    ({"width": True, "height": True}, None),
    ({"size": "1x" * 10_000}, None),
]


@pytest.mark.parametrize(("item", "size"), SIZES)
def test_sizes(item: dict[str, Any], size: tuple[int, int] | None) -> None:
    found = read_size(item)

    assert (None if found is None else (found.width, found.height)) == size


BOX = {"absolute": [100, 200, 900, 800], "normalized": [65, 130, 586, 521]}

# An item, and the layer that it is.
LAYERS: list[tuple[dict[str, Any], Layer | None]] = [
    ({}, None),
    ({"z_index": 0}, Layer(z=0)),
    ({"z_index": 1, "name": "dog", "bounding_box": BOX}, Layer(z=1, name="dog", box=(100, 200, 900, 800))),
    ({"z_index": 2, "name": None, "bounding_box": {"absolute": None}}, Layer(z=2)),
    ({"z_index": 2, "bounding_box": {"absolute": [900, 200, 100, 800]}}, Layer(z=2)),
    ({"z_index": 2, "bounding_box": {"absolute": [1, 2, 3]}}, Layer(z=2)),
    ({"z_index": 2, "bounding_box": {"absolute": ["1", "2", "3", "4"]}}, Layer(z=2)),
    ({"z_index": 2, "bounding_box": [100, 200, 900, 800]}, Layer(z=2)),
    ({"z_index": -1}, None),
    ({"z_index": True}, None),
    ({"z_index": 1, "name": "x" * 5_000}, Layer(z=1, name="x" * 200)),
]


@pytest.mark.parametrize(("item", "layer"), LAYERS)
def test_layers(item: dict[str, Any], layer: Layer | None) -> None:
    assert read_layer(item) == layer


# A `usage`, and what was billed.
USAGES: list[tuple[Any, Completed]] = [
    ({"generated_images": 1, "input_images": 3}, Completed(billed=1, references=3)),
    ({"generated_images": 1}, Completed(billed=1)),
    ({"input_images": 0}, Completed(references=0)),
    ({"generated_images": 1, "input_images": "3"}, Completed(billed=1)),
    ({"generated_images": 1, "input_images": 10**9}, Completed(billed=1)),
    ([], Completed()),
]


@pytest.mark.parametrize(("usage", "completed"), USAGES)
def test_billed(usage: Any, completed: Completed) -> None:
    """References are counted beside the pictures, since the one-picture models charge them too."""
    events = decode("ark_intl", answer({"data": [{"url": "https://r.example/1.png"}], "usage": usage}))

    assert events[-1] == completed


def test_a_decomposition() -> None:
    """A base and its layers, each with its size and place."""
    body = {
        "data": [
            {"url": "https://r.example/1.png", "size": "1536x1536", "z_index": 0},
            {"url": "https://r.example/2.png", "size": "800x600", "z_index": 1, "name": "dog", "bounding_box": BOX},
        ],
        "usage": {"input_images": 1, "generated_images": 2},
    }
    _, *events = decode("ark_intl", answer(body))

    assert events == [
        PictureReady(index=0, address="https://r.example/1.png", size=Pixels(width=1536, height=1536), layer=Layer(z=0)),
        PictureReady(
            index=1,
            address="https://r.example/2.png",
            size=Pixels(width=800, height=600),
            layer=Layer(z=1, name="dog", box=(100, 200, 900, 800)),
        ),
        Completed(billed=2, references=1),
    ]
