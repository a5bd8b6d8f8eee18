"""What only some models do, from what a member types to the body that the gateway gets and what the member reads of it."""

import pytest

from tests.whole.running import wait_until
from tests.whole.scene import Scene, attached, painted, said

RED = (200, 40, 40)
PNG = {"background": "transparent", "output_format": "png"}


def test_a_transparent_background(scene: Scene) -> None:
    """Drawn by the newest model, always as PNG."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.command("imagine", "a sticker of a mug --background transparent --gateway ark_intl")
    result = scene.pictures(start)

    (call,) = scene.calls_since(before)
    assert {name: call["body"].get(name) for name in PNG} == PNG
    assert "sequential_image_generation" not in call["body"]
    assert "with Seedream 5.5" in said(result)


@pytest.mark.parametrize(
    ("options", "model", "words"),
    [
        ("--size 3K", "5.0-lite", "Seedream 5.0-lite instead of 5.5, which cannot do this; up to 0.035 USD."),
        ("--size 3K --model 5.0-lite", "5.0-lite", None),
        ("--count 2 --no-separate", "5.0-lite", "One related set."),
        ("--count 2", "5.5", "Independent images."),
    ],
)
def test_which_model_and_what_is_said(scene: Scene, options: str, model: str, words: str | None) -> None:
    """One that can do it is taken, with the price in the same line; a named one is simply made."""
    start, count = scene.mark(), 2 if "--count 2" in options else 1

    scene.command("imagine", f"a lighthouse at dawn {options} --gateway ark_intl")
    told = said(scene.pictures(start, count=count))

    assert f"with Seedream {model}" in told
    assert ("instead of" in told) is (words is not None and model == "5.0-lite")
    assert words is None or words in told


def test_a_place_in_an_image(scene: Scene) -> None:
    """The gateway gets the tags, the member reads what was pointed out, and the words stay as they were."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.say("@bot a hat here --point 30,60 --gateway ark_intl --model flash", files=[attached(painted(RED))])
    told = said(scene.pictures(start))

    (call,) = scene.calls_since(before)
    assert call["body"]["prompt"] == "a hat here <point>300 600</point>"
    assert "Pointed out to the model: --point 30,60." in told
    assert "<point>" not in told


def test_transparent_parts_are_measured(scene: Scene) -> None:
    """A model that only keeps them is not asked where there are none; it costs nothing."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    words = "make it red --background transparent --gateway ark_intl --model flash"
    acted = scene.command("edit", words, files=[attached(painted(RED))])

    assert "Image 1 has no transparent parts" in scene.told(acted, start)
    assert scene.calls_since(before) == []


def test_layers_need_no_words(scene: Scene) -> None:
    """They are asked for at the picture's own size, by the cheapest model that has them."""
    before, start = len(scene.sandbox.calls()), scene.mark()

    scene.say("@bot --layers --gateway ark_intl", files=[attached(painted(RED, size=(640, 640)))])
    scene.words(start, "Seedream 5.0-flash instead of 5.5, which cannot do this; up to 0.306 USD.")
    wait_until(lambda: bool(scene.calls_since(before)))

    (call,) = scene.calls_since(before)
    assert (call["body"]["layer_decomposition"], call["body"]["size"], "prompt" in call["body"]) == (True, "auto", False)
    scene.words(start, "layers with Seedream 5.0-flash, the base first.")
