"""Which pictures of a set a text names."""

import pytest

from bot.commands.picking import not_shown, picked
from bot.wording.lexicon import lexicon

FOUR = (1, 2, 3, 4)
NAMED = [
    ("make only number 3 red", FOUR, (3,)),
    ("#3 but at night", FOUR, (3,)),
    ("make #2 brighter", FOUR, (2,)),
    ("the third, please", FOUR, (3,)),
    ("make the second one darker", FOUR, (2,)),
    ("the 2nd in blue", FOUR, (2,)),
    ("the last one", FOUR, (4,)),
    ("last", FOUR, (4,)),
    ("the last two in winter", FOUR, (3, 4)),
    ("the first three", FOUR, (1, 2, 3)),
    ("the first and the last", FOUR, (1, 4)),
    ("the second and the fourth", FOUR, (2, 4)),
    ("1 and 3", FOUR, (1, 3)),
    ("1, 2 and 4: more snow", FOUR, (1, 2, 4)),
    ("3", FOUR, (3,)),
    ("only 2", FOUR, (2,)),
    ("number three", FOUR, (3,)),
    ("no. 2 please", FOUR, (2,)),
    ("image 2 and image 4 at dawn", FOUR, (2, 4)),
    ("images 1-3 brighter", FOUR, (1, 2, 3)),
    ("images 1 to 3", FOUR, (1, 2, 3)),
    ("#4 and #1", FOUR, (4, 1)),
    ("both at night", (1, 2), (1, 2)),
    ("all of them in snow", FOUR, FOUR),
    ("all four at night", FOUR, FOUR),
    ("make them all blue", FOUR, FOUR),
    ("all", FOUR, FOUR),
    ("number 12", (11, 12), (12,)),
    ("the second", (11, 12), (12,)),
    ("２", FOUR, (2,)),
    ("３番を赤くして", FOUR, (3,)),
    ("2枚目を夜にして", FOUR, (2,)),
    ("最後のを夜にして", FOUR, (4,)),
    ("全部夜にして", FOUR, FOUR),
    ("第三张改成夜晚", FOUR, (3,)),
    ("2号和4号加雪", FOUR, (2, 4)),
    ("nummer 3 bei Nacht", FOUR, (3,)),
    ("das dritte Bild heller", FOUR, (3,)),
    ("die letzten zwei bei Nacht", FOUR, (3, 4)),
    ("la troisième en hiver", FOUR, (3,)),
    ("les deux dernières", FOUR, (3, 4)),
    ("el tercero de noche", FOUR, (3,)),
    ("number ३", FOUR, (3,)),
    ("2nd one", FOUR, (2,)),
    ("the 2, please", FOUR, (2,)),
    ("two", FOUR, (2,)),
    ("every one of them", FOUR, FOUR),
]
UNNAMED = [
    "make it night",
    "",
    "number 7",
    "number 0",
    "number 99999999999",
    "3 cats instead",
    "make the second sun vanish",
    "make all the people blue",
    "both at night",
    "all five",
    "not number 3",
    "everything except the third",
    "don't change the third one",
    "put these together",
    "in the last light of day",
    "add 2 birds",
    "make it 4 times larger",
    "一张红色的狐狸",
    "1 and 9",
    "two dogs",
    "one more time",
    "seven samurai",
]


@pytest.mark.parametrize(("text", "shown", "numbers"), NAMED)
def test_pictures_are_named(text: str, shown: tuple[int, ...], numbers: tuple[int, ...]) -> None:
    """By number, by place, or all, in several languages and digits of any script."""
    assert picked(text, shown, lexicon()) == numbers


@pytest.mark.parametrize("text", UNNAMED)
def test_no_picture_is_named(text: str) -> None:
    """A number of something else, a picture that there is not, and what is left out are no answer: the member is asked."""
    assert picked(text, FOUR, lexicon()) is None


@pytest.mark.parametrize("text", ["number 3", "the last one", "all", "最后的晚餐", "全部"])
def test_nothing_is_named_where_there_is_nothing(text: str) -> None:
    """The set that a member may mean has no pictures yet."""
    assert picked(text, (), lexicon()) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("make number 7 red", 7),
        ("the fifth at night", 5),
        ("1 and 9", 9),
        ("第七张改成夜晚", 7),
        ("number 3", None),
        ("not number 7", None),
        ("make it night", None),
        ("7 cats", None),
    ],
)
def test_a_number_that_no_picture_has(text: str, number: int | None) -> None:
    """It can be told."""
    assert not_shown(text, FOUR, lexicon()) == number
