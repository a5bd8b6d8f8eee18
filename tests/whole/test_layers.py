"""Layers and transparent pictures, from what a member types to the pixels that are posted and sent on."""

import io
import zipfile

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.driver import Sandbox
from tests.images.sample_files import encoded, half_transparent
from tests.images.sample_files import scene as corners
from tests.whole.running import started, stop
from tests.whole.scene import PLATFORMS, Message, Scene, attached, said

LAYERS = "--layers --gateway ark_intl"
MODEL = "--gateway ark_intl --model flash"


def photo() -> Message:
    return attached(encoded(corners(1200, 800), "PNG"))


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def files_of(scene: Scene, message: Message) -> dict[str, bytes]:
    return {file["name"]: scene.sandbox.file(file["sha256"]) for file in message["files"]}


def taken_apart(scene: Scene) -> tuple[Message, dict[str, bytes]]:
    """The result of a job of layers, and what is in its zip."""
    start = scene.mark()
    scene.say(f"@bot {LAYERS}", files=[photo()])
    result = scene.words(start, "layers with Seedream")
    (content,) = [content for name, content in files_of(scene, result).items() if name.endswith("-layers.zip")]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return result, {name: archive.read(name) for name in archive.namelist()}


def test_two_files_for_all_layers(scene: Scene) -> None:
    """A preview that looks like the picture, a zip of the layers, and their names with what was billed in the receipt."""
    result, layers = taken_apart(scene)

    preview, archive = files_of(scene, result)
    assert (preview.rpartition("-")[2], archive.rpartition("-")[2]) == ("preview.png", "layers.zip")
    image = opened(files_of(scene, result)[preview]).convert("RGB").resize((120, 80))
    assert max(ImageStat.Stat(ImageChops.difference(image, corners(120, 80))).mean) < 5
    assert len(layers) >= 3
    assert [name[:2] for name in layers] == [f"{place:02}" for place in range(len(layers))]
    assert all(opened(content).mode == "RGBA" for content in [*layers.values()][1:])
    told = said(result)
    assert f"{len(layers)} images were billed." in told
    assert "Layers: 1 base, 2 " in told


def test_one_layer_is_a_reference(scene: Scene) -> None:
    """By its number, as it was made: with its transparent parts, as PNG."""
    result, layers = taken_apart(scene)
    job = result["files"][0]["name"].rpartition("-")[0].rpartition("-")[2]
    third = opened([*layers.values()][2])
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.say(f"@bot make it red --ref {job}#3 --background transparent {MODEL}")
    made = scene.pictures(start)

    (call,) = scene.calls_since(before)
    (given,) = call["images"]
    assert (given["format"], given["width"], given["height"]) == ("png", third.width, third.height)
    assert call["body"]["background"] == "transparent"
    (content,) = files_of(scene, made).values()
    assert opened(content).getchannel("A").getextrema()[0] == 0


@pytest.mark.parametrize("fault", ["odd-layers", "odd-boxes"])
def test_what_a_gateway_says_of_layers_is_not_trusted(scene: Scene, fault: str) -> None:
    """Names of files stay those of files, and a place that cannot be is left out of the preview, in words."""
    scene.sandbox.fault("ark_intl.submit", fault)
    result, layers = taken_apart(scene)
    job = result["files"][0]["name"].rpartition("-")[0].rpartition("-")[2]
    assert all(f"-{job}-" in name and name.isascii() and "/" not in name and len(name) < 80 for name in layers)
    assert ("could not put the layers together" in said(result)) == (fault == "odd-boxes")


def test_transparency_arrives(scene: Scene) -> None:
    """What the gateway drew is posted byte for byte, also behind a spoiler, and is sent on with its transparent parts."""
    start, hidden = scene.mark(), scene.platform == "discord"
    scene.command("imagine", f"a sticker of a mug --background transparent --gateway ark_intl{' --spoiler' * hidden}")
    first = scene.pictures(start)
    assert first["files"][0]["spoiler"] is hidden
    (content,) = files_of(scene, first).values()
    assert opened(content).getchannel("A").getextrema() == (0, 255)
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.follow(first, f"make it green --background transparent {MODEL}")
    second = scene.pictures(start)

    (call,) = scene.calls_since(before)
    assert call["images"][0]["format"] == "png"
    (content,) = files_of(scene, second).values()
    assert (opened(content).format, opened(content).getchannel("A").getextrema()[0]) == ("PNG", 0)


def test_a_transparent_reference_is_sent_as_png(scene: Scene) -> None:
    """Whatever its format was, and never on white."""
    sticker = attached(encoded(half_transparent(640, 480), "WEBP", lossless=True), "sticker.webp")
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.say(f"@bot make it shine --background transparent {MODEL}", files=[sticker])
    made = scene.pictures(start)

    (call,) = scene.calls_since(before)
    assert call["images"][0]["format"] == "png"
    (content,) = files_of(scene, made).values()
    assert opened(content).getchannel("A").getextrema()[0] == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_layers_after_a_crash(platform: str) -> None:
    """What the gateway said of them is kept with their addresses; the call is not made again."""
    with Sandbox.start("--pace", "0.05") as sandbox:
        scene, bot = Scene(sandbox, platform), started(sandbox)
        sandbox.fault("ark_intl.result", "500", times=1000)
        start = scene.mark()
        scene.say(f"@bot {LAYERS}", files=[photo()])
        scene.words(start, "cannot be downloaded yet")
        bot.kill()
        sandbox.clear_faults()

        bot = started(sandbox)
        result = scene.words(start, "layers with Seedream")
        assert "Layers: 1 base, 2 background" in said(result)
        assert [name.rpartition("-")[2] for name in files_of(scene, result)] == ["preview.png", "layers.zip"]
        assert len(sandbox.calls()) == 1
        stop(bot)
