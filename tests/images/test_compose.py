"""Layers put together: each fills its box, in order, and nothing that a gateway says of them makes that more than a little work."""

from pathlib import Path

import pytest
from PIL import Image

from bot.errors import UpstreamError
from bot.images import compose as composing
from bot.images.compose import scaled, source_of, within
from bot.images.processor import ImageProcessor
from bot.images.values import Box, Composed, Placed
from tests.images.sample_files import decoded, encoded, noise, png_claiming

WHITE, RED, BLUE, CLEAR = (255, 255, 255, 255), (200, 0, 0, 255), (0, 0, 200, 255), (0, 0, 0, 0)
PLENTY = 10_000_000
Colour = tuple[int, int, int, int]


def kept(folder: Path, name: str, image: Image.Image, kind: str = "PNG") -> Path:
    path = folder / name
    path.write_bytes(encoded(image, kind))
    return path


def layer(folder: Path, colour: Colour, box: Box | None, *, size: tuple[int, int] = (30, 30)) -> Placed:
    name = f"{colour}-{size[0]}x{size[1]}"
    return Placed(path=kept(folder, name, Image.new("RGBA", size, colour)), box=box)


def base(folder: Path, *, size: tuple[int, int] = (100, 80), colour: Colour = WHITE) -> Path:
    return kept(folder, "base", Image.new("RGBA", size, colour))


async def composed(processor: ImageProcessor, base: Path, *layers: Placed, most_bytes: int = PLENTY) -> Composed:
    return await processor.compose(base, layers, pixels=1, most_bytes=most_bytes)


def colours(made: Composed, *points: tuple[int, int]) -> list[object]:
    image = decoded(made.content).convert("RGBA")
    return [image.getpixel(point) for point in points]


async def test_layers_fill_their_boxes_in_order(processor: ImageProcessor, tmp_path: Path) -> None:
    """A layer is scaled to its box, whatever its own size is, and hides what is behind it."""
    behind = layer(tmp_path, RED, (10, 10, 60, 70), size=(7, 300))
    before = layer(tmp_path, BLUE, (50, 20, 90, 40), size=(400, 200))

    made = await composed(processor, base(tmp_path), behind, before)

    assert (made.media_type, made.width, made.height, made.left_out) == ("image/png", 100, 80, ())
    seen = colours(made, (9, 9), (10, 10), (59, 69), (60, 70), (55, 30), (89, 39), (90, 40))
    assert seen == [WHITE, RED, RED, WHITE, BLUE, BLUE, WHITE]


async def test_half_transparent_layers_are_mixed(processor: ImageProcessor, tmp_path: Path) -> None:
    """What is clear shows the base, at its edges too."""
    image = Image.new("RGBA", (40, 40), CLEAR)
    image.paste((0, 0, 200, 128), (0, 0, 20, 40))
    path = kept(tmp_path, "half", image)

    made = await composed(processor, base(tmp_path), Placed(path=path, box=(0, 0, 40, 40)))

    assert colours(made, (5, 20), (35, 20)) == [(127, 127, 227, 255), WHITE]


async def test_a_clear_base_stays_clear(processor: ImageProcessor, tmp_path: Path) -> None:
    """Where nothing is painted, the preview is as transparent as the base."""
    made = await composed(processor, base(tmp_path, colour=CLEAR), layer(tmp_path, RED, (0, 0, 10, 10)))
    assert colours(made, (5, 5), (50, 50)) == [RED, CLEAR]


@pytest.mark.parametrize(
    "box",
    [None, (10, 10, 10, 40), (40, 10, 10, 40), (10, 40, 40, 10), (100, 0, 120, 20), (0, 80, 20, 100), (-20, -20, 0, 0)],
)
async def test_a_layer_without_a_place_is_left_out(processor: ImageProcessor, tmp_path: Path, box: Box | None) -> None:
    """One with an unknown place, an empty one or one beside the base; the others are painted."""
    made = await composed(processor, base(tmp_path), layer(tmp_path, RED, box), layer(tmp_path, BLUE, (0, 0, 100, 80)))
    assert (made.left_out, colours(made, (0, 0), (99, 79))) == ((0,), [BLUE, BLUE])


@pytest.mark.parametrize("box", [(-80, -40, 99_999, 99_999), (0, 0, 100_000, 100_000), (99, 79, 100_000, 100_000)])
async def test_a_huge_box_costs_what_is_seen_of_it(processor: ImageProcessor, tmp_path: Path, box: Box) -> None:
    """Only the part on the base is scaled: all of it would not fit into a worker's memory."""
    made = await composed(processor, base(tmp_path), layer(tmp_path, RED, box))
    assert (made.left_out, colours(made, (99, 79))) == ((), [RED])


async def test_which_part_of_a_cut_layer_is_seen(processor: ImageProcessor, tmp_path: Path) -> None:
    """Half of it is beside the base."""
    image = Image.new("RGBA", (40, 40), RED)
    image.paste(BLUE, (20, 0, 40, 40))
    made = await composed(processor, base(tmp_path), Placed(path=kept(tmp_path, "two", image), box=(60, 0, 140, 80)))
    assert colours(made, (59, 40), (65, 40), (95, 40)) == [WHITE, RED, RED]
    made = await composed(processor, base(tmp_path), Placed(path=tmp_path / "two", box=(-40, 0, 40, 80)))
    assert colours(made, (5, 40), (35, 40), (40, 40)) == [BLUE, BLUE, WHITE]


async def test_a_file_that_is_no_picture_is_left_out(processor: ImageProcessor, tmp_path: Path) -> None:
    """A damaged layer, a bomb and a text; the base itself has to be one."""
    good = layer(tmp_path, BLUE, (0, 0, 50, 50))
    contents = {"cut": good.path.read_bytes()[:-20], "bomb": png_claiming(60_000, 60_000), "text": b"no picture"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    bad = [Placed(path=tmp_path / name, box=(0, 0, 50, 50)) for name in contents]

    made = await composed(processor, base(tmp_path), *bad, good)

    assert (made.left_out, colours(made, (10, 10))) == ((0, 1, 2), [BLUE])
    with pytest.raises(UpstreamError):
        await composed(processor, tmp_path / "bomb", good)


@pytest.mark.parametrize("number", [17, 100])
async def test_as_many_layers_as_there_are(processor: ImageProcessor, tmp_path: Path, number: int) -> None:
    """Each is one column of the picture."""
    layers = [layer(tmp_path, (place, 0, 0, 255), (place, 0, place + 1, 80)) for place in range(number - 1)]
    made = await composed(processor, base(tmp_path), *layers)
    assert made.left_out == ()
    assert colours(made, (0, 5), (number - 2, 5), (number - 1, 5)) == [(0, 0, 0, 255), (number - 2, 0, 0, 255), WHITE]


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beyond so many pixels of all files together, layers are left out."""
    monkeypatch.setattr(composing, "MOST_WORK_PIXELS", 100 * 80 + 2 * 900)
    layers = [layer(tmp_path, RED, (0, 0, 10, 10)) for _ in range(4)]
    assert composing.compose(base(tmp_path), layers, most_bytes=PLENTY).left_out == (2, 3)


async def test_a_large_base_is_shown_smaller(processor: ImageProcessor, tmp_path: Path) -> None:
    """Its layers are where they were; the file stays within its limit."""
    made = await composed(processor, base(tmp_path, size=(3000, 2000)), layer(tmp_path, RED, (1500, 0, 3000, 2000)))
    assert made.width * made.height <= composing.MOST_PREVIEW_PIXELS + made.width + made.height
    assert colours(made, (made.width // 2 - 3, 9), (made.width // 2 + 3, 9)) == [WHITE, RED]
    grainy = kept(tmp_path, "grainy", noise(600, 400))
    made = await composed(processor, grainy, layer(tmp_path, RED, (0, 0, 9, 9)), most_bytes=200_000)
    assert len(made.content) <= 200_000


def test_places_are_computed() -> None:
    """Of boxes within, across and beside a picture."""
    assert (scaled((10, 10, 20, 30), 0.5), scaled((1, 1, 2, 2), 0.1), scaled((5, 5, 5, 9), 1)) == (
        (5, 5, 10, 15),
        (0, 0, 1, 1),
        None,
    )
    assert (within((-5, 2, 5, 9), (8, 8)), within((8, 0, 9, 9), (8, 8))) == ((0, 2, 5, 8), None)
    assert source_of((0, 2, 5, 8), (-5, 2, 5, 8), (100, 60)) == (50.0, 0.0, 100.0, 60.0)
