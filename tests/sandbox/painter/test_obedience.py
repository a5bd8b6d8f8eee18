"""That pictures visibly obey, measured in pixels."""

import colorsys
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from sandbox.gateways.drawing.composition import compose
from sandbox.gateways.drawing.memory import PaintingMemory
from sandbox.gateways.drawing.pictures import Background, Picture, draw, paint
from sandbox.gateways.drawing.scene import Painting, Scene, Subject
from sandbox.gateways.drawing.subjects.table import SHAPES

SIZE = 480, 360


def drawn(prompt: str, memory: PaintingMemory | None = None, **fields: Any) -> bytes:
    request: dict[str, Any] = {"prompt": prompt, "size": SIZE, "caption": False}
    return paint(Picture(**request | fields), memory or PaintingMemory())


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def encoded(image: Image.Image) -> bytes:
    into = io.BytesIO()
    image.save(into, "PNG")
    return into.getvalue()


def brightness(content: bytes) -> float:
    return float(ImageStat.Stat(opened(content).convert("L")).mean[0])


def difference(first: bytes, second: bytes) -> float:
    """Return the mean difference of two pictures, 0 to 255, without their grain."""
    return sum(ImageStat.Stat(ImageChops.difference(opened(first).reduce(4), opened(second).reduce(4))).mean) / 3


def share(content: bytes, holds: Callable[[float, float, float], bool]) -> float:
    """Return the share of pixels whose hue (degrees), saturation and value fulfil a condition."""
    tiny = opened(content).resize((96, 72))
    raw = tiny.tobytes()
    found = [colorsys.rgb_to_hsv(*(part / 255 for part in raw[at : at + 3])) for at in range(0, len(raw), 3)]
    return sum(holds(hue * 360, saturation, value) for hue, saturation, value in found) / len(found)


def blue(hue: float, saturation: float, value: float) -> bool:
    return 200 < hue < 250 and saturation > 0.5 and value > 0.3


def white(hue: float, saturation: float, value: float) -> bool:
    return saturation < 0.16 and value > 0.72


@pytest.fixture(params=["known", "foreign"])
def memory(request: pytest.FixtureRequest) -> Callable[[], PaintingMemory]:
    """A memory for each call: the same one all the time, or always an empty one, as for pictures of another origin."""
    shared = PaintingMemory()
    return lambda: shared if request.param == "known" else PaintingMemory()


def test_night_darkens_and_day_brightens(memory: Callable[[], PaintingMemory]) -> None:
    """An edit to night is much darker, and back to day it is bright again."""
    day = drawn("a fox in a meadow at noon", memory())
    night = drawn("make it night", memory(), references=(day,))
    again = drawn("make it day", memory(), references=(night,))

    assert brightness(night) < brightness(day) * 0.62
    assert brightness(again) > brightness(night) * 1.25


def test_blue_recolours(memory: Callable[[], PaintingMemory]) -> None:
    """Making it blue makes a good part of the picture blue that was not."""
    fox = drawn("a red fox in autumn at noon", memory())
    recoloured = drawn("make it blue", memory(), references=(fox,))

    assert share(recoloured, blue) > share(fox, blue) + 0.06


def test_winter_brings_snow(memory: Callable[[], PaintingMemory]) -> None:
    """A green meadow becomes white."""
    meadow = drawn("a house in a meadow at noon", memory())
    winter = drawn("turn this into winter", memory(), references=(meadow,))

    assert share(winter, white) > share(meadow, white) + 0.2


def test_a_style_repaints(memory: Callable[[], PaintingMemory]) -> None:
    """A watercolour changes more than a fading: it has edges of paper and smoother areas."""
    fox = drawn("a fox by a lake", memory())
    washed = drawn("as a watercolour", memory(), references=(fox,))
    corner = opened(washed).getpixel((2, 2))

    assert difference(fox, washed) > 8
    assert isinstance(corner, tuple)
    assert min(corner) > 215


def test_something_is_added(memory: Callable[[], PaintingMemory]) -> None:
    """An added thing is seen."""
    lake = drawn("a lake at noon", memory())

    assert difference(lake, drawn("add a red boat", memory(), references=(lake,))) > 2


def test_adding_and_removing_gives_the_picture_back() -> None:
    """What was not named stays where it is, pixel by pixel."""
    memory = PaintingMemory()
    fox = drawn("a fox by a lake", memory)
    both = drawn("add a lighthouse", memory, references=(fox,))
    back = drawn("remove the lighthouse", memory, references=(both,))

    assert difference(fox, both) > 3
    assert difference(fox, back) < 1.5


def test_there_is_one_light_in_the_sky() -> None:
    """At night the sun has become a moon, in the same place."""
    memory = PaintingMemory()
    day = drawn("a meadow at noon", memory)
    night = drawn("make it night", memory, references=(day,))
    sun, moon = (lights(one, 236 if one is day else 190) for one in (day, night))

    assert moon is not None
    assert sun is not None
    assert abs(moon[0] - sun[0]) + abs(moon[1] - sun[1]) < SIZE[0] * 0.12
    assert moon[2] - moon[0] < SIZE[0] * 0.2


def lights(content: bytes, least: int) -> tuple[int, int, int, int] | None:
    """Return the box around what shines in the sky, without the specks of stars."""
    sky = opened(content).crop((0, 0, SIZE[0], SIZE[1] // 3)).convert("L").filter(ImageFilter.MinFilter(5))
    return sky.point(lambda value: 255 if value > least else 0).getbbox()


@pytest.mark.parametrize("prompt", ["make it night", "make it blue", "winter", "as a watercolour", "softer"])
def test_five_edits_do_not_nest(prompt: str) -> None:
    """Repeated edits of a picture, also of a foreign one, neither frame nor fade it: the fifth looks like the first."""
    for origin in ("known", "foreign"):
        memory = PaintingMemory()
        picture = drawn("a cat and a tree", memory if origin == "known" else None, caption=True)
        results = []
        for _ in range(5):
            picture = drawn(prompt, memory, references=(picture,), caption=True)
            results.append(picture)

        assert difference(results[0], results[-1]) < 3


def test_captions_leave_no_ghosts() -> None:
    """An edit shows its own caption where the old one was."""
    memory = PaintingMemory()
    first = drawn("a fox in a meadow, and a rather long description of it all", memory, caption=True)
    edited = drawn("softer", memory, references=(first,), caption=True)
    bare = drawn("a fox in a meadow, and a rather long description of it all", memory)
    right = SIZE[0] // 3, SIZE[1] * 5 // 6, SIZE[0], SIZE[1]
    old, new = (encoded(opened(one).crop(right)) for one in (first, edited))

    assert difference(edited, bare) < 4
    assert difference(new, encoded(opened(bare).crop(right))) < difference(old, encoded(opened(bare).crop(right))) / 2


def test_pixel_art_has_few_colours() -> None:
    """Pixel art is made of blocks in few colours."""
    art = Image.open(io.BytesIO(drawn("a fox, pixel art", format="png")))
    colours = art.getcolors(1_000)

    assert colours is not None
    assert len(colours) <= 28


def test_black_and_white_has_no_colour() -> None:
    assert share(drawn("a red fox in black and white"), lambda _, saturation, __: saturation > 0.2) < 0.02


@pytest.mark.parametrize("style", ["watercolour", "oil", "pixel", "line", "comic", "mono", "neon", "woodcut", "vintage"])
def test_every_style_is_its_own(style: str) -> None:
    """Every style changes every place, also one on nothing."""
    scene = Scene(subjects=(Subject(kind="fox"),), place="meadow", time="day", layout=3)
    plain = compose(Painting(scene=scene), (160, 120))
    other = drawn(f"a fox in a meadow, {style}", size=(160, 120))
    see_through = Image.open(io.BytesIO(drawn(f"a fox, {style}", size=(160, 120), format="png", background=Background.CUT_OUT)))

    assert plain.size == (160, 120)
    assert difference(other, drawn("a fox in a meadow", size=(160, 120))) > 8
    assert see_through.mode == "RGBA"


def test_a_transparent_background() -> None:
    """The corners are clear, the thing is not; a JPEG shows it on white."""
    for prompt in ("a purple dragon", "zorblax"):
        image = Image.open(io.BytesIO(drawn(prompt, format="png", background=Background.CUT_OUT, caption=True)))
        alpha = image.getchannel("A")
        histogram = alpha.histogram()

        assert [alpha.getpixel(at) for at in ((0, 0), (SIZE[0] - 1, 0), (0, SIZE[1] - 1))] == [0, 0, 0]
        assert histogram[255] > 0.1 * SIZE[0] * SIZE[1]
    assert opened(drawn("a purple dragon", background=Background.CUT_OUT)).getpixel((2, 2)) == (255, 255, 255)


def test_the_pictures_of_a_set_differ_and_show_the_same() -> None:
    """A set of edits varies too."""
    memory = PaintingMemory()
    fox = drawn("a fox by a lake", memory)
    for prompt, references in (("three cats", ()), ("make it winter", (fox,)), ("make it winter", (drawn("a fox"),))):
        pictures = [drawn(prompt, memory, references=references, index=index, total=4) for index in range(4)]

        assert min(difference(a, b) for a in pictures for b in pictures if a is not b) > 4


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_every_thing_fits_on_its_tile(kind: str) -> None:
    """Every thing is drawn, and nothing of it is cut off at the sides or below."""
    scene = Scene(subjects=(Subject(kind=kind),), layout=1)
    image = compose(Painting(scene=scene), (240, 240), transparent=True)
    box = image.getchannel("A").getbbox()

    assert box is not None
    assert (box[2] - box[0]) * (box[3] - box[1]) > 240 * 240 * 0.04
    assert box[0] >= 0
    assert box[3] <= 240


def test_foreign_pictures_stand_side_by_side() -> None:
    """Several pictures of unknown origin are shown together, and one can be picked."""
    red, green = (drawn_sheet(colour) for colour in ((200, 30, 30), (30, 170, 60)))
    both, second = drawn("combine them", references=(red, green)), drawn("only number 2", references=(red, green))

    assert dominant(both, 0.25) == "red"
    assert dominant(both, 0.75) == "green"
    assert dominant(second, 0.25) == dominant(second, 0.75) == "green"


def drawn_sheet(colour: tuple[int, int, int]) -> bytes:
    return encoded(Image.new("RGB", (300, 200), colour))


def dominant(content: bytes, across: float) -> str:
    found = opened(content).getpixel((round(SIZE[0] * across), SIZE[1] // 2))
    assert isinstance(found, tuple)
    return ("red", "green", "blue")[max(range(3), key=lambda channel: found[channel])]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prompt": "three foxes in the city at night, oil painting"},
        {"prompt": "zorblax"},
        {"prompt": "a fox", "background": Background.CUT_OUT, "format": "png"},
        {"prompt": "make it winter", "references": (drawn_sheet((90, 160, 90)),)},
    ],
)
def test_same_request_same_bytes(fields: dict[str, Any]) -> None:
    """Prompt, seed, size and references decide every byte."""
    request: dict[str, Any] = {"prompt": "a cat on a beach", "size": SIZE, "seed": 5}
    picture = Picture(**request | fields)

    assert draw(picture) == draw(picture)
