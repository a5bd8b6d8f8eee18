"""What the painter reads in a prompt, in six languages."""

from typing import Any

import pytest

from sandbox.gateways.drawing.pictures import Picture, scene_of
from sandbox.gateways.drawing.scene import PATTERNS, Scene, Subject, decode_scene, encode_scene
from sandbox.gateways.drawing.subjects.table import SHAPES
from sandbox.gateways.drawing.words import vocabulary
from sandbox.gateways.drawing.words.lexer import read_tokens


def scene(prompt: str, **fields: Any) -> Scene:
    return scene_of(Picture(**{"prompt": prompt, "size": (64, 64)} | fields))


def things(prompt: str) -> list[tuple[str, int, str]]:
    return [(subject.kind, subject.count, subject.colour) for subject in scene(prompt).subjects]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red fox in snow", [("fox", 1, "red")]),
        ("three cats", [("cat", 3, "")]),
        ("3 small blue cars", [("car", 3, "blue")]),
        ("a blue car and a yellow bicycle", [("car", 1, "blue"), ("bicycle", 1, "yellow")]),
        ("a pair of dogs beside a lighthouse", [("dog", 2, ""), ("lighthouse", 1, "")]),
        ("foxes", [("fox", 2, "")]),
        ("hot air balloons at dawn", [("balloon", 5, "")]),
        ("hedgehog", [("hedgehog", 1, "")]),
        ("a forest without a house", []),
        ("ein roter Fuchs und zwei schwarze Katzen", [("fox", 1, "red"), ("cat", 2, "black")]),
        ("drei Hunde am Strand", [("dog", 3, "")]),
        ("un renard rouge dans la forêt", [("fox", 1, "red")]),
        ("deux chats noirs", [("cat", 2, "black")]),
        ("un gato negro y un barco azul", [("cat", 1, "black"), ("boat", 1, "blue")]),
        ("una ballena azul", [("whale", 1, "blue")]),
        ("红色的狐狸", [("fox", 1, "red")]),
        ("三只猫和一条鱼", [("cat", 3, ""), ("fish", 1, "")]),
        ("月光下的灯塔", [("lighthouse", 1, "")]),
        ("猫头鹰", [("owl", 1, "")]),
        ("赤い車", [("car", 1, "red")]),
        ("二匹の犬", [("dog", 2, "")]),
        ("猫", [("cat", 1, "")]),
        ("고양이", [("cat", 1, "")]),
    ],
)
def test_things(prompt: str, expected: list[tuple[str, int, str]]) -> None:
    """A prompt's things, with their counts and colours, in order."""
    assert things(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a fox in the forest at night", {"place": "forest", "time": "night"}),
        ("a fox in snow", {"season": "winter", "weather": "snow"}),
        ("a castle in the desert at sunset", {"place": "desert", "time": "sunset"}),
        ("a robot on the moon, outer space", {"place": "space"}),
        ("a whale under the sea", {"place": "underwater"}),
        ("a cat in a thunderstorm", {"weather": "storm"}),
        ("a fox as a watercolour", {"style": "watercolour"}),
        ("an oil painting of a fox", {"style": "oil"}),
        ("a fox, pixel art", {"style": "pixel"}),
        ("a line drawing of a fox", {"style": "line"}),
        ("a fox in black and white", {"style": "mono"}),
        ("ein Haus im Winter als Aquarell", {"season": "winter", "style": "watercolour"}),
        ("une maison la nuit", {"time": "night"}),
        ("un castillo en la playa", {"place": "beach"}),
        ("雪山上的狐狸", {"place": "mountains", "season": "winter"}),
        ("夜晚的城市", {"place": "city", "time": "night"}),
        ("夕焼けの海", {"place": "sea", "time": "sunset"}),
        ("水墨 竹林 水彩画", {"style": "watercolour"}),
        ("a boat", {"place": "sea"}),
        ("a goldfish", {"place": "underwater"}),
        ("a birthday cake", {"place": "room"}),
        ("a knight and a dragon near a castle", {"place": "mountains"}),
    ],
)
def test_settings(prompt: str, expected: dict[str, str]) -> None:
    """Place, time, season, weather and style; a thing without a place stands where such things are found."""
    found = scene(prompt)

    assert {name: getattr(found, name) for name in expected} == expected


def test_what_nobody_knows_becomes_an_abstraction() -> None:
    """Unknown words are no tree and no house: the prompt's hash chooses an abstraction."""
    found = [scene(f"zorblax {number}") for number in range(60)]

    assert {one.pattern for one in found} == set(PATTERNS)
    assert not any(one.subjects or one.place for one in found)
    assert scene("melancholy blue").tint == "blue"


def test_a_set_shows_one_thing_in_several_ways() -> None:
    """The pictures of a set have the same subjects, and other times or places."""
    found = [scene("a hedgehog", index=index, total=4) for index in range(4)]

    assert {one.subjects for one in found} == {(Subject(kind="hedgehog"),)}
    assert len({(one.place, one.time, one.layout) for one in found}) == 4
    assert len({one.time for one in found}) > 1


def test_the_seasons_of_a_set() -> None:
    """A set about the seasons shows each of them, also in Chinese."""
    for prompt in ("the four seasons of one mountain cabin", "山的四季"):
        assert [scene(prompt, index=index).season for index in range(4)] == ["spring", "summer", "autumn", "winter"]


def test_every_known_thing_can_be_drawn() -> None:
    """Vocabulary and shapes are the same list, and it is a long one."""
    assert set(SHAPES) == set(vocabulary.SUBJECTS)
    assert len(SHAPES) >= 40


def test_every_thing_is_found_by_its_words() -> None:
    """No word of a thing is lost to another category, except those that also name a place or a time."""
    for kind, words in vocabulary.SUBJECTS.items():
        for word in words.split():
            meanings = {key for token in read_tokens(word.replace("_", " ")) for key in token.meanings}
            assert ("subject", kind) in meanings, word


def test_hostile_prompts_are_read_in_bounded_work() -> None:
    """Only the first two thousand characters are read, whatever they are."""
    for prompt in (
        "cat " * 100_000,
        "猫" * 100_000,
        "9" * 100_000,
        "number #" * 50_000,
        "\u200b" * 100_000,
        "of image 1 " * 30_000,
    ):
        tokens = read_tokens(prompt)

        assert all(token.end <= 2_000 for token in tokens)
        assert len(scene(prompt).subjects) <= 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"subjects":[],"layout":"x"}',
        "[" * 1_900,
        '{"subjects":[{"kind":"../etc","count":1,"colour":""}],"layout":1}',
        "x" * 5_000,
    ],
)
def test_a_scene_is_read_only_if_it_is_one(text: str) -> None:
    """Any other text is no scene."""
    assert decode_scene(text) is None


def test_a_scene_survives_as_text() -> None:
    """What is written is read back, with counts in bounds."""
    fox = scene("three red foxes by a lake at night, woodcut")

    assert decode_scene(encode_scene(fox)) == fox
    assert decode_scene(encode_scene(fox).replace('"count":3', '"count":9999')) == scene("12 red foxes").__class__(
        **{**fox.__dict__, "subjects": (Subject(kind="fox", count=12, colour="red"),)}
    )
