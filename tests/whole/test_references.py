"""Members' pictures over the real wire: what is wrong with several is told at once, every usual format reaches the paid call."""

import pytest

from tests.images.corpus import corpus
from tests.images.sample_files import encoded, noise
from tests.whole.scene import Message, Scene, attached, painted

PHOTO = noise(320, 240)


def test_three_bad_pictures_and_a_good_one(scene: Scene) -> None:
    """One answer names the three with their reasons, and no gateway hears of it."""
    before, start = len(scene.sandbox.calls()), scene.mark()
    files = [
        attached(b"%PDF-1.7\n1 0 obj\n", "paper.pdf"),
        attached(painted((10, 20, 200)), "lake.png"),
        attached(encoded(PHOTO, "JPEG")[:-900], "cut.jpg"),
        attached(encoded(PHOTO.resize((9, 9)), "PNG"), "dot.png"),
    ]

    scene.command("edit", "put them together", files=files)

    refused = scene.words(start, "Image 1 is a PDF")["text"]
    assert "Image 3 is damaged or incomplete." in refused
    assert "Image 4 is too small" in refused
    assert "Image 2" not in refused
    assert scene.calls_since(before) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.bmp", encoded(PHOTO, "BMP")),
        ("scan.tiff", encoded(PHOTO, "TIFF", compression="tiff_lzw")),
        ("panorama.jpg", encoded(PHOTO, "JPEG")[:-2] + bytes(9) + b"SEFHe SEFT"),
        ("portrait.heic", corpus()["turned.heic"].content),
    ],
)
def test_a_picture_of_a_rarer_kind_reaches_the_paid_call(scene: Scene, name: str, content: bytes) -> None:
    """As JPEG or PNG, with its size."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.say("@bot make it night", files=[attached(content, name)])
    scene.pictures(start)

    (call,) = scene.calls_since(before)
    (given,) = call["images"]
    assert given["format"] in {"png", "jpeg"}
    assert (given["width"], given["height"]) == ((64, 64) if name == "portrait.heic" else PHOTO.size)
    assert not given["metadata"]


FILES = [
    ("message.txt", b"a long story about a fox", "it is your text as a file"),
    ("voice-message.ogg", b"OggS" + bytes(200), "is a voice message"),
    ("clip.mp4", b"\0\0\0\x18ftypisom" + bytes(200), "is a video, not an image"),
]


@pytest.mark.parametrize(("name", "content", "words"), FILES, ids=[name for name, _, _ in FILES])
def test_a_file_that_is_no_picture_has_its_own_words(scene: Scene, name: str, content: bytes, words: str) -> None:
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.say("@bot make it night", files=[attached(content, name)])

    assert scene.words(start, words)
    assert scene.calls_since(before) == []


def hidden(message: Message) -> bool:
    return all(file["spoiler"] for file in message["files"])


def discord(scene: Scene) -> Scene:
    if scene.platform != "discord":
        pytest.skip("Slack hides no picture behind a click")
    return scene


def test_an_edit_of_a_hidden_picture_is_hidden(scene: Scene) -> None:
    """A mention with it, a reply to the result, *Again* on that, and a message's menu; unless the member says otherwise."""
    scene, secret = discord(scene), attached(painted((90, 10, 10)), "SPOILER_ending.png")
    start = scene.mark()
    scene.say("@bot make it night", files=[secret])
    first = scene.pictures(start)
    scene.words(start, " s: 1 image with")

    after = scene.mark()
    scene.follow(first, "make it winter")
    second = scene.pictures(after)
    receipt = scene.words(after, " s: 1 image with")
    after = scene.mark()
    scene.press(next(one for one in (second, receipt) if one["buttons"]), "Again")
    third = scene.pictures(after)
    scene.words(after, " s: 1 image with")

    posted = scene.say("who did it", files=[secret])
    after = scene.mark()
    scene.edit_by_menu(posted["id"], {"prompt": "give it a hat"})
    fourth = scene.pictures(after)
    scene.words(after, " s: 1 image with")

    after = scene.mark()
    scene.follow(first, "make it spring --no-spoiler")
    open_again = scene.pictures(after)

    assert [hidden(message) for message in (first, second, third, fourth, open_again)] == [True] * 4 + [False]
