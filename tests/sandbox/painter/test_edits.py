"""What an edit changes in a scene, and what it leaves."""

from dataclasses import replace

import pytest

from sandbox.gateways.drawing.scene import Scene, Subject
from sandbox.gateways.drawing.words.edits import base_of, combined_scene
from sandbox.gateways.drawing.words.reading import read_prompt

FOX, TREE, CAT, BALLOON = Subject(kind="fox", colour="red"), Subject(kind="tree"), Subject(kind="cat"), Subject(kind="balloon")
SCENE = Scene(subjects=(FOX, TREE), place="lake", time="day", layout=7)
CAT_SCENE = Scene(subjects=(replace(CAT, colour="orange"),), place="forest", time="day", layout=1)
BALLOON_SCENE = Scene(subjects=(replace(BALLOON, colour="yellow"),), place="meadow", time="sunset", layout=2)


def edited(prompt: str, *scenes: Scene) -> Scene:
    return combined_scene(scenes or (SCENE,), read_prompt(prompt))


@pytest.mark.parametrize(
    ("prompt", "changed"),
    [
        ("make it night", {"time": "night"}),
        ("et maintenant la nuit", {"time": "night"}),
        ("改成夜晚", {"time": "night"}),
        ("turn this into a winter day", {"season": "winter", "weather": "snow", "time": "day"}),
        ("as a watercolour", {"style": "watercolour"}),
        ("as an old postcard at sunset", {"style": "vintage", "time": "sunset"}),
        ("with rain", {"weather": "rain"}),
        ("in the desert", {"place": "desert"}),
        ("make it blue", {"subjects": (replace(FOX, colour="blue"), TREE)}),
        ("make number 3 green", {"subjects": (replace(FOX, colour="green"), TREE)}),
        ("把它变成蓝色", {"subjects": (replace(FOX, colour="blue"), TREE)}),
        ("make the tree pink", {"subjects": (FOX, replace(TREE, colour="pink"))}),
        ("add a boat", {"subjects": (FOX, TREE, Subject(kind="boat"))}),
        ("add two white birds", {"subjects": (FOX, TREE, Subject(kind="bird", count=2, colour="white"))}),
        ("add another tree", {"subjects": (FOX, replace(TREE, count=2))}),
        ("put a hat on the fox", {}),
        ("三艘船を追加", {"subjects": (FOX, TREE, Subject(kind="boat", count=3))}),
        ("remove the tree", {"subjects": (FOX,)}),
        ("entferne den Baum", {"subjects": (FOX,)}),
        ("去掉树", {"subjects": (FOX,)}),
        ("without the fox", {"subjects": (TREE,)}),
        ("turn the fox into a black cat", {"subjects": (Subject(kind="cat", colour="black"), TREE)}),
        ("make it a dog", {"subjects": (Subject(kind="dog"), TREE)}),
        ("replace the fox with an owl", {"subjects": (Subject(kind="owl"), TREE)}),
        ("turn the tree into a lighthouse", {"subjects": (FOX, Subject(kind="lighthouse"))}),
        ("turn the fox white", {"subjects": (replace(FOX, colour="white"), TREE)}),
        ("an owl instead of the fox", {"subjects": (Subject(kind="owl"), TREE)}),
        ("softer", {}),
    ],
)
def test_an_edit_changes_what_it_names(prompt: str, changed: dict[str, object]) -> None:
    """Everything else stays, the layout too."""
    found = edited(prompt)
    expected = Scene(**{**SCENE.__dict__, **changed})

    assert {s.kind: s for s in found.subjects} == {s.kind: s for s in expected.subjects}
    assert replace(found, subjects=()) == replace(expected, subjects=())


def test_snow_goes_with_the_winter() -> None:
    """A winter scene in summer has no snow; what other weather there is stays."""
    winter = edited("make it winter")

    assert edited("now in summer", winter).weather == ""
    assert edited("make it winter", replace(SCENE, weather="rain")).weather == "snow"


@pytest.mark.parametrize(
    ("prompt", "subjects", "place", "time"),
    [
        ("the cat of image 1 in the sunset of image 2", ["cat"], "meadow", "sunset"),
        ("put the cat of image 1 into image 2", ["cat", "balloon"], "meadow", "sunset"),
        ("combine them", ["cat", "balloon"], "forest", "day"),
        ("only number 2", ["balloon"], "meadow", "sunset"),
        ("only image 1, at night", ["cat"], "forest", "night"),
        ("图1的猫和图2的日落", ["cat"], "meadow", "sunset"),
        ("image 1's cat in image 2's sunset", ["cat"], "meadow", "sunset"),
        ("in the sunset colours of image 2", ["cat"], "forest", "sunset"),
        ("the cat of image 1 and the balloon of image 2", ["cat", "balloon"], "forest", "day"),
    ],
)
def test_several_pictures(prompt: str, subjects: list[str], place: str, time: str) -> None:
    """Things and settings come from the pictures that the prompt names."""
    found = edited(prompt, CAT_SCENE, BALLOON_SCENE)

    assert ([subject.kind for subject in found.subjects], found.place, found.time) == (subjects, place, time)
    assert [s.colour for s in found.subjects if s.kind == "cat"] in (["orange"], [])
    assert {s.count for s in found.subjects} == {1}


def test_a_number_that_is_no_picture_changes_nothing() -> None:
    """Pictures that were not given are not looked for."""
    assert base_of([SCENE], read_prompt("only number 9")) == 0
    assert edited("the cat of image 9").subjects[0].kind == "cat"


def test_repeated_edits_do_not_grow() -> None:
    """Saying the same five times is the same as saying it once."""
    for prompt in ("make it night", "as a watercolour", "make it blue", "turn it into a dog"):
        once = edited(prompt)
        many = once
        for _ in range(4):
            many = edited(prompt, many)

        assert many == once
