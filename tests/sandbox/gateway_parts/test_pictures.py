"""What the fake gateways draw, and what they read from a prompt."""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.gateways.drawing.pictures import Picture, draw, drawn_size
from sandbox.gateways.models.sizes import RATIOS, tier_pixels
from sandbox.gateways.prompt_hints import count_in_prompt, ratio_in_prompt

SIZE = 960, 640


def drawn(prompt: str = "a fox", **fields: Any) -> Image.Image:
    return Image.open(io.BytesIO(draw(Picture(**{"prompt": prompt, "size": SIZE} | fields)))).convert("RGB")


def difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def brightness(image: Image.Image) -> float:
    return float(ImageStat.Stat(image.convert("L")).mean[0])


@pytest.mark.parametrize("size", [(2048, 2048), (1600, 2848), (7680, 480), (400, 6400), (16, 16)])
@pytest.mark.parametrize("image_format", ["jpeg", "png"])
def test_exact_size_and_format(size: tuple[int, int], image_format: str) -> None:
    """A picture has exactly the requested dimensions and format, with and without references."""
    reference = draw(Picture(prompt="a tree", size=(300, 200)))
    for references in ((), (reference, "https://cdn.example.com/a.png")):
        image = Image.open(io.BytesIO(draw(Picture(prompt="a fox", size=size, format=image_format, references=references))))
        image.load()

        assert (image.size, image.format) == (size, image_format.upper())


def test_file_size() -> None:
    """A 2K JPEG is as large as a real result: some hundred kilobytes."""
    assert 200_000 < len(draw(Picture(prompt="a fox", size=(2048, 2048)))) < 1_500_000


@pytest.mark.parametrize("size", [(1024, 1024), (2048, 2048), (4096, 4096), (6240, 2656), (7680, 480), (16, 16), (400, 6400)])
def test_scenes_are_drawn_small(size: tuple[int, int]) -> None:
    """However large a picture is, its scene is drawn at about a million pixels: the work does not grow with it."""
    width, height = drawn_size(size)

    assert width * height <= 1_110_000
    assert max(width, height) <= 2_048
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)


def test_same_prompt_same_bytes() -> None:
    """The same prompt, place in the set and seed give the same bytes."""
    picture = Picture(prompt="a fox", size=SIZE, seed=4)

    assert draw(picture) == draw(picture)


@pytest.mark.parametrize("other", [{"prompt": "a cabin at night"}, {"index": 1}, {"seed": 1}, {"repeat": 1}])
def test_other_prompt_other_picture(other: dict[str, Any]) -> None:
    """Another prompt, place in the set, seed or repetition gives a visibly different picture."""
    assert difference(drawn(), drawn(**other)) > 8


def test_seasons_of_a_set() -> None:
    """In a set about the seasons, the winter picture is brighter than the autumn one."""
    autumn, winter = (drawn("the four seasons of a lake", index=index, total=4) for index in (2, 3))

    assert brightness(winter) > brightness(autumn) + 25


def test_edit_shows_its_reference() -> None:
    """An edit of a red sheet is redder than one of a blue sheet, and a night edit is darker than its reference."""
    sheets = []
    for colour in ((210, 40, 40), (40, 60, 210)):
        into = io.BytesIO()
        Image.new("RGB", SIZE, colour).save(into, "PNG")
        sheets.append(into.getvalue())
    red, blue = (ImageStat.Stat(drawn("softer", references=(sheet,))).mean for sheet in sheets)
    bright = draw(Picture(prompt="a beach", size=SIZE))

    assert red[0] > blue[0] + 40
    assert blue[2] > red[2] + 40
    assert brightness(drawn("make it night", references=(bright,))) < brightness(Image.open(io.BytesIO(bright))) - 30


def test_watermark_and_number() -> None:
    """A watermark and a number in a set change their corner, and are drawn only on request."""
    plain, marked = drawn(), drawn(watermark=True)
    changed = ImageChops.difference(plain, marked).getbbox()

    assert changed is not None
    assert changed[0] > SIZE[0] * 0.5
    assert changed[1] > SIZE[1] * 0.5
    assert difference(drawn(total=1), drawn(total=4)) > 0


@pytest.mark.parametrize("tier", ["1K", "2K", "3K", "4K"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_tier_ratios(tier: str, ratio: str) -> None:
    """Every size of the table has its ratio to within three percent, and an allowed number of pixels."""
    width, height = tier_pixels(tier, ratio)
    across, down = map(int, ratio.split(":"))

    assert width / height == pytest.approx(across / down, rel=0.03)
    assert 921_600 <= width * height <= 16_777_216


@pytest.mark.parametrize(
    ("prompt", "ratio"),
    [
        ("a fox", "1:1"),
        ("a fox, 16:9", "16:9"),
        ("at 9:16 for a phone", "9:16"),
        ("a wide valley", "16:9"),
        ("portrait of a fox", "3:4"),
        ("a banner", "21:9"),
        ("widely known", "1:1"),
        ("meet at 14:30", "1:1"),
        ("16:90", "1:1"),
    ],
)
def test_ratio_in_prompt(prompt: str, ratio: str) -> None:
    """A prompt may name its ratio or imply it."""
    assert ratio_in_prompt(prompt) == ratio


@pytest.mark.parametrize(
    ("prompt", "number"),
    [
        ("a fox", None),
        ("three foxes", None),
        ("a set of 4", 4),
        ("a Series of six", 6),
        ("3 shots of a fox", 3),
        ("four seasons", 4),
        ("12 small pictures", 12),
        ("combine image 1 and image 2", None),
    ],
)
def test_count_in_prompt(prompt: str, number: int | None) -> None:
    """A prompt may say how many pictures it wants."""
    assert count_in_prompt(prompt) == number
