"""That a picture is recognised after what a bot and a chat do to it, and nothing else is."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sandbox.demo.attachments import photo
from sandbox.gateways.drawing.captions import caption
from sandbox.gateways.drawing.captions.caption import printable
from sandbox.gateways.drawing.composition import compose
from sandbox.gateways.drawing.memory import PaintingMemory, fingerprint, marked, scene_in
from sandbox.gateways.drawing.pictures import Picture, draw, paint, remember_marked
from sandbox.gateways.drawing.scene import Painting, Scene, Subject
from sandbox.gateways.image_maker import GenerationRequest, ImageMaker
from sandbox.gateways.references import Reference
from sandbox.gateways.responses import GeneratedPicture, Outcome
from sandbox.runtime import Runtime

SIZE = 512, 512


def encoded(image: Image.Image, image_format: str, **options: int) -> bytes:
    into = io.BytesIO()
    image.save(into, image_format, **options)
    return into.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda image: encoded(image, "JPEG", quality=60),
        lambda image: encoded(image, "PNG"),
        lambda image: encoded(image, "WEBP", quality=70),
        lambda image: encoded(image.resize((300, 300), Image.Resampling.LANCZOS), "JPEG", quality=80),
        lambda image: encoded(image.reduce(2), "PNG"),
    ],
)
def test_a_picture_survives_what_happens_to_it(change: Callable[[Image.Image], bytes]) -> None:
    """Metadata gone, another format, another size: it is still known."""
    memory = PaintingMemory()
    content = paint(Picture(prompt="a fox by a lake", size=SIZE), memory)
    again = Image.open(io.BytesIO(change(Image.open(io.BytesIO(content))))).convert("RGB")
    found = memory.find(fingerprint(again))

    assert found is not None
    assert found.scene.subjects == (Subject(kind="fox"),)


def test_pictures_are_not_confused() -> None:
    """Similar scenes are told apart, and foreign pictures are not taken for one of ours."""
    memory = PaintingMemory()
    pictures = {
        prompt: paint(Picture(prompt=prompt, size=SIZE), memory)
        for prompt in ("a fox by a lake", "a cat by a lake", "a red fox by a lake", "zorblax", "a fox by a lake at night")
    }
    for prompt, content in pictures.items():
        found = memory.find(fingerprint(Image.open(io.BytesIO(content)).convert("RGB")))
        assert found is not None
        assert found.scene.has("cat") == ("cat" in prompt)
        assert found.scene.has("fox") == ("fox" in prompt)
    for foreign in (Image.new("RGB", SIZE, (120, 140, 160)), Image.effect_noise(SIZE, 60).convert("RGB")):
        assert memory.find(fingerprint(foreign)) is None


def test_the_best_match_wins() -> None:
    """Of several pictures that look almost the same, the nearest is found; of two equal ones, the later."""
    memory = PaintingMemory()
    image = compose(Painting(scene=Scene(place="meadow", layout=1)), (128, 128))
    for layout in (1, 2):
        memory.add(fingerprint(image), Painting(scene=Scene(place="meadow", layout=layout)))
    found = memory.find(fingerprint(image))

    assert found is not None
    assert found.scene.layout == 2


def test_memory_is_bounded() -> None:
    """A sandbox that runs for days keeps the last few hundred paintings."""
    memory = PaintingMemory()
    image = fingerprint(Image.new("RGB", (64, 64)))
    for layout in range(1_000):
        memory.add(image, Painting(scene=Scene(layout=layout), backdrop=b"x" if layout % 2 else None))

    assert len(memory._paintings) <= 600
    assert len(memory._backdrops) <= 60


def test_an_attachment_of_the_demo_carries_its_scene() -> None:
    """Its comment is read back; a damaged one is not."""
    cat = photo("cat.jpg", "an orange cat in the woods", (320, 240)).content
    found = scene_in(cat)

    assert found is not None
    assert found.subjects == (Subject(kind="cat", colour="orange"),)
    assert found.place == "forest"
    assert Image.open(io.BytesIO(cat)).size == (320, 240)
    assert scene_in(draw(Picture(prompt="a cat", size=(64, 64)))) is None
    assert scene_in(cat[:90]) is None
    assert scene_in(marked(cat[:2], found)) == found
    remember_marked(b"no picture at all", PaintingMemory())


def content_of(outcome: Outcome) -> bytes:
    assert isinstance(outcome, GeneratedPicture)
    return outcome.content


async def test_a_gateway_edits_what_another_made() -> None:
    """Whichever gateway painted a picture, and whatever a member attached, an edit keeps its things."""
    runtime = Runtime(seed=3)
    first, second = (ImageMaker(runtime, name=name, pace=0, prepared=0, prices={}, currency="USD") for name in ("one", "two"))
    made = await first.make_all(first.accept(GenerationRequest(model="4.0", prompt="a red fox by a lake", size=SIZE), {}))
    attached = photo("cat.jpg", "an orange cat in the woods", (320, 240)).content
    runtime.files.put(attached)
    stripped = encoded(Image.open(io.BytesIO(attached)), "PNG")
    references = tuple(Reference(url="", content=content) for content in (content_of(made[0]), stripped))
    request = GenerationRequest(model="4.0", prompt="the cat of image 2 and the fox of image 1", size=SIZE, references=references)
    result = await second.make_all(second.accept(request, {}))
    found = runtime.paintings.find(fingerprint(Image.open(io.BytesIO(content_of(result[0]))).convert("RGB")))

    assert found is not None
    assert set(found.scene.subjects) == {Subject(kind="cat", colour="orange"), Subject(kind="fox", colour="red")}
    assert found.backdrop is None


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a red fox", "a red fox"),
        ("un château à l'été", "un château à l'été"),
        ("雪山上的狐狸", "雪山上的狐狸"),
        ("夕焼けの海とキツネ", "夕焼けの海とキツネ"),
        ("여우와 고양이", "여우와 고양이"),
        ("Лиса в снегу", "Лиса в снегу"),
        ("a fox 🦊 in snow", "a fox in snow"),
        ("ثعلب أحمر", ""),
        ("", ""),
    ],
)
def test_captions_in_many_scripts(words: str, shown: str) -> None:
    """The font that is shipped shows most scripts; what it lacks is left out, not drawn as boxes."""
    assert printable(words) == shown


def test_a_chinese_caption_is_drawn() -> None:
    """The lower left corner differs from that of a picture without a caption."""
    with_caption, without = (
        Image.open(io.BytesIO(draw(Picture(prompt="雪山上的狐狸", size=SIZE, caption=shown))))
        .convert("L")
        .crop((20, 470, 160, 506))
        for shown in (True, False)
    )

    assert sum(with_caption.histogram()[215:]) > 100
    assert sum(with_caption.histogram()[:90]) > sum(without.histogram()[:90]) + 300


def test_the_font_is_small_and_licensed() -> None:
    """The captions' font is a subset, and its licence lies beside it."""
    folder = Path(caption.__file__).parent

    assert (folder / "captions.otf").stat().st_size < 1_500_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text(encoding="utf-8")
