"""That an edit with a box changes only the box, and that a point is marked."""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.gateways.drawing.layers import take_apart
from sandbox.gateways.drawing.memory import PaintingMemory
from sandbox.gateways.drawing.pictures import Background, Picture, paint
from sandbox.gateways.drawing.words.regions import Region, read_regions

SIZE = 640, 480
BOX = "<bbox>500 0 999 999</bbox>"


def drawn(prompt: str, memory: PaintingMemory, **fields: Any) -> bytes:
    request: dict[str, Any] = {"prompt": prompt, "size": SIZE, "caption": False, "format": "png"}
    return paint(Picture(**request | fields), memory)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def change(first: bytes, second: bytes, box: tuple[int, int, int, int]) -> float:
    """Return the mean difference of two pictures within a box, without their grain."""
    parts = [opened(content).crop(box).reduce(4) for content in (first, second)]
    return sum(ImageStat.Stat(ImageChops.difference(*parts)).mean) / 3


@pytest.mark.parametrize(
    ("prompt", "words", "regions"),
    [
        ("a fox", "a fox", []),
        ("make it blue <bbox>10 20 300 999</bbox>", "make it blue", [(10, 20, 300, 999, 0)]),
        ("Image 2 <bbox>0 0 9 9</bbox> red", "red", [(0, 0, 9, 9, 2)]),
        ("a bird at <point>500 250</point>, please", "a bird at , please", [(500, 250, 500, 250, 0)]),
        ("<bbox>1,2,3,4</bbox><BBOX> 5 6  7 8 </BBOX>", "", [(1, 2, 3, 4, 0), (5, 6, 7, 8, 0)]),
        ("<bbox>0 0 1000 1000</bbox>", "<bbox>0 0 1000 1000</bbox>", []),
        ("<bbox>0.5 0 9 9</bbox>", "<bbox>0.5 0 9 9</bbox>", []),
        ("<bbox>-1 0 9 9</bbox>", "<bbox>-1 0 9 9</bbox>", []),
        ("<bbox>9 9 1 1</bbox>", "<bbox>9 9 1 1</bbox>", []),
        ("<bbox>1 2 3</bbox>", "<bbox>1 2 3</bbox>", []),
        ("<point>1 2 3</point>", "<point>1 2 3</point>", []),
        ("<bbox>1 2 3 4", "<bbox>1 2 3 4", []),
    ],
)
def test_tags(prompt: str, words: str, regions: list[tuple[int, ...]]) -> None:
    """Whole numbers from 0 to 999; what is no such tag stays words."""
    text, found = read_regions(prompt)

    assert text == words
    assert [(r.left, r.top, r.right, r.bottom, r.picture) for r in found] == regions


def test_a_box_on_a_picture() -> None:
    assert Region(left=100, top=0, right=500, bottom=999).on((2000, 1000)) == (200, 0, 1000, 999)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("prompt", ["make it night", "make it blue", "as a watercolour"])
def test_an_edit_stays_in_its_box(known: bool, prompt: str) -> None:
    """Half of the picture changes, the other not at all, whoever made the picture."""
    memory = PaintingMemory()
    fox = drawn("a red fox in a meadow at noon", memory)
    edited = drawn(f"{prompt} {BOX}", memory if known else PaintingMemory(), references=(fox,))

    assert change(fox, edited, (0, 0, 312, 480)) < 2
    assert change(fox, edited, (340, 20, 620, 460)) > 8


def test_a_new_thing_goes_into_its_box() -> None:
    """Into a picture that is edited, and into a new one."""
    memory = PaintingMemory()
    meadow = drawn("a fox in a meadow at noon", memory)
    edited = drawn("add a balloon <bbox>0 0 300 400</bbox>", memory, references=(meadow,))
    left, right = (drawn(f"a cat in a meadow at noon <bbox>{at} 300 {at + 400} 950</bbox>", memory) for at in (0, 599))

    assert change(meadow, edited, (0, 0, 192, 192)) > 8
    assert change(meadow, edited, (220, 0, 640, 480)) < 2
    assert change(left, right, (0, 150, 256, 456)) > 8
    assert change(left, right, (390, 150, 640, 456)) > 8


def test_a_box_in_the_second_picture() -> None:
    """The picture that the tag names is the one that is edited."""
    memory = PaintingMemory()
    cat, tower = drawn("a cat by a lake at night", memory), drawn("a tower in a desert at noon", memory)
    edited = drawn(f"Image 2 {BOX} make it night", memory, references=(cat, tower))

    assert change(tower, edited, (0, 0, 312, 480)) < 2


def test_a_point_is_marked() -> None:
    """By a red pin, nowhere else."""
    memory = PaintingMemory()
    meadow = drawn("a fox in a meadow at noon", memory)
    marked = drawn("softer <point>750 250</point>", memory, references=(meadow,))
    found = ImageChops.difference(opened(meadow), opened(marked)).convert("L").point(lambda value: 255 if value > 60 else 0)
    box = found.getbbox()

    assert box is not None
    assert 440 < box[0] < box[2] < 520
    assert 60 < box[1] < box[3] < 130


def test_an_edited_region_can_be_edited_again() -> None:
    """The result is a picture like others."""
    memory = PaintingMemory()
    fox = drawn("a red fox in a meadow at noon", memory)
    once = drawn(f"make it blue {BOX}", memory, references=(fox,))
    twice = drawn("make it night", memory, references=(once,))

    assert ImageStat.Stat(opened(twice).convert("L")).mean[0] < 0.75 * ImageStat.Stat(opened(once).convert("L")).mean[0]


@pytest.mark.parametrize("background", list(Background))
def test_same_request_same_bytes(background: Background) -> None:
    """With a box and without a background too."""
    fox = drawn("a red fox", PaintingMemory(), background=Background.CUT_OUT)
    fields: dict[str, Any] = {"background": background, "references": (fox,)}

    assert drawn(f"make it blue {BOX}", PaintingMemory(), **fields) == drawn(f"make it blue {BOX}", PaintingMemory(), **fields)


def test_a_sticker_can_be_taken_apart() -> None:
    """It lies on white then; there is a background and something on it."""
    memory = PaintingMemory()
    sticker = drawn("a red fox", memory, background=Background.CUT_OUT)
    found = take_apart(Picture(prompt="", size=SIZE, references=(sticker,)), memory)

    assert found.layers[0].name == "background"
    assert len(found.layers) > 1
